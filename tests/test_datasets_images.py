"""Every kind of file gives the same grey values; damaged and absurd ones one clear line."""

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.uid import ExplicitVRLittleEndian, RLELossless, generate_uid

from coin.datasets import images
from coin.errors import BadInput

GREY = np.random.default_rng(0).random((21, 30), np.float32)


def dicom(path, bits=12, photometric="MONOCHROME2", signed=False, rle=False, **header):
    """Write GREY as a DICOM; `header` overrides elements afterwards."""
    values = 1 - GREY if photometric == "MONOCHROME1" else GREY
    stored = np.round(values * (2**bits - 1)).astype(np.int32) - (2 ** (bits - 1) if signed else 0)
    kind = f"{'i' if signed else 'u'}{1 if bits <= 8 else 2}"
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = dataset.SOPInstanceUID = generate_uid(entropy_srcs=["test"])
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.Rows, dataset.Columns = GREY.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, photometric
    dataset.BitsAllocated = 8 if bits <= 8 else 16
    dataset.BitsStored, dataset.HighBit = bits, bits - 1
    dataset.PixelRepresentation = int(signed)
    dataset.PixelData = stored.astype(kind).tobytes()
    dataset["PixelData"].VR = "OW"
    if rle:
        dataset.compress(RLELossless)
    for name, value in header.items():
        setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


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
    np.testing.assert_allclose(grey(dicom(tmp_path / "000000", rle=True)), GREY, atol=1e-3)


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


def _cut(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    return path


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.pgm", "a.dcm", "b.dcm"])
def test_a_truncated_image_is_refused_by_name(tmp_path, name):
    if name.endswith("dcm"):
        path = dicom(tmp_path / name, rle=name == "b.dcm")
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
