"""Draw the ROC curves of arms, with their intervals."""

from pathlib import Path

from coin.evaluation.arm_metrics import read_values
from coin.evaluation.held_out import read_held_out
from coin.evaluation.roc_curve import roc_curves
from coin.figures.roc import draw
from coin.figures.style import save
from coin.workflow.program import Output, run


def plot_roc(
    *,
    masses: Path,
    predictions: list[Path],
    metrics: Path,
    arms: dict[str, str],
    data: str,
    figure: list[Output],
) -> None:
    """Draw the ROC curves of arms, with their intervals.

    Args:
        masses: the study's masses.csv
        predictions: predictions.csv of the arms' trainings, in folders <run>/fold<k>_seed<s>
        metrics: tables/metrics.csv, which has the arms' AUC
        arms: the run of each arm, in the order of the panels
        data: what was measured, in words
        figure: the files to write, `.pdf` and `.png`
    """
    curves, note = roc_curves(read_held_out(masses, predictions), arms)
    save(draw(curves, read_values(metrics, "auc", arms), note, data), figure)


if __name__ == "__main__":
    run(plot_roc)
