"""Make the tables behind Fig. 5: the graph's neighbours (a), the weight of its loss (b)."""

from pathlib import Path

from coin.common.conventions import point_arm, weight_arm
from coin.common.errors import BadInput
from coin.evaluation.tables import (
    fig5a,
    fig5b,
    read_intervals,
    read_metrics,
    write_all,
)
from coin.workflow.program import Output, run


def make_fig5_tables(
    *,
    grid: list[Path],
    points: list[tuple[int, int]],
    sweep: list[Path],
    weights: list[float],
    intervals: Path,
    data: str,
    of_points: list[Output],
    of_weights: list[Output],
) -> None:
    """Make the tables behind Fig. 5: the graph's neighbours (a), the weight of its loss (b).

    Args:
        grid: metrics of each point of the grid
        points: the numbers of neighbours [n+, n-] of each of them, in the same order
        sweep: metrics of each weight
        weights: lambda of each of them, in the same order
        intervals: tables/metrics.csv, of the arms of all points and weights
        data: what was measured, in words
        of_points: the files of the grid's table to write, `.csv`, `.md` and `.tex`
        of_weights: likewise of the sweep's
    """
    _check_same_length("grid", grid, "points", points)
    _check_same_length("sweep", sweep, "weights", weights)
    arms = [*map(point_arm, points), *map(weight_arm, weights)]
    of_arms = read_intervals(intervals, arms)
    measured = (
        f"Data: {data}; mean ± sample standard deviation over folds × seeds, of held-out masses, "
        "and 95 % intervals over patients and seeds."
    )

    write_all(
        of_points,
        fig5a(points, [read_metrics(path) for path in grid], data, of_arms),
        "Fig. 5a",
        "COIN with n+ nearest neighbours of its own class and n- nearest others in the "
        f"signed graph, at λ = 1. {measured}",
        "tab:neighbours",
    )
    write_all(
        of_weights,
        fig5b(weights, [read_metrics(path) for path in sweep], data, of_arms),
        "Fig. 5b",
        f"COIN with the weight λ of the signed graph's loss. {measured}",
        "tab:weight",
    )


def _check_same_length(first: str, some: list, second: str, others: list) -> None:
    if len(some) != len(others) or not some:
        raise BadInput(
            f"--{first} and --{second}: {len(some)} and {len(others)} entries; "
            "give one entry of each a run, at least one"
        )


if __name__ == "__main__":
    run(make_fig5_tables)
