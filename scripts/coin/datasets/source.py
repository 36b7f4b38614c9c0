"""What every data format becomes: masses to study, and an account of every record."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from coin.datasets import images
from coin.errors import BadInput

ROUNDING = 0.5
"""A box may pass its image's border by so many pixels: tables round their numbers."""


class Source(NamedTuple):
    """A data set as read.

    masses: one row a mass, `MASS_COLUMNS` and then the source's own columns.
    records: one row a record of the source: `record,image,used,reason`.
    problems: a line for each record that should have been usable, naming its file and row. Such
        records are not among the masses.
    """

    masses: pd.DataFrame
    records: pd.DataFrame
    problems: list[str]


class Fault(NamedTuple):
    """What is wrong with one record: its label in the index of the records, and the message."""

    row: object
    message: str


def assemble(masses: pd.DataFrame, records: pd.DataFrame, faults: Iterable[Fault]) -> Source:
    """Split records into the masses to use and those left out.

    Args:
        masses: One row a record: `MASS_COLUMNS`, then the source's own columns.
        records: The same rows: `record`, `image`, `where` (file and row, for messages) and `reason`
            (why the record is no mass to study; empty if it is one).
        faults: What is wrong with records that should be masses.
    """
    messages: dict[object, list[str]] = {}
    for fault in faults:
        messages.setdefault(fault.row, []).append(fault.message)
    reason = records["reason"].mask(records.index.isin(list(messages)))
    reason = reason.fillna(pd.Series({row: "; ".join(lines) for row, lines in messages.items()}))
    used = reason == ""
    where = records["where"]
    return Source(
        masses.loc[used].reset_index(drop=True),
        records[["record", "image"]].assign(used=used, reason=reason).reset_index(drop=True),
        [f"{where[row]}: {line}" for row in records.index for line in messages.get(row, [])],
    )


def image_sizes(
    root: Path, names: Iterable[str]
) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Read (width, height) of each image from its header.

    Args:
        root: The data folder, which no image may leave.
        names: The images' paths in it; repeats are read once.

    Returns:
        Sizes by name, and what is wrong with the others by name.
    """
    sizes, faults = {}, {}
    root = Path(os.path.realpath(root))
    for name in dict.fromkeys(names):
        try:
            sizes[name] = images.size(inside(root, name))
        except BadInput as problem:
            faults[name] = str(problem)
    return sizes, faults


def outside(x: float, y: float, width: float, height: float, image: tuple[int, int]) -> bool:
    """Tell whether a box leaves its image by more than `ROUNDING` pixels."""
    return (
        x < -ROUNDING
        or y < -ROUNDING
        or x + width > image[0] + ROUNDING
        or y + height > image[1] + ROUNDING
    )


def inside(root: Path, name: str) -> Path:
    """Return the path of a file in the data folder; raises BadInput when it leaves the folder.

    Args:
        root: The data folder, its own links resolved.
        name: A path in it.
    """
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise BadInput(f"{name!r} leaves the data folder; give a path inside {root}")
    path = root / name
    try:
        if not Path(os.path.realpath(path)).is_relative_to(root):
            raise BadInput(f"{name!r} is a link out of {root}; put the file itself there")
        if path.is_file():
            return path
    except (OSError, ValueError):  # a name that no file can have
        pass
    raise BadInput(f"{name!r} is not there; expected it in {root}")
