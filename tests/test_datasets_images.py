"""Every kind of file gives the same grey values; damaged and absurd ones one clear line."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
from lossless_jpeg import encode
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    RLELossless,
)
from releases import compressed_dicom, save_dicom

from coin.common.errors import BadInput
from coin.data.datasets import images

GREY = np.random.default_rng(0).random((21, 30), np.float32)


def dicom(path, bits=12, photometric="MONOCHROME2", signed=False, syntax=None, **header):
    """Write GREY as a DICOM; `header` overrides elements afterwards."""
    values = 1 - GREY if photometric == "MONOCHROME1" else GREY
    stored = np.round(values * (2**bits - 1)).astype(np.int32) - (2 ** (bits - 1) if signed else 0)
    stored = stored if signed else stored.astype(np.uint32)
    header = {"PhotometricInterpretation": photometric} | header
    return save_dicom(path, stored, bits, syntax, **header)


def picture(path, bits=8, **options):
    stored = np.round(GREY * (2**bits - 1)).astype(np.uint8 if bits == 8 else np.uint16)
    Image.fromarray(stored).save(path, **options)
    return path


def grey(path):
    mammogram = images.read(path)
    assert images.size(path) == (30, 21)
    return mammogram.grey(mammogram.pixels)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("signed", [False, True])
def test_dicoms_are_scaled_by_their_stored_bits(tmp_path, bits, photometric, signed):
    path = dicom(tmp_path / "a.dcm", bits, photometric, signed)
    read = grey(path)
    assert read.dtype == np.float32
    np.testing.assert_allclose(read, GREY, atol=0.51 / (2**bits - 1) + 1e-6)


def test_a_dicom_without_suffix_and_run_length_encoded(tmp_path):
    np.testing.assert_allclose(
        grey(dicom(tmp_path / "000000", syntax=RLELossless)), GREY, atol=1e-3
    )


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_jpeg_2000(tmp_path, bits):
    stored = np.tile(np.round(GREY * (2**bits - 1)).astype(np.uint16), (4, 3))
    path = save_dicom(tmp_path / "a.dcm", stored, bits, JPEG2000Lossless)
    np.testing.assert_array_equal(images.read(path).pixels, stored)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_lossless_jpeg(tmp_path, bits):
    """As hospitals send their mammograms; the stream is written by an encoder of the tests' own."""
    stored = np.round(GREY * (2**bits - 1)).astype(np.uint16)
    path = compressed_dicom(tmp_path / "a.dcm", encode(stored, bits), JPEGLosslessSV1, bits)
    np.testing.assert_array_equal(images.read(path).pixels, stored)


def test_baseline_jpeg(tmp_path):
    smooth = np.round(np.linspace(0, 255, 30) * np.ones((21, 1))).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(smooth).save(stream, "jpeg", quality=95)
    path = compressed_dicom(tmp_path / "a.dcm", stream.getvalue(), JPEGBaseline8Bit, 8)
    np.testing.assert_allclose(images.read(path).pixels, smooth, atol=4)


@pytest.mark.parametrize(
    ("name", "lowest", "highest"),
    [
        ("JPGExtended.dcm", 0, 264),
        ("MR_small_jpeg_ls_lossless.dcm", 127, 2145),
        ("MR_small_jp2klossless.dcm", 127, 2145),
        ("MR_small_RLE.dcm", 127, 2145),
        ("MR_small_bigendian.dcm", 127, 2145),
    ],
)
def test_other_transfer_syntaxes(name, lowest, highest):
    """Files of pydicom's own; the four MR images are one, which is also there uncompressed."""
    pixels = images.read(Path(get_testdata_file(name))).pixels
    assert (pixels.min(), pixels.max()) == (lowest, highest)
    if name.startswith("MR"):
        plain = pydicom.dcmread(get_testdata_file("MR_small.dcm")).pixel_array
        np.testing.assert_array_equal(pixels, plain)


def test_a_stream_that_claims_other_dimensions_than_its_header(tmp_path):
    stored = np.zeros((80, 80), np.uint16)
    for syntax, stream in (
        (JPEGLosslessSV1, encode(stored, 16)),
        (JPEG2000Lossless, _jpeg_2000(tmp_path, stored)),
    ):
        path = compressed_dicom(tmp_path / "a.dcm", stream, syntax, 16)
        with pytest.raises(BadInput, match="80 x 80 compressed pixels under a header of 30 x 21"):
            images.read(path)


def _jpeg_2000(folder, stored):
    path = save_dicom(folder / "j.dcm", stored, syntax=JPEG2000Lossless)
    return next(generate_frames(pydicom.dcmread(path).PixelData, number_of_frames=1))


