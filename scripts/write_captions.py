"""Write the captions of the HTML report, with the study's numbers in them."""

from pathlib import Path

from coin.common.files import written_whole
from coin.evaluation.tables import read_markdown
from coin.paper.exhibits import Exhibit, as_restructured, read_exhibits
from coin.paper.facts import read_facts
from coin.workflow.program import Output, run


def write_captions(
    *,
    config: Path,
    masses: Path,
    data_records: Path,
    tables: list[Path],
    exhibits: Path,
    study_root: Path,
    data: str,
    labels_are: str,
    captions: list[Output],
) -> None:
    """Write the captions of the HTML report, with the study's numbers in them.

    Args:
        config: the study's merged settings
        masses: the study's masses.csv
        data_records: its data_report.csv
        tables: its tables, `.csv` and `.md`
        exhibits: report/exhibits.yaml
        study_root: the study's provenance/ROOT
        data: what was measured, in words
        labels_are: where the labels come from, in words
        captions: the files to write, <kind>_<name>.rst
    """
    known = read_facts(config, masses, data_records, tables, data, labels_are)
    known["root"] = study_root.read_text(encoding="utf-8").strip()
    of_tables = {path.stem: path for path in tables if path.suffix == ".md"}
    entries = [entry for those in read_exhibits(exhibits).values() for entry in those]
    by_file = {entry.caption_file: entry.with_facts(known) for entry in entries}
    for path in captions:
        with written_whole(path) as partial:
            text = as_restructured(_captioned(by_file[path.name], of_tables))
            partial.write_text(text, encoding="utf-8")


def _captioned(exhibit: Exhibit, of_tables: dict[str, Path]) -> Exhibit:
    """Give a table's entry the caption of its own file."""
    if exhibit.kind != "table":
        return exhibit
    return exhibit._replace(caption=read_markdown(of_tables[exhibit.name]).caption)


if __name__ == "__main__":
    run(write_captions)
