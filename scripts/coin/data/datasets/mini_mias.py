"""mini-MIAS as it is released: `Info.txt`, a line a finding, and 1024 x 1024 PGM images."""

import os
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from coin.common.conventions import BENIGN, MALIGNANT
from coin.common.errors import BadInput
from coin.data.datasets.account import MASS, NOTHING, OTHER
from coin.data.datasets.shapes import Box, box_of_circle
from coin.data.datasets.source import (
    Fault,
    Source,
    assemble,
    attempt,
    boxes_or_faults,
    by_name,
    files_below,
    image_sizes,
    inside,
    only,
)

_EXAMPLE = "mdb005 F CIRC B 477 133 30"
_LISTED = re.compile(r"mdb\d")  # how a line begins that is neither header nor note
_LINE = re.compile(
    r"(?P<film>mdb(?P<number>\d{1,6}))\s+(?P<tissue>[FGD])\s+(?P<kind>[A-Z]{4})"
    r"(?:\s+(?P<severity>[BM]))?(?P<circle>(?:\s+\d{1,6}){3})?(?:\s*\*.*)?"
)
_MASSES = {"CIRC": "circumscribed", "SPIC": "spiculated", "MISC": "ill-defined"}
_OTHERS = {"CALC": "calcification", "ARCH": "distortion", "ASYM": "asymmetry"}
_NORMAL = "NORM"
_LABELS = {"B": BENIGN, "M": MALIGNANT}
_VIEW = "MLO"  # of every film
_SIZE = (1024, 1024)  # of every film, in pixels


class _Record(NamedTuple):
    """One line of Info.txt."""

    where: str
    film: str
    number: int = 0
    finding: str = NOTHING
    reason: str = ""
    fault: str = ""
    kind: str = ""
    density: str = ""
    severity: str = ""
    circle: tuple[int, ...] = ()  # x, y from the lower left corner, radius


def read(root: Path, workers: int = 1) -> Source:
    """Read the masses (classes CIRC, SPIC and MISC) that have a centre and a radius.

    A box is that of the circle around the mass, cut off at the image's border. Films come in pairs:
    the odd one is a patient's right breast, the even one the left. A record is a line of Info.txt.

    Args:
        root: The data folder; Info.txt and the images may lie in any folder of it.
        workers: Processes to use.

    Raises BadInput when there is no Info.txt, or no film in it.
    """
    root = Path(os.path.realpath(root))
    records = pd.DataFrame(_listed(_info(root)), columns=_Record._fields)
    films = by_name(files_below(root, ".pgm"), lambda path: path.stem.lower())
    names = {film: path.relative_to(root).as_posix() for film, (path, *_) in films.items()}
    nth = records.groupby("film").cumcount() + 1
    records = records.assign(
        record=records["film"] + "_" + nth.astype(str),
        image=records["film"].map(names).fillna(records["film"] + ".pgm"),
    )
    faults = [Fault(row, text) for row, text in records["fault"].items() if text]
    expected = records[(records["reason"] == "") & (records["fault"] == "")]
    sizes, unreadable = image_sizes(root, expected["image"], workers)
    found = {
        mass.Index: attempt(partial(_box, films.get(mass.film, ()), sizes, unreadable), mass)
        for mass in expected.itertuples()
    }
    boxes, misplaced = boxes_or_faults(records.index, found)
    faults += misplaced
    masses = pd.DataFrame(
        {
            "mass_id": records["record"],
            "image": records["image"],
            "patient_id": ((records["number"] + 1) // 2).astype(str),
            "side": (records["number"] % 2).map({1: "R", 0: "L"}),
            "view": _VIEW,
            "label": records["severity"].map(_LABELS).astype("Int64"),
            **boxes,
            "density": records["density"],
            "kind": records["kind"],
        }
    )
    return assemble(masses, records, faults)


def _info(root: Path) -> Path:
    found = [path for path in files_below(root, ".txt") if path.name.lower() == "info.txt"]
    if not found:
        raise BadInput(f"{root}: no Info.txt in it; expected the mini-MIAS release")
    return inside(root, only("Info.txt", found).relative_to(root).as_posix())


def _listed(path: Path) -> list[_Record]:
    lines = enumerate(path.read_text(encoding="latin-1").splitlines(), start=1)
    films = [(number, line.strip()) for number, line in lines if _LISTED.match(line.strip())]
    if not films:
        raise BadInput(f"{path}: no line lists a film; expected lines like {_EXAMPLE}")
    return [_record(f"{path}, line {number}", line) for number, line in films]


def _record(where: str, line: str) -> _Record:
    """Read one line: what it is about, and why it is no mass to study or unusable."""
    match = _LINE.fullmatch(line)
    if match is None or match["kind"] not in {_NORMAL, *_OTHERS, *_MASSES}:
        fault = f"found {line[:80]!r}; expected a line like {_EXAMPLE}"
        return _Record(where, line.split()[0], fault=fault)
    kind = match["kind"]
    record = _Record(where, match["film"], int(match["number"]), density=match["tissue"])
    if kind == _NORMAL:
        return record._replace(reason="normal")
    if kind in _OTHERS:
        return record._replace(finding=OTHER, reason=f"finding of: {_OTHERS[kind]}")
    record = record._replace(finding=MASS, kind=_MASSES[kind])
    if match["circle"] is None:
        return record._replace(reason="mass without centre and radius")
    if match["severity"] is None:
        return record._replace(fault="a mass without severity; expected B or M")
    circle = tuple(map(int, match["circle"].split()))
    return record._replace(severity=match["severity"], circle=circle)


def _box(
    films: Sequence[Path],
    sizes: dict[str, tuple[int, int]],
    unreadable: dict[str, str],
    mass: Any,
) -> Box:
    """Return a mass's box in its film, of which `films` are the files found; `mass` is a row."""
    if films:
        only(mass.film, films)
    if mass.image in unreadable:
        raise BadInput(unreadable[mass.image])
    (x, y, radius), size = mass.circle, sizes[mass.image]
    if size != _SIZE:
        raise BadInput(
            f"{mass.image} has {size[0]} x {size[1]} pixels; Info.txt is about {_SIZE[0]} x "
            f"{_SIZE[1]}: give the films as released"
        )
    return box_of_circle(x, size[1] - y, radius, size)
