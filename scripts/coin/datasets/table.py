"""Any folder with a `masses.csv` and images: the general door to one's own data."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from coin.datasets.source import Fault, Source, assemble, image_sizes, outside
from coin.errors import BadInput
from coin.files import BENIGN, MALIGNANT, MASS_COLUMNS

TABLE = "masses.csv"
_BOX = ["x", "y", "width", "height"]
_REQUIRED = ["mass_id", "image", "patient_id", *_BOX, "label"]
_LABELS = {"benign": BENIGN, "0": BENIGN, "malignant": MALIGNANT, "1": MALIGNANT}
_SIDES = {"left": "L", "l": "L", "right": "R", "r": "R"}


def read(root: Path) -> Source:
    """Read `masses.csv`: `mass_id,image,patient_id,x,y,width,height,label` and further columns.

    `image` is a path inside `root`; the box is in the image's pixels, origin top-left; `label` is
    `benign`, `malignant`, 0 or 1. `side` (or `laterality`) and `view` are read where they exist,
    all other columns are kept as they are. The masses stay in the table's order.

    Raises BadInput when there is no such table or a column is missing.
    """
    table = _text_table(root / TABLE)
    masses = table.assign(
        side=table["side"].str.lower().map(_SIDES).fillna(table["side"]),
        label=table["label"].str.lower().map(_LABELS).astype("Int64"),
        **{name: pd.to_numeric(table[name], errors="coerce") for name in _BOX},
    )
    records = pd.DataFrame(
        {
            "record": table["mass_id"],
            "image": table["image"],
            "where": [
                f"{root / TABLE}, row {row} ({mass_id})"
                for row, mass_id in enumerate(table["mass_id"], start=2)
            ],
            "reason": "",
        }
    )
    own = [name for name in table if name not in MASS_COLUMNS]
    return assemble(masses[MASS_COLUMNS + own], records, _faults(root, table, masses))


def _text_table(path: Path) -> pd.DataFrame:
    """Read a CSV table with every value as stripped text."""
    if not path.is_file():
        raise BadInput(f"{path}: not there; format `table` needs it, with {','.join(_REQUIRED)}")
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: not a readable CSV table ({str(error).strip()})") from error
    missing = [name for name in _REQUIRED if name not in table]
    if missing:
        raise BadInput(f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}")
    if "side" not in table:
        table = table.rename(columns={"laterality": "side"})
    table = table.apply(lambda column: column.fillna("").str.strip())
    return table.assign(**{name: "" for name in ("side", "view") if name not in table})


def _faults(root: Path, table: pd.DataFrame, masses: pd.DataFrame) -> Iterator[Fault]:
    """Find everything that is wrong with any row, without decoding a pixel."""
    for name in ("mass_id", "image", "patient_id"):
        yield from _each(table.index[table[name] == ""], f"{name} is empty")
    repeated = table["mass_id"].duplicated() & (table["mass_id"] != "")
    for row, mass in table.loc[repeated, "mass_id"].items():
        yield Fault(row, f"mass_id {mass!r} was given before; it must be unique")
    for row, label in table.loc[masses["label"].isna(), "label"].items():
        yield Fault(row, f"label is {label!r}; expected benign, malignant, 0 or 1")
    for name in _BOX:
        for row, text in table.loc[~np.isfinite(masses[name]), name].items():
            yield Fault(row, f"{name} is {text!r}; expected a number of pixels")
    yield from _each(masses.index[masses["width"] <= 0], "width is not positive")
    yield from _each(masses.index[masses["height"] <= 0], "height is not positive")
    sizes, unreadable = image_sizes(root, (name for name in table["image"] if name))
    for mass in masses[["image", *_BOX]].itertuples():
        if mass.image in unreadable:
            yield Fault(mass.Index, unreadable[mass.image])
        elif mass.image and outside(*mass[2:], sizes[mass.image]):
            width, height = sizes[mass.image]
            yield Fault(mass.Index, f"the box leaves its image of {width} x {height} pixels")


def _each(rows: pd.Index, message: str) -> Iterator[Fault]:
    return (Fault(row, message) for row in rows)
