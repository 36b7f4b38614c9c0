"""Make Table II: COIN beside the published methods."""

from pathlib import Path

from coin.common.files import write_table
from coin.evaluation.tables import read_metrics, table2, write_latex, write_markdown
from coin.workflow.program import Output, run


def make_table2(
    *, coin: Path, no_graph: Path, data: str, csv: Output, markdown: Output, latex: Output
) -> None:
    """Make Table II: COIN beside the published methods.

    Args:
        coin: metrics of COIN, with its signed graph
        no_graph: metrics of COIN at lambda = 0, where the graph has no say in the loss
        data: what was measured, in words
        csv: the table to write, every number in full
        markdown: the table to write, for reading
        latex: the table to write, for a paper
    """
    runs = {"COIN": read_metrics(coin), "COIN, lambda = 0": read_metrics(no_graph)}
    table = table2(runs, data)
    caption = (
        f"Breast mass diagnosis by COIN, measured here (data: {data}; mean ± sample standard "
        "deviation over folds × seeds, of held-out masses), beside the figures that Li et al. "
        "published for INbreast. Rows of different data do not compare."
    )
    write_table(csv, table)
    write_markdown(markdown, table, "Table II", caption)
    write_latex(latex, table, caption, "tab:methods")


if __name__ == "__main__":
    run(make_table2)
