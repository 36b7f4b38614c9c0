"""Mammogram files: DICOM, PNG, JPEG, TIFF and PGM, decoded by pydicom and Pillow."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pydicom
from PIL import Image

from coin.errors import BadInput

MAXIMUM_PIXELS = 89_478_485
"""The largest image that is decoded, Pillow's own limit; six times the largest INbreast image."""

_PICTURES = ["PNG", "JPEG", "TIFF", "PPM"]
_DICOM_SUFFIXES = {".dcm", ".dicom"}
_HEADER = [
    "Rows",
    "Columns",
    "SamplesPerPixel",
    "NumberOfFrames",
    "BitsStored",
    "PixelRepresentation",
    "PhotometricInterpretation",
]
_BITS_PER_SAMPLE, _PHOTOMETRIC = 258, 262  # TIFF tags


class Mammogram(NamedTuple):
    """A grey image as it is stored, and the stored values that mean black and white."""

    pixels: np.ndarray  # (height, width), integer
    black: int
    white: int

    def grey(self, values: np.ndarray) -> np.ndarray:
        """Scale stored values to float32 in [0, 1], 0 being black."""
        scaled = (values - np.float32(self.black)) / np.float32(self.white - self.black)
        return np.clip(scaled, 0, 1, dtype=np.float32)


def size(path: Path) -> tuple[int, int]:
    """Return an image's (width, height) from its header, decoding no pixel.

    Raises BadInput when the file is no single grey image of at most `MAXIMUM_PIXELS`.
    """
    if _is_dicom(path):
        header = _dicom(path, stop_before_pixels=True, specific_tags=_HEADER)
        return header.Columns, header.Rows
    with _picture(path) as picture:
        return picture.size


def read(path: Path) -> Mammogram:
    """Decode one image file; raises BadInput when it is truncated or not an image."""
    return _read_dicom(path) if _is_dicom(path) else _read_picture(path)


def _is_dicom(path: Path) -> bool:
    """Tell a DICOM by its suffix or, whatever its name, by the mark in its preamble."""
    if path.suffix.lower() in _DICOM_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            return file.read(132)[128:] == b"DICM"
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error


def _read_dicom(path: Path) -> Mammogram:
    dataset = _dicom(path)
    try:
        pixels = dataset.pixel_array
    except Exception as error:  # a damaged file can fail anywhere in pydicom and its decoders
        raise BadInput(f"{path}: truncated or undecodable DICOM ({_one_line(error)})") from error
    lowest = -(2 ** (dataset.BitsStored - 1)) if dataset.get("PixelRepresentation", 0) else 0
    highest = lowest + 2**dataset.BitsStored - 1
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        return Mammogram(pixels, black=highest, white=lowest)
    return Mammogram(pixels, black=lowest, white=highest)


def _dicom(path: Path, **options) -> pydicom.Dataset:
    """Read a DICOM, its pixels still encoded, and refuse what is no single grey image."""
    try:
        dataset = pydicom.dcmread(path, **options)
        described = {name: dataset.get(name) for name in _HEADER}
    except Exception as error:  # as above
        raise BadInput(f"{path}: not a readable DICOM ({_one_line(error)})") from error
    rows, columns, bits = described["Rows"], described["Columns"], described["BitsStored"]
    if not (rows and columns and isinstance(bits, int) and 1 <= bits <= 16):
        raise BadInput(f"{path}: the DICOM header gives no Rows, Columns or BitsStored of 1 to 16")
    if described["PhotometricInterpretation"] not in ("MONOCHROME1", "MONOCHROME2"):
        raise BadInput(
            f"{path}: PhotometricInterpretation is {described['PhotometricInterpretation']}; "
            "expected MONOCHROME1 or MONOCHROME2"
        )
    if (described["SamplesPerPixel"] or 1) != 1 or (described["NumberOfFrames"] or 1) != 1:
        raise BadInput(f"{path}: several frames or colours; expected one grey image")
    _refuse_absurd(path, columns, rows)
    return dataset


def _read_picture(path: Path) -> Mammogram:
    with _picture(path) as picture:
        try:
            bits, inverted = _sample_format(picture)
            grey = picture if bits > 8 else picture.convert("L")
            pixels = np.asarray(grey)
        except Exception as error:  # as above, in Pillow
            raise BadInput(f"{path}: truncated or undecodable ({_one_line(error)})") from error
    white = 2**bits - 1
    return Mammogram(pixels, white, 0) if inverted else Mammogram(pixels, 0, white)


def _sample_format(picture: Image.Image) -> tuple[int, bool]:
    """Return the bits of a sample, and whether large samples are dark.

    Pillow itself scales PGM samples by the file's largest value (to 8 or 16 bits) and inverts an
    8-bit TIFF whose zero is white; a 16-bit one it leaves as it is stored.
    """
    if picture.mode.startswith("I;16"):
        tags = getattr(picture, "tag_v2", {})
        return tags.get(_BITS_PER_SAMPLE, (16,))[0], tags.get(_PHOTOMETRIC, 1) == 0
    if picture.mode == "I" and picture.format == "PPM":
        return 16, False
    if picture.mode in ("1", "L", "LA", "P", "RGB", "RGBA"):
        return 8, False
    raise ValueError(f"pixels of kind {picture.mode}; expected 8 or 16 bits of grey")


def _picture(path: Path) -> Image.Image:
    try:
        picture = Image.open(path, formats=_PICTURES)
    except Exception as error:  # as above
        raise BadInput(
            f"{path}: not a readable DICOM, PNG, JPEG, TIFF or PGM ({_one_line(error)})"
        ) from error
    _refuse_absurd(path, *picture.size)
    return picture


def _refuse_absurd(path: Path, width: int, height: int) -> None:
    if width * height > MAXIMUM_PIXELS:
        raise BadInput(
            f"{path}: the header claims {width} x {height} pixels, "
            f"more than the {MAXIMUM_PIXELS} that are read; is the file damaged?"
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
