"""A second look at a whole source: at what no record shows by itself."""

import hashlib
import os
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.workers import each
from coin.data.datasets import images
from coin.data.datasets.source import Source, attempt, inside, without

SAMPLE = 16
"""So many images, at most, are looked at to tell whether a data set uses a sliver of its range."""

_TASTE = 2**9  # bytes of a file's middle; only files alike in these are hashed

Look = Callable[[Path], images.Mammogram]


def scrutinised(source: Source, root: Path, workers: int, decode_all: bool) -> Source:
    """Leave out what cannot be used though its records are right, and warn of what looks odd.

    A sample of the images is looked at, evenly over the data set, and all of them if one looks odd;
    the cropping, which decodes all, looks at all in any case.

    Args:
        source: What a reader read.
        root: The data folder, its own links resolved.
        workers: Processes to use.
        decode_all: Whether every image is decoded, to leave out those that are damaged and masses
            in whose box there is nothing to see.
    """
    places = source.masses.groupby("image", sort=False).indices
    sample = {name: places[name] for name in list(places)[:: -(-len(places) // SAMPLE) or 1]}
    look = partial(_looked_at, root, source.masses, workers)
    if decode_all:
        faults, warnings = look(places, images.read)
    else:
        faults, warnings = look(sample, _glance)
        if any(warnings.values()):
            faults, warnings = look(places, _glance)
    of_images = {int(row): said for name, said in warnings.items() for row in places[name]}
    source = _warned(source, {row: said for row, said in of_images.items() if said})
    source = _warned(source, look_alikes(source.masses["patient_id"]))
    return without(source, faults | shared(root, source.masses))


def shared(root: Path, masses: pd.DataFrame) -> dict[int, str]:
    """Find masses whose image is another patient's too: the same file, or one of equal content.

    A fold that holds out the one patient would learn from the other. Returns faults by place.
    """
    patients = masses.groupby("image", sort=False)["patient_id"].unique()
    alike = _groups(_groups([list(patients.index)], root, _taste), root, _sha256)
    others = [[name] for name, owners in patients.items() if len(owners) > 1]
    faults: dict[str, str] = {}
    for names in chain(alike, others):
        owners = sorted(set(chain.from_iterable(patients[names])))
        if len(owners) > 1:
            fault = f"one picture ({', '.join(names)}) of {len(owners)} patients ("
            faults |= dict.fromkeys(names, fault + f"{', '.join(owners)}); expected one")
    of_image = masses["image"].map(faults).dropna()
    return {
        int(place): f"{masses.at[place, 'mass_id']}: {fault}" for place, fault in of_image.items()
    }


def look_alikes(patients: pd.Series) -> dict[int, str]:
    """Warn, by place, of patients' names that differ in leading zeros or a `.0` alone.

    Names are compared as text: to this study they are two patients.
    """
    meant = patients.str.replace(r"\.0+$", "", regex=True).str.replace(r"^0+(?=.)", "", regex=True)
    spellings = patients.groupby(meant).unique().to_dict()
    return {
        int(place): f"patients {', '.join(spellings[name])} are taken for different ones; "
        "are they the same?"
        for place, name in meant.items()
        if len(spellings[name]) > 1
    }


def _groups(
    groups: list[list[str]], root: Path, of_content: Callable[[Path], object]
) -> list[list[str]]:
    """Part groups of images further by their content; those that are alone go."""
    parted = []
    for names in groups:
        found: dict[object, list[str]] = {}
        for name in names:
            found.setdefault(of_content(inside(root, name)), []).append(name)
        parted += [alike for alike in found.values() if len(alike) > 1]
    return parted


def _taste(path: Path) -> tuple[int, bytes]:
    """Return a file's length and some bytes of its middle, where a breast is."""
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(length // 2)
        return length, file.read(_TASTE)


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _looked_at(
    root: Path,
    masses: pd.DataFrame,
    workers: int,
    places: dict[str, np.ndarray],
    look: Look,
) -> tuple[dict[int, str], dict[str, str]]:
    """Look at images; return faults by the mass's place, and warnings (or none) by image."""
    boxes = masses[["x", "y", "width", "height"]].to_numpy()
    tasks = [(inside(root, name), boxes[rows]) for name, rows in places.items()]
    found = each(partial(attempt, partial(_look_at, look)), tasks, workers, "images looked at")
    faults: dict[int, str] = {}
    warnings: dict[str, str] = {}
    for (name, rows), seen in zip(places.items(), found, strict=True):
        if isinstance(seen, BadInput):
            faults |= {int(row): str(seen) for row in rows}
        else:
            warnings[name], are_flat = seen
            faults |= {
                int(row): f"{name}: nothing to see in the box of {masses.at[row, 'mass_id']}"
                for row in rows[are_flat]
            }
    return faults, warnings


def _glance(path: Path) -> images.Mammogram:
    return images.glance(path) or images.read(path)


def _look_at(look: Look, task: tuple[Path, np.ndarray]) -> tuple[str, np.ndarray]:
    """Return what is odd about an image, and in which boxes (n, 4) all pixels are alike."""
    path, boxes = task
    mammogram = look(path)
    is_whole = look is images.read  # a glance may have fewer rows
    return mammogram.sliver(), np.array([is_whole and _is_flat(mammogram, *box) for box in boxes])


def _is_flat(mammogram: images.Mammogram, x: float, y: float, width: float, height: float) -> bool:
    left, top = max(round(x), 0), max(round(y), 0)
    inside = mammogram.pixels[top : round(y + height), left : round(x + width)]
    return inside.size > 0 and np.ptp(inside) == 0


def _warned(source: Source, warnings: dict[int, str]) -> Source:
    """Add warnings, by the mass's place among the masses, to what its record says."""
    warning = source.records["warning"].copy()
    used = source.records.index[source.records["used"]]  # one a mass, in the same order
    for place, said in warnings.items():
        warning[used[place]] = "; ".join(filter(None, (warning[used[place]], said)))
    return source._replace(records=source.records.assign(warning=warning))
