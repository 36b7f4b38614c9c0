from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from coin.data.fold_data import NEGATIVE, POSITIVE, REAL
from coin.graph import signed_graph as graph_module
from coin.graph.signed_graph import neighbourhoods, ranked_graph, signed_graph


def brute_force(rois, kind, label, n_positive, n_negative, anchors):
    """Equation (4) node by node, in exact fractions, for ROIs of small whole numbers."""
    pixels = [[Fraction(float(value)) for value in roi.ravel()] for roi in rois]

    def closeness(i, j):  # the cosine squared: as good as the angle where no pixel is negative
        squared = sum(a * a for a in pixels[i]) * sum(b * b for b in pixels[j])
        inner = sum(a * b for a, b in zip(pixels[i], pixels[j], strict=True))
        return inner * inner / squared if squared else Fraction(0)

    phi = np.zeros((len(rois), len(rois)), int)
    for i in range(len(rois)):
        if kind[i] == NEGATIVE or (kind[i] == POSITIVE and anchors == "reals"):
            continue
        order = sorted((j for j in range(len(rois)) if j != i), key=lambda j: (-closeness(i, j), j))
        own = [j for j in order if label[j] == label[i] and kind[j] != NEGATIVE]
        phi[i, own[:n_positive]] = 1
        phi[i, [j for j in order if j not in own][:n_negative]] = -1
    return phi


@st.composite
def expanded_data(draw):
    """Few pixels of few values: ties, copies, scaled copies and black images are common."""
    count = draw(st.integers(1, 14))
    numbers = draw(st.sampled_from([st.integers(0, 3), st.integers(0, 200)]))
    rois = draw(arrays(np.float32, (count, 2, 2), elements=numbers.map(float)))
    kind = draw(arrays(np.int64, count, elements=st.sampled_from([REAL, POSITIVE, NEGATIVE])))
    return rois, kind, draw(arrays(np.int64, count, elements=st.integers(0, 1)))


@given(
    expanded_data(),
    st.integers(0, 5),
    st.integers(0, 5),
    st.sampled_from(["reals", "expanded"]),
    st.sampled_from([1, 30, 10**6]),
    st.integers(1, 4),
)
def test_graph_is_that_of_brute_force(data, n_positive, n_negative, anchors, block, group):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph_module, "_SCORES", block)
        patch.setattr(graph_module, "_PRODUCTS", block)
        patch.setattr(graph_module, "_GROUP", group)
        near = neighbourhoods(*data, 5, 5, anchors)
    phi = signed_graph(ranked_graph(near, len(data[0])), n_positive, n_negative)
    np.testing.assert_array_equal(
        phi.toarray(), brute_force(*data, n_positive, n_negative, anchors)
    )
    assert phi.dtype == np.int8


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-2, 1e-6, 1e-8, 0.0]))
def test_near_ties_that_float32_products_misplace_are_put_right(seed, spread):
    random = np.random.default_rng(seed)
    rois = 0.5 + spread * random.standard_normal((120, 32, 32))
    rois = rois.astype(np.float32)
    kind, label = random.integers(0, 3, 120), random.integers(0, 2, 120)
    near = neighbourhoods(rois, kind, label, 3, 3, "expanded")
    pixels = rois.reshape(120, -1).astype(np.longdouble)
    unit = pixels / np.sqrt((pixels**2).sum(axis=1, keepdims=True))
    cosine = np.array([[(a * b).sum() for b in unit] for a in unit])
    for row, anchor in enumerate(near.anchors):
        own = (label == label[anchor]) & (kind != NEGATIVE)
        for found, allowed in ((near.alike[row], own), (near.unlike[row], ~own)):
            nodes = [j for j in np.flatnonzero(allowed) if j != anchor]
            best = sorted(-cosine[anchor, nodes])[: len(found)]
            found = found[found >= 0]
            np.testing.assert_allclose(-cosine[anchor, found], best, rtol=0, atol=1.5e-12)


def test_small_graph_worked_by_hand():
    # At these angles: three benign reals, a benign positive, a benign negative, a malignant real.
    angle = np.radians([10, 20, 40, 22, 12, 50])
    rois = np.stack([np.cos(angle), np.sin(angle)], axis=1)[:, None].astype(np.float32)
    kind = np.array([REAL, REAL, REAL, POSITIVE, NEGATIVE, REAL])
    label = np.array([0, 0, 0, 0, 0, 1])
    ranked = ranked_graph(neighbourhoods(rois, kind, label, 2, 2), 6)
    phi = signed_graph(ranked, 1, 1).toarray()
    expected = np.zeros((6, 6), int)
    expected[[0, 1, 2], [1, 3, 3]] = 1  # malignant 5 is alone in its class
    expected[[0, 1, 2, 5], [4, 4, 5, 2]] = -1
    np.testing.assert_array_equal(phi, expected)
    second = np.zeros((6, 6), int)
    second[[0, 1, 2], [3, 0, 1]] = 2
    second[[0, 1, 2, 5], [5, 5, 4, 3]] = -2
    np.testing.assert_array_equal(ranked.toarray(), expected + second)


def test_rois_may_be_memory_mapped(tmp_path):
    rois = np.random.default_rng(0).random((20, 4, 4), dtype=np.float32)
    np.save(tmp_path / "rois.npy", rois)
    kind, label = np.arange(20) % 3, np.arange(20) % 2
    mapped = np.load(tmp_path / "rois.npy", mmap_mode="r")
    for found, expected in zip(
        neighbourhoods(mapped, kind, label, 2, 2),
        neighbourhoods(rois, kind, label, 2, 2),
        strict=True,
    ):
        np.testing.assert_array_equal(found, expected)
