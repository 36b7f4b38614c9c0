"""ROIs against plain slices, an independent triangle filter, and invariances."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phantom_study import picture_folder
from PIL import Image

from coin.common.errors import BadInput
from coin.data.roi import crop
from crop_rois import crop_rois
from read_masses import read_masses

IMAGE = np.random.default_rng(0).integers(0, 4096, (70, 90)).astype(np.uint16)
boxes = st.tuples(st.floats(-0.5, 80), st.floats(-0.5, 60), st.floats(0.5, 60), st.floats(0.5, 60))


def reference(image, x, y, width, height, size, context):
    """The same ROI by explicit weights: a triangle filter on an image whose edge goes on."""
    side = context * max(width, height)
    weights = []
    for centre, length in ((y + height / 2, image.shape[0]), (x + width / 2, image.shape[1])):
        scale = side / size
        at = centre - side / 2 + (np.arange(size) + 0.5) * scale
        pixels = np.arange(-400, 400)
        triangle = np.maximum(1 - np.abs(pixels + 0.5 - at[:, None]) / max(scale, 1), 0)
        triangle /= triangle.sum(axis=1, keepdims=True)
        folded = np.zeros((size, length))
        np.add.at(folded.T, pixels.clip(0, length - 1), triangle.T)
        weights.append(folded)
    return weights[0] @ image @ weights[1].T


def test_a_square_box_at_its_own_size_is_a_plain_slice():
    roi = crop(IMAGE, 20, 10, 32, 32, size=32, context=1)
    assert roi.dtype == np.float32
    np.testing.assert_array_equal(roi, IMAGE[10:42, 20:52])


def test_context_widens_a_long_box_to_a_square_about_its_centre():
    roi = crop(IMAGE, 30, 24, 20, 10, size=30, context=1.5)
    np.testing.assert_array_equal(roi, IMAGE[14:44, 25:55])


def test_beyond_the_border_the_edge_goes_on():
    roi = crop(IMAGE, 0, 0, 20, 20, size=40, context=2)
    np.testing.assert_array_equal(roi[:10, :10], IMAGE[0, 0])
    np.testing.assert_array_equal(roi[10:, 10:], IMAGE[:30, :30])
    np.testing.assert_array_equal(roi[20, :11], IMAGE[10, 0])


@given(boxes, st.integers(1, 40), st.floats(1, 3))
def test_agrees_with_explicit_triangle_weights(box, size, context):
    roi = crop(IMAGE, *box, size, context)
    np.testing.assert_allclose(roi, reference(IMAGE, *box, size, context), atol=0.5)


@given(boxes, st.integers(1, 64), st.floats(1, 3))
def test_never_leaves_the_range_of_the_pixels(box, size, context):
    roi = crop(IMAGE, *box, size, context)
    assert roi.shape == (size, size)
    assert IMAGE.min() - 0.01 <= roi.min() <= roi.max() <= IMAGE.max() + 0.01


@given(boxes, st.floats(1, 3))
def test_turning_the_image_turns_the_roi(box, context):
    x, y, width, height = box
    turned = crop(IMAGE[:, ::-1], IMAGE.shape[1] - x - width, y, width, height, 24, context)
    np.testing.assert_allclose(turned[:, ::-1], crop(IMAGE, *box, 24, context), atol=0.5)


def test_the_program_gives_the_same_for_any_number_of_threads(tmp_path):
    root = picture_folder(tmp_path / "data", n_images=9)
    tables = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    read_masses(format="table", root=root, **tables)
    options = {"masses": tables["masses"], "root": root, "size": 12, "context": 1.0}
    crop_rois(**options, rois=tmp_path / "one.npy", threads=1)
    crop_rois(**options, rois=tmp_path / "four.npy", threads=4)
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "four.npy").read_bytes()
    rois = np.load(tmp_path / "one.npy")
    assert rois.shape == (9, 12, 12) and rois.dtype == np.float32
    pixels = np.asarray(Image.open(root / "images/4.png"))
    expected = crop(pixels / np.float32(255), 9, 6.5, 12, 10.25, 12, 1.0)
    np.testing.assert_allclose(rois[4], expected, atol=1e-6)


def test_truncated_images_are_all_named_and_nothing_is_left(tmp_path):
    root = picture_folder(tmp_path / "data")
    tables = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    read_masses(format="table", root=root, **tables)
    for name in ("0.png", "2.png"):
        whole = (root / "images" / name).read_bytes()
        (root / "images" / name).write_bytes(whole[: len(whole) // 2])
    made = tmp_path / "out" / "rois.npy"
    with pytest.raises(BadInput) as problem:
        crop_rois(masses=tables["masses"], root=root, size=12, context=1.5, rois=made)
    first, second = str(problem.value).splitlines()
    assert "0.png: truncated" in first and "2.png: truncated" in second
    assert list(made.parent.iterdir()) == []
