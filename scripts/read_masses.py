"""From a data set, in whatever format it is released, to masses.csv."""

import logging
from pathlib import Path
from typing import Literal

import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import write_table
from coin.data.datasets.account import told
from coin.data.datasets.reading import read
from coin.data.datasets.source import Source
from coin.workflow.program import Output, run


def read_masses(
    *,
    format: str,
    root: Path,
    masses: Output,
    records: Output,
    settings: dict | None = None,
    on_error: Literal["stop", "skip"] = "stop",
    threads: int = 1,
) -> None:
    """Read a data set: every mass with its image, patient, label and box, and what was left out.

    Args:
        format: How the data set is laid out, a key of READERS.
        root: The data folder; nothing outside it is opened.
        masses: The table to write, one row a mass.
        records: The account to write, one row a record of the source: used, or left out and why.
        settings: The format's own settings, as JSON.
        on_error: What to do about unusable records: stop and list them, ten of a kind, or skip
            them and say so in the account. To skip what is truncated, every image is decoded.
        threads: Processes that read images; the result is the same for any number.
    """
    source = read(format, root, settings, decode_all=on_error == "skip", threads=threads)
    if source.problems and on_error == "stop":
        raise BadInput("\n".join(told(source.problems)))
    for problem in told(source.problems):
        logging.warning("left out: %s", problem)
    if source.masses.empty:
        raise BadInput(f"{root}: no mass to study among its {len(source.records)} records")
    _report(source)
    write_table(records, source.records)
    write_table(masses, source.masses)


def _report(source: Source) -> None:
    labels = source.masses["label"]
    logging.info(
        "%d of %d records used: %d benign and %d malignant masses of %d patients",
        len(labels),
        len(source.records),
        (labels == 0).sum(),
        (labels == 1).sum(),
        source.masses["patient_id"].nunique(),
    )
    left_out: pd.Series = source.records.loc[~source.records["used"], "reason"].value_counts()
    for line in told([f"left out: {count}, {reason}" for reason, count in left_out.items()]):
        logging.info("%s", line)
    warned = source.records[source.records["warning"] != ""]
    for line in told(list((warned["image"] + ": " + warned["warning"]).drop_duplicates())):
        logging.warning("%s", line)


if __name__ == "__main__":
    run(read_masses)
