"""Compare arms with their baselines, on the same resamples of the same masses."""

from pathlib import Path

from coin.evaluation.comparisons import comparisons, readable
from coin.evaluation.held_out import read_held_out
from coin.evaluation.tables import write_all
from coin.workflow.program import Output, run

CAPTION = (
    "Each arm less its baseline, of held-out masses, with 95 % intervals from 2,000 resamples of "
    "the patients within each fold, and of seeds, the same for both. p: of no difference; p "
    "(Holm): allowing for all pairs compared in the metric; detectable: the smallest difference "
    "that would be seen with a power of 80 % at 5 %. Of the Brier score and the calibration error "
    "less is better. Data: {data}."
)


def make_comparisons(
    *,
    masses: Path,
    predictions: list[Path],
    arms: dict[str, str],
    pairs: list[tuple[str, str]],
    data: str,
    table: list[Output],
) -> None:
    """Compare arms with their baselines, on the same resamples of the same masses.

    Args:
        masses: the study's masses.csv
        predictions: predictions.csv of every training, in folders <run>/fold<k>_seed<s>
        arms: the run of each arm
        pairs: an arm and its baseline, each
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    rows = comparisons(read_held_out(masses, predictions), arms, pairs, data)
    caption = CAPTION.format(data=data)
    write_all(table, rows, "Comparisons", caption, "tab:comparisons", readable(rows))


if __name__ == "__main__":
    run(make_comparisons)