def test_what_else_is_in_the_unused_bits_does_not_count(tmp_path):
    stored = np.round(GREY * 4095).astype(np.uint16)
    path = save_dicom(tmp_path / "a.dcm", stored | 0x5000, BitsStored=12, HighBit=11)
    np.testing.assert_array_equal(images.read(path).pixels, stored)


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, JPEG2000Lossless])
def test_the_compressed_stream_says_how_many_bits_its_samples_have(tmp_path, syntax):
    """An 8-bit stream under a header of 12 bits was read 16 times too dark."""
    stored = np.round(np.tile(GREY, (4, 3)) * 255).astype(np.uint8)
    if syntax == JPEGLosslessSV1:
        stream = encode(stored.astype(np.uint16), 8)
    else:
        encoded = save_dicom(tmp_path / "j.dcm", stored, 8, syntax)
        stream = next(generate_frames(pydicom.dcmread(encoded).PixelData, number_of_frames=1))
    path = compressed_dicom(tmp_path / "a.dcm", stream, syntax, 12, *stored.shape)
    read = images.read(path)
    np.testing.assert_allclose(read.grey(read.pixels), stored / 255, atol=1e-6)


def test_a_stream_of_more_bits_than_its_header_has(tmp_path):
    fitting = np.round(GREY * 4095).astype(np.uint16)
    path = compressed_dicom(tmp_path / "a.dcm", encode(fitting, 16), JPEGLosslessSV1, 12)
    np.testing.assert_allclose(grey(path), GREY, atol=1e-3)
    path = compressed_dicom(tmp_path / "b.dcm", encode(fitting * 16, 16), JPEGLosslessSV1, 12)
    with pytest.raises(BadInput, match=r"b\.dcm: .*pixels of up to \d+ under a header of 12 bits"):
        images.read(path)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("presentation", ["IDENTITY", "INVERSE", None])
@pytest.mark.parametrize("slope", [-1, 1, 0.5, None])
def test_what_is_dark(tmp_path, photometric, presentation, slope):
    """Presentation and photometric interpretation say the same; the slope comes before both."""
    header = {"RescaleSlope": slope, "PresentationLUTShape": presentation}
    stored = np.round(GREY * 4095).astype(np.uint16)
    path = save_dicom(
        tmp_path / "a.dcm",
        stored,
        12,
        PhotometricInterpretation=photometric,
        **{name: value for name, value in header.items() if value is not None},
    )
    is_dark = (presentation == "INVERSE" or photometric == "MONOCHROME1") != (slope == -1)
    np.testing.assert_allclose(grey(path), 1 - GREY if is_dark else GREY, atol=1e-3)


def test_an_image_that_uses_a_sliver_of_its_range(tmp_path):
    """As 12 bits in a PNG of 16; a range that is used, or half used, is none."""
    stored = np.round(GREY * 4095).astype(np.uint16)
    Image.fromarray(stored).save(tmp_path / "a.png")
    said = images.read(tmp_path / "a.png").sliver()
    assert "of a range from 0 to 65535; its ROIs will have little contrast" in said
    paths = [
        picture(tmp_path / "b.png", 16),
        dicom(tmp_path / "c.dcm"),
        dicom(tmp_path / "d.dcm", 8),
    ]
    assert [images.read(path).sliver() for path in paths] == [""] * 3


def test_a_glance_is_some_rows_of_what_is_not_compressed(tmp_path):
    stored = np.arange(1100 * 3, dtype=np.uint16).reshape(1100, 3)
    seen = images.glance(save_dicom(tmp_path / "a.dcm", stored, 12))
    np.testing.assert_array_equal(seen.pixels, stored[::17])
    assert images.glance(save_dicom(tmp_path / "b.dcm", stored, 12, RLELossless)) is None
    assert images.glance(picture(tmp_path / "c.png")) is None


def test_a_deflated_dicom_is_refused_before_it_is_inflated():
    path = Path(get_testdata_file("image_dfl.dcm"))
    assert pydicom.dcmread(path).file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian
    with pytest.raises(BadInput, match=r"image_dfl\.dcm: not a readable DICOM \(deflated"):
        images.size(path)


def bare(path, keep_meta=False):
    """Take preamble and file meta information off a DICOM, or only its transfer syntax."""
    dataset = pydicom.dcmread(path)
    syntax = dataset.file_meta.TransferSyntaxUID
    if keep_meta:
        del dataset.file_meta.TransferSyntaxUID
    else:
        dataset.preamble, dataset.file_meta = None, pydicom.dataset.FileMetaDataset()
    dataset.save_as(
        path, implicit_vr=syntax.is_implicit_VR, little_endian=True, enforce_file_format=False
    )
    return path


