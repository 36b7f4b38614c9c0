"""What a study's fold trains on and holds out: real masses, and the neighbours made from them."""

import logging
import tempfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from coin.common.conventions import CLASS_NAMES, SIGNS
from coin.common.errors import BadInput
from coin.common.files import read_array, read_arrays, read_masses, read_table

REAL, POSITIVE, NEGATIVE = 0, 1, 2
KIND_NAMES = ("real", *SIGNS)


class ExpandedData(NamedTuple):
    """The nodes of a fold: the training reals as in masses.csv, then each neighbour file's rows."""

    rois: np.ndarray
    """(N, H, W) float32 in [0, 1]; memory-mapped from a file without a name."""
    kind: np.ndarray
    """(N,) REAL, POSITIVE or NEGATIVE."""
    label: np.ndarray
    """(N,) 0 benign, 1 malignant: for a neighbour, the class it was made for."""
    row: np.ndarray
    """(N,) row in masses.csv of a real mass, row in its own file of a neighbour."""


class HeldOut(NamedTuple):
    """The masses that a fold holds out, in the order of masses.csv."""

    rois: np.ndarray
    """(M, H, W) float32 in [0, 1]."""
    label: np.ndarray
    """(M,) 0 benign, 1 malignant."""
    mass_id: np.ndarray
    """(M,) text."""


def read_expanded_data(
    masses: Path, rois: Path, folds: Path, fold: int, neighbours: list[Path]
) -> tuple[ExpandedData, HeldOut]:
    """Read what a fold trains on and what it holds out, with one file's ROIs in memory at a time.

    Args:
        masses, rois, folds: the study's masses.csv, rois.npy and folds.csv, the same rows in each.
        fold: the fold whose masses are held out.
        neighbours: files named `<positive or negative>_<benign or malignant>.npz`, whose array
            `rois` (M, H, W) holds neighbours of that kind and class made from this training fold.

    Raises:
        BadInput: the files do not fit together, or the fold leaves nothing to train on or to hold
            out.
    """
    table, images, held_out = _read_fold(masses, rois, folds, fold)
    _check_range(rois, images)
    label = table["label"].to_numpy(np.int64)
    (reals,) = np.nonzero(~held_out)
    of_reals = ExpandedData(images[reals], np.full(len(reals), REAL), label[reals], reals)
    of_neighbours = (_read_neighbours(path, images.shape[1:]) for path in neighbours)
    return (
        _joined(chain([of_reals], of_neighbours)),
        HeldOut(images[held_out], label[held_out], table["mass_id"].to_numpy(str)[held_out]),
    )


def read_training_reals(
    masses: Path, rois: Path, folds: Path, fold: int, label: int
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Read the ROIs (n, H, W) of a class that a fold trains on, their rows (n,) and mass ids.

    Augmentation may see nothing else.

    Raises:
        BadInput: the files do not fit together, or the fold leaves nothing to train on or to hold
            out.
    """
    table, images, held_out = _read_fold(masses, rois, folds, fold)
    rows = np.flatnonzero((table["label"] == label) & ~held_out)
    logging.info("fold %d: %d %s masses to train on", fold, len(rows), CLASS_NAMES[label])
    return images[rows], rows, list(table["mass_id"][rows])


def read_all_reals(masses: Path, rois: Path) -> tuple[pd.DataFrame, np.ndarray]:
    """Read masses.csv, and the ROIs (N, H, W), one a row of it.

    Raises:
        BadInput: there are not as many of the one as of the other.
    """
    table, images = read_masses(masses), read_array(rois)
    if images.ndim != 3 or len(images) != len(table):
        raise BadInput(
            f"{rois}: found shape {images.shape}, expected ({len(table)}, height, width), an ROI "
            f"for each mass of {masses}; make it again"
        )
    return table, images


def sign_and_label(path: Path) -> tuple[str, int]:
    """Return a file of neighbours' sign, and the class that they were made for, from its name."""
    sign, _, class_name = path.stem.partition("_")
    if sign not in SIGNS or class_name not in CLASS_NAMES:
        raise BadInput(
            f"{path}: a file of neighbours is named positive_ or negative_, then benign.npz or "
            "malignant.npz"
        )
    return sign, CLASS_NAMES.index(class_name)


def _read_fold(
    masses: Path, rois: Path, folds: Path, fold: int
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Read all masses and ROIs, and which of them (N,) the fold holds out."""
    table, images = read_all_reals(masses, rois)
    assigned = read_table(folds, ["mass_id", "fold"])
    if list(assigned.mass_id) != list(table.mass_id):
        raise BadInput(f"{folds}: its masses are not those of {masses}, row by row; make it again")
    held_out = (assigned["fold"] == fold).to_numpy()
    for rows, part in ((held_out, "hold out"), (~held_out, "train on")):
        if not rows.any():
            raise BadInput(f"{folds}: fold {fold} leaves no mass to {part}")
    return table, images, held_out


def _joined(parts: Iterable[ExpandedData]) -> ExpandedData:
    """Put parts one after the other, their ROIs in a file, so that memory holds one part's."""
    others = []
    with tempfile.TemporaryFile() as file:
        for part in parts:
            part.rois.astype(np.float32, copy=False).tofile(file)
            others.append(part[1:])
        kind, label, row = (np.concatenate(column) for column in zip(*others, strict=True))
        shape = (len(kind), *part.rois.shape[1:])
        return ExpandedData(np.memmap(file, np.float32, "r+", shape=shape), kind, label, row)


def _read_neighbours(path: Path, shape: tuple[int, int]) -> ExpandedData:
    sign, label = sign_and_label(path)
    rois = read_arrays(path).get("rois")
    if rois is None or rois.ndim != 3 or rois.shape[1:] != shape:
        found = "no array" if rois is None else f"shape {rois.shape}"
        raise BadInput(
            f"{path}: found {found} under `rois`, expected (M, {shape[0]}, {shape[1]}), as the "
            "real ROIs; make it again"
        )
    _check_range(path, rois)
    return ExpandedData(
        rois,
        np.full(len(rois), KIND_NAMES.index(sign)),
        np.full(len(rois), label),
        np.arange(len(rois)),
    )


def _check_range(path: Path, rois: np.ndarray) -> None:
    if len(rois) and not (rois.min() >= 0 and rois.max() <= 1):
        raise BadInput(f"{path}: an ROI has a pixel that is not in [0, 1]; make it again")
