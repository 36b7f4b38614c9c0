"""Report what went into a study and what was left out."""

from pathlib import Path

from coin.common.files import read_masses, read_table, written_whole
from coin.data import data_report
from coin.data.datasets.account import RECORD_COLUMNS
from coin.workflow.program import Output, run


def report_data(
    *,
    records: Path,
    masses: Path,
    data: str,
    report: Output,
    split: str = "folds",
    labels_are: str = "",
) -> None:
    """Write the data report: from all images of the source to the masses of the study.

    Args:
        records: The study's data_report.csv.
        masses: The study's masses.csv.
        data: What was read, in words.
        report: The Markdown file to write.
        split: The column of masses.csv that parts them in train and test; `folds` where none does.
        labels_are: Where the labels come from, in words.
    """
    table = read_table(records, RECORD_COLUMNS)
    texts = table[["record", "image", "reason", "warning"]].astype(object).fillna("").astype(str)
    table = table.assign(**texts)
    text = data_report.report(table, read_masses(masses), data, split, labels_are)
    with written_whole(report) as partial:
        partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(report_data)
