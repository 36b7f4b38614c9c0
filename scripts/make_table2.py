"""Make Table II: published methods beside COIN, its peers and the user's rows, measured."""

from pathlib import Path

from coin.common.errors import BadInput
from coin.evaluation.tables import read_intervals, read_metrics, table2, write_all
from coin.workflow.program import Output, run

CAPTION = (
    "Breast mass diagnosis, in two parts: the figures that Li et al. published for INbreast, and "
    "COIN and what one might use instead, measured here on the same folds (data: {data}; mean ± "
    "sample standard deviation over folds × seeds, of held-out masses, and 95 % intervals over "
    "patients and seeds). Rows of different data do not compare."
)


def make_table2(
    *,
    coin: Path,
    no_graph: Path,
    others: list[Path],
    names: list[str],
    intervals: Path,
    data: str,
    table: list[Output],
) -> None:
    """Make Table II: published methods beside COIN, its peers and the user's rows, measured.

    Args:
        coin: metrics of COIN, with its signed graph
        no_graph: metrics of COIN at lambda = 0, where the graph has no say in the loss
        others: metrics of peers, and of the user's own arms
        names: what each of them is called, in the same order
        intervals: tables/metrics.csv, of the arms coin and no_graph and those of the names
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    if len(others) != len(names):
        raise BadInput(f"--others and --names: {len(others)} and {len(names)}; give one of each")
    files = {"COIN": coin, "COIN, lambda = 0": no_graph, **dict(zip(names, others, strict=True))}
    runs = {method: read_metrics(path) for method, path in files.items()}
    arms = ["coin", "no_graph", *names]
    of_arms = read_intervals(intervals, arms)
    of_methods = {method: of_arms[arm] for method, arm in zip(files, arms, strict=True)}
    rows = table2(runs, data, of_methods)
    write_all(table, rows, "Table II", CAPTION.format(data=data), "tab:methods")


if __name__ == "__main__":
    run(make_table2)
