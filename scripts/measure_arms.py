"""Measure all arms with their intervals, at the level of masses and of patients."""

from pathlib import Path

from coin.evaluation.arm_metrics import arm_metrics, readable
from coin.evaluation.held_out import read_held_out
from coin.evaluation.tables import write_all
from coin.workflow.program import Output, run

CAPTION = (
    "Every arm on its held-out masses, and on patients: a patient's probability is that of its "
    "mass with the highest. Means over folds and seeds with 95 % intervals, from 2,000 resamples "
    "of the patients within each fold, and of seeds. Data: {data}."
)


def measure_arms(
    *,
    masses: Path,
    predictions: list[Path],
    arms: dict[str, str],
    data: str,
    table: list[Output],
) -> None:
    """Measure all arms with their intervals, at the level of masses and of patients.

    Args:
        masses: the study's masses.csv
        predictions: predictions.csv of every training, in folders <run>/fold<k>_seed<s>
        arms: the run of each arm
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    rows = arm_metrics(read_held_out(masses, predictions), arms, data)
    caption = CAPTION.format(data=data)
    write_all(table, rows, "Metrics", caption, "tab:metrics", readable(rows))


if __name__ == "__main__":
    run(measure_arms)
