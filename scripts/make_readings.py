"""Make the table of readings: what the paper leaves open in its loss, read one way and another."""

from pathlib import Path

from coin.common.errors import BadInput
from coin.evaluation.tables import read_metrics, readings, write_all
from coin.workflow.program import Output, run

CAPTION = (
    "COIN with its loss read in different ways, all else alike. Data: {data}; mean ± sample "
    "standard deviation over folds × seeds, of held-out masses."
)


def make_readings(
    *,
    runs: list[Path],
    arms: dict[str, dict],
    data: str,
    table: list[Output],
) -> None:
    """Make the table of readings: what the paper leaves open in its loss, read this way and that.

    Args:
        runs: metrics of each reading
        arms: the settings of each one's loss by its name, in the same order
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    if len(runs) != len(arms):
        raise BadInput(f"--runs and --arms: {len(runs)} and {len(arms)} entries; give one of each")
    rows = readings(arms, [read_metrics(path) for path in runs], data)
    write_all(table, rows, "Readings", CAPTION.format(data=data), "tab:readings")


if __name__ == "__main__":
    run(make_readings)
