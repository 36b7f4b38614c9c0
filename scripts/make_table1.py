"""Make Table I: diagnosis with each augmentation."""

from pathlib import Path

from coin.common.files import write_table
from coin.evaluation.tables import read_metrics, table1, write_latex, write_markdown
from coin.workflow.program import Output, run


def make_table1(
    *,
    none: Path,
    conventional: Path,
    cgan: Path | None,
    adversarial: Path,
    data: str,
    csv: Output,
    markdown: Output,
    latex: Output,
) -> None:
    """Make Table I: diagnosis with each augmentation.

    Args:
        none: metrics without augmentation
        conventional: metrics with flips and rotations
        cgan: metrics with the conditional GAN; null leaves its row out
        adversarial: metrics with positive neighbours, and no graph
        data: what was measured, in words
        csv: the table to write, every number in full
        markdown: the table to write, for reading
        latex: the table to write, for a paper
    """
    files = {"none": none, "conventional": conventional, "cgan": cgan, "adversarial": adversarial}
    runs = {method: read_metrics(path) for method, path in files.items() if path is not None}
    table = table1(runs, data)
    caption = (
        "Breast mass diagnosis by the network of Fig. 4 with each augmentation, trained "
        f"with cross-entropy alone. Data: {data}; mean ± sample standard deviation over "
        "folds × seeds, of held-out masses. Beside it, what Li et al. published for INbreast."
    )
    write_table(csv, table)
    write_markdown(markdown, table, "Table I", caption)
    write_latex(latex, table, caption, "tab:augmentation")


if __name__ == "__main__":
    run(make_table1)
