"""Reading and writing the study's files: whole or not at all, and never a pickle."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput

MASS_COLUMNS = [
    "mass_id",
    "image",
    "patient_id",
    "side",
    "view",
    "label",
    "x",
    "y",
    "width",
    "height",
]
"""masses.csv: the columns that every data format fills; the source's further columns follow.

`image` is relative to the data root; `x, y, width, height` is the mass's bounding box in the pixels
of its image, origin top-left; `label` is 0 (benign) or 1 (malignant).
"""
_TEXT_COLUMNS = {name: str for name in ("mass_id", "image", "patient_id", "side", "view")}


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes the final name only if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_array(path: Path) -> np.ndarray:
    """Read a `.npy` array, memory-mapped and read-only."""
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"{path}: not a readable .npy array ({error}); make it again") from error


def write_array(path: Path, array: np.ndarray) -> None:
    """Write a `.npy` array."""
    with written_whole(path) as partial:
        np.save(partial, array, allow_pickle=False)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the named arrays of an `.npz` file."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise BadInput(f"{path}: not a readable .npz archive ({error}); make it again") from error


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write named arrays to an `.npz` file."""
    with written_whole(path) as partial:
        np.savez(partial, allow_pickle=False, **arrays)


def read_masses(path: Path) -> pd.DataFrame:
    """Read a study's `masses.csv`: one row a mass, with `MASS_COLUMNS` and the source's own."""
    return read_table(path, MASS_COLUMNS)


def read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a CSV table that must have at least `columns`; identifiers and names stay text."""
    try:
        table = pd.read_csv(path, dtype=_TEXT_COLUMNS, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: not a readable CSV table ({error})") from error
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise BadInput(f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}")
    return table


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a CSV table; missing values are empty."""
    with written_whole(path) as partial:
        table.to_csv(partial, index=False, lineterminator="\n")