@pytest.mark.parametrize("keep_meta", [False, True])
@pytest.mark.parametrize("bits", [8, 12])
def test_a_dicom_that_tells_no_transfer_syntax_is_of_the_default(tmp_path, keep_meta, bits):
    path = bare(dicom(tmp_path / "a.dcm", bits), keep_meta)
    np.testing.assert_allclose(grey(path), GREY, atol=0.51 / 255)
    assert images.glance(path) is not None


@pytest.mark.parametrize("keep_meta", [False, True])
def test_one_that_is_not_is_refused_in_plain_words(tmp_path, keep_meta):
    path = bare(dicom(tmp_path / "a.dcm", 12, syntax=RLELossless), keep_meta)
    with pytest.raises(BadInput, match=r"a\.dcm: no DICOM preamble or transfer syntax, and not r"):
        images.read(path)


@pytest.mark.parametrize(
    ("name", "bits"), [("a.png", 8), ("a.png", 16), ("a.tif", 8), ("a.tiff", 16), ("a.pgm", 8)]
)
def test_pictures(tmp_path, name, bits):
    np.testing.assert_allclose(grey(picture(tmp_path / name, bits)), GREY, atol=0.51 / 255)


def test_jpeg_and_colours(tmp_path):
    smooth = np.linspace(0, 1, 30, dtype=np.float32) * np.ones((21, 1), np.float32)
    stored = Image.fromarray(np.round(smooth * 255).astype(np.uint8))
    stored.save(tmp_path / "a.jpg", quality=95)
    np.testing.assert_allclose(grey(tmp_path / "a.jpg"), smooth, atol=0.02)
    stored.convert("RGB").save(tmp_path / "a.png")
    np.testing.assert_allclose(grey(tmp_path / "a.png"), smooth, atol=0.51 / 255)


def test_what_is_transparent_is_refused(tmp_path):
    """What a picture's transparent pixels hold is nobody's to guess."""
    grey_and_alpha = np.full((21, 30, 2), 255, np.uint8)
    Image.fromarray(grey_and_alpha, "LA").save(tmp_path / "opaque.png")
    assert images.read(tmp_path / "opaque.png").pixels.min() == 255
    grey_and_alpha[3, 4, 1] = 0
    Image.fromarray(grey_and_alpha, "LA").save(tmp_path / "a.png")
    with pytest.raises(BadInput, match=r"a\.png: .*transparent in places"):
        images.read(tmp_path / "a.png")


def rotated(path):
    exif = Image.Exif()
    exif[274] = 6
    return picture(path, exif=exif)


@pytest.mark.parametrize(
    ("write", "complaint"),
    [
        (lambda folder: rotated(folder / "a.jpg"), "by its EXIF orientation 6"),
        (lambda folder: rotated(folder / "a.png"), "by its EXIF orientation 6"),
        (lambda folder: picture(folder / "a.tif", tiffinfo={274: 6}), "by its EXIF orientation 6"),
        (lambda folder: pages(folder / "a.tif"), "2 pages or frames; expected one picture a file"),
        (lambda folder: of_mode(folder / "a.tif", "F"), "pixels of kind F; expected 8 or 16 bits"),
        (lambda folder: of_mode(folder / "a.tif", "I"), "pixels of kind I; expected 8 or 16 bits"),
        (lambda folder: of_mode(folder / "a.jpg", "CMYK"), "pixels of kind CMYK; expected 8 or"),
    ],
)
def test_pictures_that_are_refused_by_their_headers(tmp_path, write, complaint):
    """Rotation, pages, floats and CMYK are told at reading: before anything is decoded."""
    path = write(tmp_path)
    for function in (images.size, images.read):
        with pytest.raises(BadInput, match=complaint) as problem:
            function(path)
        assert path.name in str(problem.value) and "\n" not in str(problem.value)


def pages(path):
    page = Image.fromarray(np.zeros((21, 30), np.uint8))
    page.save(path, save_all=True, append_images=[page])
    return path


def of_mode(path, mode):
    Image.new(mode, (30, 21)).save(path)
    return path


def test_a_16_bit_pgm_is_scaled_by_its_largest_value(tmp_path):
    stored = np.round(GREY * 4095).astype(">u2")
    (tmp_path / "a.pgm").write_bytes(b"P5\n30 21\n4095\n" + stored.tobytes())
    np.testing.assert_allclose(grey(tmp_path / "a.pgm"), GREY, atol=0.52 / 4095)


def test_a_16_bit_tiff_whose_zero_is_white(tmp_path):
    picture(tmp_path / "a.tif", 16, tiffinfo={262: 0})
    read = grey(tmp_path / "a.tif")
    with Image.open(tmp_path / "a.tif") as stored:
        assert stored.tag_v2[262] == 0
        np.testing.assert_allclose(read, 1 - np.asarray(stored) / 65535, atol=1e-6)


