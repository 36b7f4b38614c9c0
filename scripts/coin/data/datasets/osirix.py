"""Outlines as OsiriX writes them: XML property lists of regions of interest."""

import plistlib
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from coin.common.errors import BadInput
from coin.data.datasets.images import one_line

LARGEST = 2**26
"""The largest file that is read, in bytes; a property list of outlines takes some 10 kB."""

_NUMBER = r"\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*"
_POINT = re.compile(rf"\s*[({{]{_NUMBER},{_NUMBER}[)}}]\s*", re.IGNORECASE)


class Region(NamedTuple):
    """A region of interest: its name, and its points (n, 2), each x, y in pixels."""

    name: str
    points: np.ndarray


def read_regions(path: Path) -> list[Region]:
    """Read all regions of a file; points are written "(x, y)" or "{x, y}".

    plistlib refuses a file that declares entities, and fetches nothing.

    Raises BadInput, saying what is wrong with the file, when it is no such property list.
    """
    if path.stat().st_size > LARGEST:
        raise BadInput(f"larger than {LARGEST} bytes; expected an OsiriX property list")
    try:
        document = plistlib.loads(path.read_bytes(), fmt=plistlib.FMT_XML)
        regions = [region for image in document["Images"] for region in image["ROIs"]]
        return [
            Region(str(region.get("Name", "Unnamed")), _points(region.get("Point_px", [])))
            for region in regions
        ]
    except Exception as error:  # plistlib raises whatever a damaged file leads to
        raise BadInput(
            f"not an OsiriX property list of ROIs ({type(error).__name__}: {one_line(error)})"
        ) from error


def _points(texts: list[str]) -> np.ndarray:
    points = []
    for text in texts:
        match = _POINT.fullmatch(text)
        if match is None:
            raise ValueError(f"point {text!r}; expected (x, y)")
        points.append(match.groups())
    return np.array(points, float).reshape(-1, 2)
