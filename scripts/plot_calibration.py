"""Draw how well the probabilities of arms are calibrated."""

from pathlib import Path

from coin.evaluation.arm_metrics import read_values
from coin.evaluation.bootstrap import resample
from coin.evaluation.estimates import ONE_SEED, check_runs
from coin.evaluation.held_out import read_held_out
from coin.evaluation.reliability import reliability
from coin.figures.calibration import draw
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_calibration(
    *,
    masses: Path,
    predictions: list[Path],
    metrics: Path,
    arms: dict[str, str],
    data: str,
    figure: list[Output],
) -> None:
    """Draw how well the probabilities of arms are calibrated.

    Args:
        masses: the study's masses.csv
        predictions: predictions.csv of the arms' trainings, in folders <run>/fold<k>_seed<s>
        metrics: tables/metrics.csv, which has the arms' calibration error
        arms: the run of each arm, in the order of the panels
        data: what was measured, in words
        figure: the files to write, `.pdf` and `.png`
    """
    held_out = read_held_out(masses, predictions)
    check_runs(held_out, arms)
    resamples = resample(held_out)
    found = {arm: reliability(held_out, name, resamples) for arm, name in arms.items()}
    note = ONE_SEED if len(held_out.seeds) == 1 else ""
    save(draw(found, read_values(metrics, "calibration_error", arms), note, data), figure)


if __name__ == "__main__":
    run(plot_calibration)
