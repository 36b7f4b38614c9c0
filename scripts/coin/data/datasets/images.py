"""Mammogram files: DICOM, PNG, JPEG, TIFF and PGM, decoded by pydicom and Pillow.

Compressed DICOMs are decoded by pydicom itself (RLE) and its plugins: libjpeg (JPEG, lossless or
not, and JPEG-LS) and openjpeg (JPEG 2000).
"""

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import libjpeg.utils
import numpy as np
import openjpeg.utils
import pydicom
from PIL import Image, TiffImagePlugin
from pydicom.dataelem import RawDataElement
from pydicom.encaps import get_frame
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.pixels import get_decoder, pixel_array
from pydicom.pixels.utils import pixel_dtype
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    RLELossless,
)

from coin.common.errors import BadInput

MAXIMUM_PIXELS = 89_478_485
"""The largest image that is decoded, 171 MiB at 16 bits; Pillow's own limit, and six times the
largest INbreast image."""

_PICTURES = ["PNG", "JPEG", "TIFF", "PPM"]
_DICOM_SUFFIXES = {".dcm", ".dicom"}
_ONE_OF: dict[str, list[int | str | None]] = {  # what the header of a single grey image says
    "SamplesPerPixel": [1],
    "NumberOfFrames": [1, None],
    "BitsAllocated": [8, 16],
    "BitsStored": [*range(1, 17)],
    "PixelRepresentation": [0, 1],
    "PhotometricInterpretation": ["MONOCHROME1", "MONOCHROME2"],
}
_HEADER = ["Rows", "Columns", *_ONE_OF, "HighBit", "RescaleSlope", "PresentationLUTShape"]
_LARGEST_IN_HEADER = 2**16  # bytes; longer values, such as pixels, are not read with the header
_HEAD, _META = 2**12, 144  # bytes: looked at first, and before the file meta information
_BEGIN = b"DICM\x02\x00\x00\x00UL"
_OPAQUE = 255
_POINTERS = (b"version https://git-lfs", b"/annex/objects/")
"""How the notes begin that git-lfs and git-annex leave where a file is still to be fetched."""
_BITS_PER_SAMPLE, _PHOTOMETRIC, _ORIENTATION = 258, 262, 274  # TIFF tags
_UPRIGHT = (0, 1)  # 0: not said


SLIVER = 0.25
"""An image that uses no more of its range than this, 14 bits in 16 say, is worth a warning."""

_LOOKED_AT = 64  # rows of an image that tell what of its range it uses


