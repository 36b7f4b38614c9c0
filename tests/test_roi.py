"""ROIs against plain slices, an independent triangle filter, and invariances."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from phantom_study import picture_folder
from PIL import Image

from coin.common.errors import BadInput
from coin.data.roi import Border, crop
from crop_rois import crop_rois
from read_masses import read_masses

IMAGE = np.random.default_rng(0).integers(0, 4096, (70, 90)).astype(np.uint16)
BORDERS = get_args(Border)
borders = st.sampled_from(BORDERS)
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
    roi = crop(IMAGE, 20, 10, 32, 32, size=32, context=1, border="shift")
    assert roi.dtype == np.float32
    np.testing.assert_array_equal(roi, IMAGE[10:42, 20:52])


def test_context_widens_a_long_box_to_a_square_about_its_centre():
    roi = crop(IMAGE, 30, 24, 20, 10, size=30, context=1.5, border="shift")
    np.testing.assert_array_equal(roi, IMAGE[14:44, 25:55])


def test_a_window_that_leaves_the_image_moves_inside():
    roi = crop(IMAGE, 0, 0, 20, 20, size=40, context=2, border="shift")
    np.testing.assert_array_equal(roi, IMAGE[:40, :40])
    roi = crop(IMAGE, 75, 40, 10, 20, size=40, context=2, border="shift")
    np.testing.assert_array_equal(roi, IMAGE[30:70, 50:90])


def test_a_window_moves_along_one_axis_alone():
    roi = crop(IMAGE, 0, 20, 20, 20, size=40, context=2, border="shift")
    np.testing.assert_array_equal(roi, IMAGE[10:50, :40])


def test_a_window_that_no_place_can_hold_is_padded_along_that_axis_alone():
    """80 pixels fit into a width of 90, not into a height of 70."""
    roi = crop(IMAGE, 0, 15, 40, 40, size=80, context=2, border="shift")
    np.testing.assert_array_equal(roi[5:75], IMAGE[:, :80])
    np.testing.assert_array_equal(roi[:5], np.tile(IMAGE[0, :80], (5, 1)))
    np.testing.assert_array_equal(roi[75:], np.tile(IMAGE[-1, :80], (5, 1)))


def test_beyond_the_border_the_image_is_mirrored():
    roi = crop(IMAGE, 0, 0, 20, 20, size=40, context=2, border="reflect")
    np.testing.assert_array_equal(roi, np.pad(IMAGE, 10, "reflect")[:40, :40])


def test_beyond_the_border_the_edge_goes_on():
    roi = crop(IMAGE, 0, 0, 20, 20, size=40, context=2, border="edge")
    np.testing.assert_array_equal(roi, np.pad(IMAGE, 10, "edge")[:40, :40])


@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 4)])
@pytest.mark.parametrize("border", BORDERS)
def test_an_image_much_smaller_than_its_window(shape, border):
    image = np.arange(shape[0] * shape[1], dtype=np.uint8).reshape(shape)
    side = 5 * shape[1]
    roi = crop(image, 0, 0, shape[1], shape[0], size=side, context=5, border=border)
    around = [((side - length) // 2,) * 2 for length in shape]
    mode = "reflect" if border == "reflect" else "edge"
    np.testing.assert_array_equal(roi, np.pad(image, around, mode))


def repeats(roi):
    """Count neighbouring rows, and columns, that are the same."""
    along = (roi[1:] == roi[:-1]).all(axis=1).sum()
    return along, (roi[:, 1:] == roi[:, :-1]).all(axis=0).sum()


@pytest.mark.parametrize("corner", [(0, 0), (80, 0), (0, 60), (80, 60)])
def test_an_roi_at_a_corner_has_no_streaks(corner):
    """As large as what it shows: repeated pixels would be repeated rows and columns."""
    roi = {
        border: crop(IMAGE, *corner, 10, 10, size=30, context=3, border=border)
        for border in BORDERS
    }
    assert repeats(roi["shift"]) == repeats(roi["reflect"]) == (0, 0)
    assert repeats(roi["edge"]) == (10, 10)


@given(boxes, st.integers(1, 40), st.floats(1, 3))
def test_agrees_with_explicit_triangle_weights(box, size, context):
    roi = crop(IMAGE, *box, size, context, "edge")
    np.testing.assert_allclose(roi, reference(IMAGE, *box, size, context), atol=0.5)


@given(boxes, st.integers(1, 40), st.floats(1, 3))
def test_a_window_that_fits_shows_a_part_of_the_whole_image(box, size, context):
    """Its filter sees all that there is beside the window, and nothing that there is not."""
    x, y, width, height = box
    side = context * max(width, height)
    assume(side <= min(IMAGE.shape))
    left = np.clip(x + width / 2 - side / 2, 0, IMAGE.shape[1] - side)
    top = np.clip(y + height / 2 - side / 2, 0, IMAGE.shape[0] - side)
    right, bottom = min(left + side, IMAGE.shape[1]), min(top + side, IMAGE.shape[0])
    expected = Image.fromarray(IMAGE.astype(np.float32)).resize(
        (size, size), Image.Resampling.BILINEAR, box=(left, top, right, bottom)
    )
    roi = crop(IMAGE, *box, size, context, "shift")
    np.testing.assert_allclose(roi, np.asarray(expected), atol=0.5)


@given(boxes, st.integers(1, 40), st.floats(1, 3))
def test_within_the_image_the_border_means_nothing(box, size, context):
    """300 pixels are more than a window can leave IMAGE by here, with its filter."""
    x, y, width, height = box
    image = np.pad(IMAGE, 300, "wrap")
    rois = [crop(image, x + 300, y + 300, width, height, size, context, name) for name in BORDERS]
    assert rois[0].tobytes() == rois[1].tobytes() == rois[2].tobytes()


@given(boxes, st.integers(1, 64), st.floats(1, 3), borders)
def test_never_leaves_the_range_of_the_pixels(box, size, context, border):
    roi = crop(IMAGE, *box, size, context, border)
    assert roi.shape == (size, size)
    assert IMAGE.min() - 0.01 <= roi.min() <= roi.max() <= IMAGE.max() + 0.01


@given(boxes, st.floats(1, 3), borders)
def test_turning_the_image_turns_the_roi(box, context, border):
    x, y, width, height = box
    mirrored = IMAGE.shape[1] - x - width
    turned = crop(IMAGE[:, ::-1], mirrored, y, width, height, 24, context, border)
    np.testing.assert_allclose(turned[:, ::-1], crop(IMAGE, *box, 24, context, border), atol=0.5)


def test_the_program_gives_the_same_for_any_number_of_threads(tmp_path):
    root = picture_folder(tmp_path / "data", n_images=9)
    tables = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    read_masses(format="table", root=root, **tables)
    options = {
        "masses": tables["masses"],
        "root": root,
        "size": 12,
        "context": 1.0,
        "border": "edge",
    }
    crop_rois(**options, rois=tmp_path / "one.npy", threads=1)
    crop_rois(**options, rois=tmp_path / "four.npy", threads=4)
    assert (tmp_path / "one.npy").read_bytes() == (tmp_path / "four.npy").read_bytes()
    rois = np.load(tmp_path / "one.npy")
    assert rois.shape == (9, 12, 12) and rois.dtype == np.float32
    pixels = np.asarray(Image.open(root / "images/4.png"))
    expected = crop(pixels / np.float32(255), 9, 6.5, 12, 10.25, 12, 1.0, "edge")
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
        crop_rois(
            masses=tables["masses"], root=root, size=12, context=1.5, border="shift", rois=made
        )
    first, second = str(problem.value).splitlines()
    assert "0.png: truncated" in first and "2.png: truncated" in second
    assert list(made.parent.iterdir()) == []


def test_a_roi_without_contrast_is_named(tmp_path):
    root = picture_folder(tmp_path / "data")
    tables = {"masses": tmp_path / "masses.csv", "records": tmp_path / "records.csv"}
    read_masses(format="table", root=root, **tables)
    Image.new("L", (40, 50), 255).save(root / "images/1.png")
    window = {"size": 12, "context": 1.5, "border": "shift"}
    with pytest.raises(BadInput, match=r"1\.png: the ROI of mass m1 has no contrast, every .* 1;"):
        crop_rois(masses=tables["masses"], root=root, **window, rois=tmp_path / "rois.npy")
