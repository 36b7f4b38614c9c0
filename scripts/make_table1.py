"""Make Table I: diagnosis with each augmentation."""

from pathlib import Path

from coin.evaluation.tables import read_metrics, table1, write_all
from coin.workflow.program import Output, run

CAPTION = (
    "Breast mass diagnosis by the network of Fig. 4 with each augmentation, trained with "
    "cross-entropy alone, all with as many steps. Data: {data}; mean ± sample standard deviation "
    "over folds × seeds, of held-out masses. Beside it, what Li et al. published for INbreast."
)


def make_table1(
    *,
    none: Path,
    conventional: Path,
    cgan: Path | None,
    adversarial: Path,
    data: str,
    table: list[Output],
) -> None:
    """Make Table I: diagnosis with each augmentation.

    Args:
        none: metrics without augmentation
        conventional: metrics with flips and rotations
        cgan: metrics with the conditional GAN; null leaves its row out
        adversarial: metrics with positive neighbours, and no graph
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    files = {"none": none, "conventional": conventional, "cgan": cgan, "adversarial": adversarial}
    runs = {method: read_metrics(path) for method, path in files.items() if path is not None}
    caption = CAPTION.format(data=data)
    write_all(table, table1(runs, data), "Table I", caption, "tab:augmentation")


if __name__ == "__main__":
    run(make_table1)