class Mammogram(NamedTuple):
    """A grey image as it is stored, and the stored values that mean black and white."""

    pixels: np.ndarray  # (height, width), integer
    black: int
    white: int

    def grey(self, values: np.ndarray) -> np.ndarray:
        """Scale stored values to float32 in [0, 1], 0 being black."""
        scaled = (values - np.float32(self.black)) / np.float32(self.white - self.black)
        return np.clip(scaled, 0, 1, dtype=np.float32)

    def sliver(self) -> str:
        """Say so if the image uses only a sliver of its range; empty if not."""
        some = self.pixels[:: max(1, len(self.pixels) // _LOOKED_AT)]
        low, high = int(some.min()), int(some.max())
        if high - low > SLIVER * abs(self.white - self.black):
            return ""
        ends = sorted((self.black, self.white))
        return (
            f"its pixels go from {low} to {high}, of a range from {ends[0]} to {ends[1]}; "
            "its ROIs will have little contrast"
        )


def size(path: Path) -> tuple[int, int]:
    """Return an image's (width, height) from its header, decoding no pixel.

    Raises BadInput when the file is no single grey image of at most `MAXIMUM_PIXELS`, or a DICOM or
    PGM that is shorter than its uncompressed pixels.
    """
    with _quiet():
        if _is_dicom(path):
            header = _dicom(path, stop_before_pixels=True, specific_tags=_HEADER)
            return header.Columns, header.Rows
        with _picture(path) as picture:
            return picture.size


def read(path: Path) -> Mammogram:
    """Decode one image file; raises BadInput when it is truncated or not an image."""
    with _quiet():
        if _is_dicom(path):
            return _decoded(path, _dicom(path, defer_size=_LARGEST_IN_HEADER))
        return _read_picture(path)


def glance(path: Path) -> Mammogram | None:
    """Return some rows of an image that is stored as it is; None if all of it must be decoded.

    Raises BadInput when its header is damaged.
    """
    with _quiet():
        if not _is_dicom(path):
            return None
        dataset = _dicom(path, defer_size=_LARGEST_IN_HEADER)
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            return None
        return _decoded(path, dataset, every=max(1, dataset.Rows // _LOOKED_AT))


@contextmanager
def _quiet() -> Iterator[None]:
    """Say nothing of what the decoders forgive; what they do not, they raise."""
    loggers = [logging.getLogger(name) for name in ("pydicom", "openjpeg", "libjpeg")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL + 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _is_dicom(path: Path) -> bool:
    """Tell a DICOM by its suffix or, whatever its name, by the mark in its preamble."""
    try:
        with path.open("rb") as file:
            start = file.read(132)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    if start.startswith(_POINTERS):
        raise BadInput(
            f"{path}: only a note of where the file is; get it (git lfs pull, git annex get)"
        )
    return path.suffix.lower() in _DICOM_SUFFIXES or start[128:] == b"DICM"


def _decoded(path: Path, dataset: pydicom.Dataset, every: int = 1) -> Mammogram:
    """Decode a DICOM, or only every so many-th of its rows."""
    try:
        stream_bits = _stream_bits(dataset)
        if stream_bits and stream_bits < dataset.BitsStored:
            dataset.BitsStored, dataset.HighBit = stream_bits, stream_bits - 1
            dataset.BitsAllocated = 8 if stream_bits <= 8 else 16
        bits = dataset.BitsStored
        lowest = -(2 ** (bits - 1)) if dataset.PixelRepresentation else 0
        highest = lowest + 2**bits - 1
        pixels = _stored(path, dataset)[::every]
        if pixels.max() > highest or (lowest < 0 and pixels.min() < lowest):
            if stream_bits:
                raise ValueError(f"pixels of up to {pixels.max()} under a header of {bits} bits")
            pixels = pixel_array(dataset)[::every]  # without what else is in the unused bits
    except Exception as error:  # a damaged file can fail anywhere in pydicom and its decoders
        raise BadInput(f"{path}: truncated or undecodable DICOM ({one_line(error)})") from error
    if _is_inverted(dataset):
        return Mammogram(pixels, black=highest, white=lowest)
    return Mammogram(pixels, black=lowest, white=highest)


def _is_inverted(dataset: pydicom.Dataset) -> bool:
    """Tell whether large stored values are dark.

    MONOCHROME1 and the presentation INVERSE are two ways to say so of the rescaled values (DICOM
    PS3.3, C.8.11.3.1.2), which a negative rescale slope turns around once more.
    """
    is_inverse = dataset.get("PresentationLUTShape") == "INVERSE"
    is_dark = is_inverse or dataset.PhotometricInterpretation == "MONOCHROME1"
    slope = dataset.get("RescaleSlope")
    return is_dark != (slope is not None and slope < 0)


def _stored(path: Path, dataset: pydicom.Dataset) -> np.ndarray:
    """Return the pixels (H, W), with whatever is in their unused bits.

    What is not compressed stays in the file, from which only the masses' surroundings are copied.
    """
    syntax, shape = dataset.file_meta.TransferSyntaxUID, (dataset.Rows, dataset.Columns)
    if syntax.is_encapsulated or not syntax.is_little_endian:
        return pixel_array(dataset, correct_unused_bits=False)
    element, kind = dataset.get_item("PixelData", keep_deferred=True), pixel_dtype(dataset)
    if (
        isinstance(element, RawDataElement)
        and element.value is None
        and element.length >= kind.itemsize * math.prod(shape)
    ):
        return np.memmap(path, kind, "r", element.value_tell, shape)
    return pixel_array(dataset, correct_unused_bits=False)


def _dicom(path: Path, **options) -> pydicom.Dataset:
    """Read a DICOM, its pixels still encoded, and refuse what is no single grey image."""
    try:
        if _is_deflated(path):
            raise ValueError("deflated, so that its size is not known; save it uncompressed")
        dataset = _dataset(path, **options)
        syntax = dataset.file_meta.get("TransferSyntaxUID")
        is_compressed = syntax is not None and syntax.is_encapsulated
        if is_compressed and not _is_decoded(syntax):
            raise ValueError(f"compressed as {syntax.name}, not read; save it uncompressed")
        described = {name: dataset.get(name) for name in _HEADER}
    except Exception as error:  # as above
        raise BadInput(f"{path}: not a readable DICOM ({one_line(error)})") from error
    if syntax is None:
        _assume_default(path, dataset)
    rows, columns = described["Rows"], described["Columns"]
    if not (isinstance(rows, int) and isinstance(columns, int) and rows > 0 and columns > 0):
        raise BadInput(f"{path}: Rows and Columns are {rows} and {columns}; expected numbers")
    for name, known in _ONE_OF.items():
        if described[name] not in known:
            expected = " or ".join(map(str, known))
            raise BadInput(f"{path}: {name} is {described[name]}; expected {expected}")
    _refuse_contradiction(path, described)
    _refuse_absurd(path, columns, rows)
    length, bits = path.stat().st_size, described["BitsAllocated"]
    if not is_compressed and length < rows * columns * bits // 8:
        raise BadInput(
            f"{path}: truncated: {length} bytes cannot hold {columns} x {rows} pixels "
            f"of {bits} bits"
        )
    return dataset


def _is_deflated(path: Path) -> bool:
    """Tell a deflated file by its file meta information: by the first bytes, if they hold it."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    end = _META + int.from_bytes(head[_META - 4 : _META], "little")  # after the group's length
    is_whole = head[128:138] == _BEGIN and end < len(head) and head[end : end + 2] != b"\x02\x00"
    if is_whole and DeflatedExplicitVRLittleEndian.encode() not in head[:end]:
        return False
    try:
        syntax = read_file_meta_info(path).get("TransferSyntaxUID")
    except InvalidDicomError:  # it has none
        return False
    return syntax == DeflatedExplicitVRLittleEndian


def _dataset(path: Path, **options) -> pydicom.Dataset:
    try:
        return pydicom.dcmread(path, **options)
    except InvalidDicomError:  # no preamble
        return pydicom.dcmread(path, force=True, **options)


def _is_decoded(syntax: UID) -> bool:
    try:
        return get_decoder(syntax).is_available
    except NotImplementedError:
        return False


def _assume_default(path: Path, dataset: pydicom.Dataset) -> None:
    """Give a DICOM without transfer syntax the standard's default (PS3.5, 10.1): not compressed.

    Raises BadInput unless its pixels are then as many bytes as its header says.
    """
    sizes = [dataset.get(name) for name in ("Rows", "Columns", "BitsAllocated")]
    try:
        pixels = dataset.get_item("PixelData", keep_deferred=True)
        expected = math.prod(sizes) // 8
        length = getattr(pixels, "length", expected)  # only what is not decoded yet has one
        fits = expected <= length <= expected + 1  # padded
    except Exception:  # as above
        fits = False
    if not fits or None in sizes:
        raise BadInput(
            f"{path}: no DICOM preamble or transfer syntax, and not readable as the standard's "
            "default, uncompressed; save it anew as a DICOM file"
        )
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian


def _refuse_contradiction(path: Path, described: dict[str, Any]) -> None:
    """Raise BadInput where one part of the header denies another's meaning of the pixels."""
    high, bits, slope = (described[name] for name in ("HighBit", "BitsStored", "RescaleSlope"))
    if high not in (None, bits - 1):
        raise BadInput(f"{path}: HighBit is {high} with BitsStored {bits}; expected {bits - 1}")
    if slope is not None and not (isinstance(slope, float) and math.isfinite(slope) and slope != 0):
        raise BadInput(f"{path}: RescaleSlope is {slope}; expected a number, not zero")


def _stream_bits(dataset: pydicom.Dataset) -> int | None:
    """Return the bits of a sample in a JPEG stream, which decide (DICOM PS3.5, 8.2.1).

    Raises ValueError when they are not as many pixels as the header says: a decoder believes the
    compressed stream, which may claim any number of them.
    """
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated or syntax == RLELossless:
        return None
    stream = get_frame(dataset.PixelData, 0, number_of_frames=1)
    decoder = openjpeg if syntax in JPEG2000TransferSyntaxes else libjpeg
    claimed = decoder.utils.get_parameters(stream)
    if (claimed["rows"], claimed["columns"]) != (dataset.Rows, dataset.Columns):
        raise ValueError(
            f"{claimed['columns']} x {claimed['rows']} compressed pixels under a header "
            f"of {dataset.Columns} x {dataset.Rows}"
        )
    is_signed = bool(claimed.get("is_signed", dataset.PixelRepresentation))
    if is_signed != bool(dataset.PixelRepresentation):
        raise ValueError(
            f"{'signed' if is_signed else 'unsigned'} compressed pixels under "
            f"PixelRepresentation {dataset.PixelRepresentation}"
        )
    return claimed["precision"]


def _read_picture(path: Path) -> Mammogram:
    with _picture(path) as picture:
        try:
            bits, inverted = _sample_format(picture)
            picture.load()
            _refuse_other_kind(picture)  # a PNG may tell its orientation at its end
            if picture.has_transparency_data and _lowest_alpha(picture) < _OPAQUE:
                raise ValueError("transparent in places; save it as plain grey values")
            grey = picture if bits > 8 else picture.convert("L")
            pixels = np.asarray(grey)
        except Exception as error:  # as above, in Pillow
            raise BadInput(f"{path}: truncated or undecodable ({one_line(error)})") from error
    white = 2**bits - 1
    return Mammogram(pixels, white, 0) if inverted else Mammogram(pixels, 0, white)


def _lowest_alpha(picture: Image.Image) -> int:
    return int(np.asarray(picture.convert("RGBA").getchannel("A")).min())


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


@contextmanager
def _picture(path: Path) -> Iterator[Image.Image]:
    try:
        picture = Image.open(path, formats=_PICTURES)
    except Exception as error:  # as above
        raise BadInput(
            f"{path}: not a readable DICOM, PNG, JPEG, TIFF or PGM ({one_line(error)})"
        ) from error
    with picture:
        _refuse_absurd(path, *picture.size)
        try:
            _refuse_other_kind(picture)
        except Exception as error:  # as above
            raise BadInput(f"{path}: {one_line(error)}") from error
        length, pixels = path.stat().st_size, picture.width * picture.height
        if picture.format == "PPM" and picture.mode != "1" and length < pixels:
            raise BadInput(f"{path}: truncated: {length} bytes cannot hold {pixels} pixels")
        yield picture


def _refuse_other_kind(picture: Image.Image) -> None:
    """Raise ValueError for what is no upright, single, grey picture, as far as its header tells."""
    _sample_format(picture)
    if (pages := getattr(picture, "n_frames", 1)) > 1:
        raise ValueError(f"{pages} pages or frames; expected one picture a file")
    if (orientation := _orientation(picture)) not in _UPRIGHT:
        raise ValueError(
            f"to be rotated or flipped, by its EXIF orientation {orientation}, so that boxes would "
            "not fit; save it upright"
        )


def _orientation(picture: Image.Image) -> int:
    """Return the EXIF orientation; in a PNG it may stand behind the pixels, once those are read.

    `getexif` would decode the whole PNG to find it.
    """
    if isinstance(picture, TiffImagePlugin.TiffImageFile):
        return picture.tag_v2.get(_ORIENTATION, 1)
    exif = Image.Exif()
    exif.load(picture.info.get("exif", b""))
    return exif.get(_ORIENTATION, 1)


def _refuse_absurd(path: Path, width: int, height: int) -> None:
    if width * height > MAXIMUM_PIXELS:
        raise BadInput(
            f"{path}: the header claims {width} x {height} pixels, "
            f"more than the {MAXIMUM_PIXELS} that are read; is the file damaged?"
        )


def one_line(error: Exception) -> str:
    """Return what an exception says, on one line."""
    return " ".join(str(error).split()) or type(error).__name__
