"""Judge each of the paper's claims by what the study measured."""

from pathlib import Path

from coin.common.files import read_table
from coin.evaluation.held_out import read_held_out
from coin.evaluation.tables import write_all
from coin.evaluation.verdicts import judge, readable
from coin.workflow.program import Output, run

CAPTION = (
    "What Li et al. claim of INbreast, and what was measured, with 95 % intervals. Reproduced: the "
    "interval leaves out no effect and reaches the published size (more: any). Weaker: it leaves "
    "out no effect and falls short of the size. Contradicted: it does not leave out no effect, "
    "and falls short of the size. Undecided: it holds both. Detectable: the smallest difference "
    "from no effect that would be seen with a power of 80 % at 5 %. Data: {data}."
)
NO_EVIDENCE = "no evidence about breasts"


def make_claims(
    *,
    masses: Path,
    predictions: list[Path],
    arms: dict[str, str],
    neighbours: Path,
    phantom: bool,
    data: str,
    table: list[Output],
) -> None:
    """Judge each of the paper's claims by what the study measured.

    Args:
        masses: the study's masses.csv
        predictions: predictions.csv of every training, in folders <run>/fold<k>_seed<s>
        arms: the run of each arm; a claim on one that is not there stays empty
        neighbours: tables/neighbours.csv
        phantom: whether the masses are a phantom's: the table then says what it cannot show
        data: what was measured, in words
        table: the files to write, `.csv`, `.md` and `.tex`
    """
    data = f"{data}, {NO_EVIDENCE}" if phantom else data
    of_neighbours = read_table(neighbours, ["fold", "seed", "sign", "accuracy_after"])
    rows = judge(read_held_out(masses, predictions), arms, of_neighbours, data)
    caption = CAPTION.format(data=data)
    write_all(table, rows, "Claims", caption, "tab:claims", readable(rows))


if __name__ == "__main__":
    run(make_claims)