def test_a_stream_whose_sign_is_not_its_header_s(tmp_path):
    """Nobody knows whether its 4,095 is the brightest value or -1."""
    stored = np.tile(np.round(GREY * 4095).astype(np.uint16), (4, 3))
    path = save_dicom(tmp_path / "a.dcm", stored, 12, JPEG2000Lossless, PixelRepresentation=1)
    with pytest.raises(BadInput, match=r"a\.dcm: .*unsigned compressed pixels under PixelRepres"):
        images.read(path)


def test_a_way_of_compressing_that_is_not_read(tmp_path):
    dataset = pydicom.dcmread(dicom(tmp_path / "a.dcm"))
    dataset.file_meta.TransferSyntaxUID = MPEG2MPML
    with (tmp_path / "a.dcm").open("wb") as file:
        file.write(bytes(128) + b"DICM")
        pydicom.filewriter.write_file_meta_info(file, dataset.file_meta)
    for function in (images.size, images.read):
        with pytest.raises(BadInput, match=r"a\.dcm: .*compressed as MPEG2 .*, not read; save it"):
            function(tmp_path / "a.dcm")


@pytest.mark.parametrize("name", ["a.png", "a.dcm", "a"])
@pytest.mark.parametrize(
    "note", [b"version https://git-lfs.github.com/spec/v1\noid", b"/annex/objects/MD5E-s3--a.png\n"]
)
def test_a_note_of_a_file_that_was_not_fetched(tmp_path, name, note):
    (tmp_path / name).write_bytes(note)
    for function in (images.size, images.read):
        with pytest.raises(BadInput, match=f"{name}: only a note of where the file is; get it"):
            function(tmp_path / name)


def _cut(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.pgm", "a.dcm", "b.dcm"])
def test_a_truncated_image_is_refused_by_name(tmp_path, name):
    if name.endswith("dcm"):
        path = dicom(tmp_path / name, syntax=RLELossless if name == "b.dcm" else None)
    else:
        path = picture(tmp_path / name)
    with pytest.raises(BadInput, match=name):
        images.read(_cut(path))


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ({"Rows": 65000, "Columns": 65000}, "claims 65000 x 65000 pixels"),
        ({"Rows": 0}, "Rows and Columns are 0 and 30; expected numbers"),
        ({"BitsStored": 24}, "BitsStored is 24; expected 1 or 2"),
        ({"PhotometricInterpretation": "RGB"}, "PhotometricInterpretation is RGB"),
        ({"HighBit": 15}, "HighBit is 15 with BitsStored 12; expected 11"),
        ({"RescaleSlope": 0}, "RescaleSlope is 0.0; expected a number, not zero"),
        ({"NumberOfFrames": 3}, "NumberOfFrames is 3; expected 1"),
    ],
)
def test_headers_that_no_mammogram_has(tmp_path, header, complaint):
    path = dicom(tmp_path / "a.dcm", **header)
    for function in (images.size, images.read):
        with pytest.raises(BadInput, match=complaint) as problem:
            function(path)
        assert "a.dcm" in str(problem.value) and "\n" not in str(problem.value)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [9_999, 60_000])
def test_a_picture_that_claims_absurd_dimensions(tmp_path, side):
    (tmp_path / "a.pgm").write_bytes(f"P5\n{side} {side}\n255\n".encode() + bytes(100))
    with pytest.raises(BadInput, match=r"a\.pgm"):
        images.size(tmp_path / "a.pgm")


@pytest.mark.parametrize("name", ["a.png", "a.dcm", "a"])
def test_what_is_no_image(tmp_path, name):
    (tmp_path / name).write_bytes(b"not an image")
    with pytest.raises(BadInput, match=name):
        images.size(tmp_path / name)


CLAIMS = """
import resource, sys
from pathlib import Path
from coin.data.datasets import images
from coin.common.errors import BadInput
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for path in map(Path, sys.argv[1:]):
    for function in (images.size, images.read):
        try:
            function(path)
        except BadInput as problem:
            assert path.name in str(problem)
        else:
            assert function is images.size, path
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_absurd_claims_cost_no_memory(tmp_path):
    """Headers that claim up to the cap, and far beyond it, over a few bytes of pixels."""
    paths = []
    for side in (9_000, 65_000):
        claims = {"Rows": side, "Columns": side}
        for number, syntax in enumerate([None, RLELossless, JPEG2000Lossless]):
            path = tmp_path / f"{side}_{number}.dcm"
            paths.append(save_dicom(path, np.zeros((80, 80), np.uint16), 16, syntax, **claims))
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CLAIMS, *map(str, paths)],
        env={"PYTHONPATH": str(Path(images.__file__).parents[3])},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    assert int(finished.stdout.split()[-1]) * 2**10 < 2 * images.MAXIMUM_PIXELS
