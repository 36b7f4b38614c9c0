"""A second look at a whole source: at what no record shows by itself."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.workers import each
from coin.data.datasets import images
from coin.data.datasets.source import Source, attempt, inside, without

SAMPLE = 48
"""So many compressed images, at most, are decoded for a look at their range."""

Look = Callable[[Path], images.Mammogram | None]


def scrutinised(source: Source, root: Path, workers: int, decode_all: bool) -> Source:
    """Leave out what cannot be used though its records are right, and warn of what looks odd.

    Images that are not compressed are glanced at, and a sample of the others is decoded.

    Args:
        source: What a reader read.
        root: The data folder, its own links resolved.
        workers: Processes to use.
        decode_all: Whether every image is decoded, to leave out those that are damaged and masses
            in whose box there is nothing to see.
    """
    places = source.masses.groupby("image", sort=False).indices
    look = partial(_looked_at, root, source.masses, workers)
    if decode_all:
        faults, warnings = look(places, images.read)
    else:
        faults, warnings = look(places, images.glance)
        unseen = [name for name in places if name not in warnings]
        sample = unseen[:: -(-len(unseen) // SAMPLE) or 1]
        more_faults, more_warnings = look({name: places[name] for name in sample}, images.read)
        faults, warnings = faults | more_faults, warnings | more_warnings
    return without(_with_warnings(source, warnings), faults)


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
    faults, warnings = {}, {}
    for (name, rows), seen in zip(places.items(), found, strict=True):
        if isinstance(seen, BadInput):
            faults |= {int(row): str(seen) for row in rows}
        elif seen is not None:
            warnings[name], are_flat = seen
            faults |= {
                int(row): f"{name}: nothing to see in the box of {masses.at[row, 'mass_id']}"
                for row in rows[are_flat]
            }
    return faults, warnings


def _look_at(look: Look, task: tuple[Path, np.ndarray]) -> tuple[str, np.ndarray] | None:
    """Return what is odd about an image, and in which boxes (n, 4) all pixels are alike."""
    path, boxes = task
    mammogram = look(path)
    if mammogram is None:
        return None
    is_whole = look is images.read  # a glance has fewer rows
    return mammogram.sliver(), np.array([is_whole and _is_flat(mammogram, *box) for box in boxes])


def _is_flat(mammogram: images.Mammogram, x: float, y: float, width: float, height: float) -> bool:
    left, top = max(round(x), 0), max(round(y), 0)
    inside = mammogram.pixels[top : round(y + height), left : round(x + width)]
    return inside.size > 0 and np.ptp(inside) == 0


def _with_warnings(source: Source, warnings: dict[str, str]) -> Source:
    records = source.records
    said = records["image"].map(lambda name: warnings.get(name, "")).where(records["used"], "")
    both = (records["warning"] + "; " + said).str.strip("; ")
    return source._replace(records=records.assign(warning=both))
