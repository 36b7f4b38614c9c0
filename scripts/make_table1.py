"""Make Table I: diagnosis with each augmentation."""

from pathlib import Path

from coin.evaluation.tables import read_intervals, read_metrics, table1, write_all
from coin.workflow.program import Output, run

CAPTION = (
    "Breast mass diagnosis by the network of Fig. 4 with each augmentation, trained with "
    "cross-entropy alone, all with as many steps. Data: {data}; mean ± sample standard deviation "
    "over folds × seeds, of held-out masses, and 95 % intervals over patients and seeds. Beside "
    "it, what Li et al. published for INbreast."
)


def make_table1(
    *,
    none: Path,
    conventional: Path,
    cgan: Path | None,
    adversarial: Path,
    intervals: Path,
    data: str,
    table: list[Output],
) -> None:
    """Make Table I: diagnosis with each augmentation.

    Args:
        none: metrics without augmentation
        conventional: metrics with flips and rotations
        cgan: metrics with the conditional GAN; null leaves its row out
        adversarial: metrics with positive neighbours, and no graph
        intervals: tables/metrics.csv, of the same arms
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    files = {"none": none, "conventional": conventional, "cgan": cgan, "adversarial": adversarial}
    runs = {method: read_metrics(path) for method, path in files.items() if path is not None}
    caption = CAPTION.format(data=data)
    rows = table1(runs, data, read_intervals(intervals, runs))
    write_all(table, rows, "Table I", caption, "tab:augmentation")


if __name__ == "__main__":
    run(make_table1)
