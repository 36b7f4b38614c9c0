"""Measure what leakage is worth: the same arms where they learn from what they are tested on."""

from pathlib import Path

from coin.evaluation.held_out import HeldOut, read_held_out
from coin.evaluation.leakage import leakage, readable
from coin.evaluation.tables import write_all
from coin.workflow.program import Output, run

CAPTION = (
    "What leakage is worth, on held-out masses, with 95 % intervals over patients and seeds. The "
    "study's own folds are beside folds by image and by mass, neighbours made of all masses before "
    "the split, and the best cell of Fig. 5a, chosen by each metric on the masses that it is "
    "measured on; the last rows choose a fold's cell on the other folds. "
    "Differences are from the study's own folds, on the same resamples of patients. Published: by "
    "Li et al., on INbreast. Data: {data}."
)


def make_leakage(
    *,
    masses: Path,
    own: list[Path],
    image: list[Path],
    mass: list[Path],
    neighbours: list[Path],
    arms: dict[str, str],
    cells: dict[str, str],
    not_made: dict[str, str],
    data: str,
    table: list[Output],
) -> None:
    """Measure what leakage is worth: the same arms where they learn from what they are tested on.

    Args:
        masses: the study's masses.csv
        own: predictions.csv of the study's own trainings, in folders <run>/fold<k>_seed<s>, of arms
            and cells
        image: likewise of folds by image
        mass: likewise of folds by mass
        neighbours: likewise with neighbours made before the split; an arm that has none is the
            study's own
        arms: the run of each arm
        cells: the run of each point of Fig. 5a
        not_made: why a way is not there, by its name
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    study = read_held_out(masses, own)
    leaky: dict[str, HeldOut | str] = {}
    for way, files in {"image": image, "mass": mass, "neighbours": neighbours}.items():
        leaky[way] = not_made[way] if way in not_made else read_held_out(masses, files)
    if isinstance(found := leaky["neighbours"], HeldOut):
        leaky["neighbours"] = found._replace(probability=study.probability | found.probability)
    rows = leakage(study, leaky, arms, cells, data)
    caption = CAPTION.format(data=data)
    write_all(table, rows, "Leakage", caption, "tab:leakage", readable(rows))


if __name__ == "__main__":
    run(make_leakage)
