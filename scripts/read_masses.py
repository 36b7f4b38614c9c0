"""From a data set, in whatever format it is released, to masses.csv."""

import logging
from collections.abc import Callable
from inspect import signature
from pathlib import Path
from typing import Literal

import pandas as pd

from coin.datasets import images, inbreast, table
from coin.datasets.source import Source
from coin.errors import BadInput
from coin.files import write_table
from coin.program import run

READERS: dict[str, Callable[..., Source]] = {
    "inbreast": inbreast.read,
    "table": table.read,
}


def read_masses(
    *,
    format: str,
    root: Path,
    masses: Path,
    records: Path,
    settings: dict | None = None,
    on_error: Literal["stop", "skip"] = "stop",
) -> None:
    """Read a data set: every mass with its image, patient, label and box, and what was left out.

    Args:
        format: How the data set is laid out, a key of READERS.
        root: The data folder; nothing outside it is opened.
        masses: The table to write, one row a mass.
        records: The account to write, one row a record of the source: used, or left out and why.
        settings: The format's own settings, as JSON.
        on_error: What to do about unusable records: stop with all of them listed, or skip them
            and say so in the account. To skip what is truncated, every image is decoded.
    """
    if format not in READERS:
        raise BadInput(f"data.format is {format!r}; expected one of {', '.join(READERS)}")
    if not root.is_dir():
        raise BadInput(f"data.root is {root}, which is no folder; give the folder of the data set")
    reader, settings = READERS[format], settings or {}
    unknown = settings.keys() - signature(reader).parameters.keys()
    if unknown:
        raise BadInput(f"data.{format}: no setting {', '.join(sorted(unknown))} in this format")
    source = reader(root, **settings)
    if source.problems and on_error == "stop":
        raise BadInput("\n".join(source.problems))
    if on_error == "skip":
        source = _without_undecodable(root, source)
    for problem in source.problems:
        logging.warning("left out: %s", problem)
    if source.masses.empty:
        raise BadInput(f"{root}: no mass to study among its {len(source.records)} records")
    _report(source)
    write_table(records, source.records)
    write_table(masses, source.masses)


def _without_undecodable(root: Path, source: Source) -> Source:
    """Leave out the masses whose image cannot be decoded."""
    faults = {}
    for image in source.masses["image"].unique():
        try:
            images.read(root / image)
        except BadInput as problem:
            faults[image] = str(problem)
    fault = source.records["image"].map(faults).where(source.records["used"])
    return Source(
        source.masses[~source.masses["image"].isin(list(faults))].reset_index(drop=True),
        source.records.assign(
            used=source.records["used"] & fault.isna(),
            reason=fault.fillna(source.records["reason"]),
        ),
        source.problems + list(faults.values()),
    )


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
    for reason, count in left_out.items():
        logging.info("left out: %d, %s", count, reason)


if __name__ == "__main__":
    run(read_masses)
