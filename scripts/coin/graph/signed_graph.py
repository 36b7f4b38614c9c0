"""The signed graph of the expanded data, equation (4)."""

from typing import Literal, NamedTuple

import numpy as np
from scipy import sparse

from coin.data.fold_data import NEGATIVE, REAL

Anchors = Literal["reals", "expanded"]

_SCORES = 2**24
"""How many cosines are held at once: the rows of a block shrink as the nodes grow."""
_PRODUCTS = 2**18
"""How many pixel products are held at once, as float64, when near ties are looked at again."""
_DECIMALS = 12
"""Far above float64's rounding, far below any difference between images that are not copies."""
_GROUP = 16
"""How many scores are summed up by their largest, when a bound on the nearest is sought."""


class Neighbourhoods(NamedTuple):
    """The nearest nodes of every anchor, nearest first; -1 where there are no more."""

    anchors: np.ndarray
    """(A,) nodes, ascending."""
    alike: np.ndarray
    """(A, n+) nearest of the anchor's own class, real or positive, itself left out."""
    unlike: np.ndarray
    """(A, n-) nearest of its class's negatives and of everything of the other class."""


def neighbourhoods(
    rois: np.ndarray,
    kind: np.ndarray,
    label: np.ndarray,
    n_positive: int,
    n_negative: int,
    anchors: Anchors = "reals",
) -> Neighbourhoods:
    """Find the neighbourhoods {.}^n+ and {.}^n- of equation (4), in angular distance on pixels.

    Exact: cosines are screened by blocked float32 products, and all that rounding could have
    misplaced are computed again in float64. Cosines that agree to 12 decimals are equal, and go to
    the lower node first. An ROI that is black all over has no angle: its cosine is 0 to everything.

    Anchors are the real masses, or with `expanded` the positive neighbours too. Negatives are no
    anchors: what is pushed away from a class would be drawn to it as well.

    Args:
        rois: (N, H, W) float32; may be memory-mapped. Beside it, memory grows as N.
        kind: (N,) REAL, POSITIVE or NEGATIVE.
        label: (N,) 0 benign, 1 malignant.
        n_positive, n_negative: how many of each; an anchor has fewer where there are no more.
        anchors: `reals` or `expanded`.
    """
    pixels = rois.reshape(len(rois), -1)
    scale = _inverse_norms(pixels)
    screen = scale.astype(np.float32)
    (chosen,) = np.nonzero(kind == REAL if anchors == "reals" else kind != NEGATIVE)
    alike = np.full((len(chosen), n_positive), -1)
    unlike = np.full((len(chosen), n_negative), -1)
    block = max(1, _SCORES // len(pixels))
    for start in range(0, len(chosen), block):
        rows = chosen[start : start + block]
        cosine = pixels[rows] @ pixels.T
        cosine *= screen[rows, None]
        cosine *= screen
        own = (label[rows, None] == label) & (kind != NEGATIVE)
        itself = rows[:, None] == np.arange(len(pixels))
        for found, allowed in ((alike, own & ~itself), (unlike, ~own)):
            _nearest(found[start : start + block], cosine, allowed, rows, pixels, scale)
    return Neighbourhoods(chosen, alike, unlike)


def ranked_graph(near: Neighbourhoods, n_nodes: int) -> sparse.csr_array:
    """Write neighbourhoods as one graph, out of which phi is cut at any (n+, n-) within them.

    Returns:
        (n_nodes, n_nodes) int16: +r from an anchor (row) to the r-th nearest of its own class, -r
        to the r-th nearest of the others; r counts from 1.
    """
    columns = np.hstack([near.alike, near.unlike])
    alike, unlike = (np.arange(1, found.shape[1] + 1) for found in (near.alike, near.unlike))
    rows, ranks = np.broadcast_arrays(near.anchors[:, None], np.hstack([alike, -unlike]))
    there = columns >= 0
    entries = (ranks[there], (rows[there], columns[there]))
    graph = sparse.coo_array(entries, shape=(n_nodes, n_nodes), dtype=np.int16).tocsr()
    graph.sort_indices()
    return graph


def signed_graph(ranked: sparse.csr_array, n_positive: int, n_negative: int) -> sparse.csr_array:
    """Cut phi at (n+, n-), equation (4), out of a ranked graph.

    Returns:
        (N, N) int8: +1 from an anchor (row) to its n+ nearest of its own class, -1 to its n-
        nearest of the others.
    """
    edges = ranked.tocoo()
    within = (edges.data >= -n_negative) & (edges.data <= n_positive)
    signs = np.sign(edges.data[within]).astype(np.int8)
    ends = (edges.row[within], edges.col[within])
    return sparse.coo_array((signs, ends), shape=ranked.shape).tocsr()


def share_with_edge(graph: sparse.csr_array, chosen: np.ndarray) -> float:
    """Return how many of the chosen nodes (a mask, (N,)) have an edge of phi, from 0 to 1."""
    return float(np.isin(np.flatnonzero(chosen), np.concatenate(graph.nonzero())).mean())


def _nearest(
    found: np.ndarray,
    cosine: np.ndarray,
    allowed: np.ndarray,
    anchors: np.ndarray,
    pixels: np.ndarray,
    scale: np.ndarray,
) -> None:
    """Fill `found` (rows, count) with each row's nearest allowed nodes by exact cosine."""
    count = min(found.shape[1], cosine.shape[1])
    if not count:
        return
    scores = np.where(allowed, cosine, np.float32(-np.inf))
    last = _at_least(scores, count)
    row, node = np.nonzero(allowed & (scores >= last - _rounding(pixels.shape[1])))
    exact = _exact_cosines(pixels, scale, anchors[row], node)
    order = np.lexsort((node, -exact, row))
    row, node = row[order], node[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    kept = place < count
    found[row[kept], place[kept]] = node[kept]


def _at_least(scores: np.ndarray, count: int) -> np.ndarray:
    """Return for each row a bound that `count` of its scores reach, and few more.

    It is the count-th largest of the maxima of groups of columns, found far sooner than the
    count-th largest score.
    """
    groups = scores.shape[1] // _GROUP
    if groups < count:
        return np.partition(scores, -count, axis=1)[:, [-count]]
    whole = scores[:, : groups * _GROUP].reshape(len(scores), _GROUP, groups)
    return np.partition(whole.max(axis=1), -count, axis=1)[:, [-count]]


def _rounding(n_pixels: int) -> float:
    """Bound how much further apart two cosines may be in truth than float32 products tell.

    Rounding errors of a sum of n products grow as sqrt(n) units; four times that for each of the
    two, and a few units for the scaling.
    """
    return 2 * (4 * np.sqrt(n_pixels) + 4) * 2.0**-24


def _exact_cosines(
    pixels: np.ndarray, scale: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """Return the cosine of each pair from float64 sums, cut to what they surely tell apart."""
    products = np.empty(len(first))
    block = max(1, _PRODUCTS // pixels.shape[1])
    for start in range(0, len(first), block):
        part = slice(start, start + block)
        pair = pixels[first[part]].astype(np.float64) * pixels[second[part]]
        products[part] = pair.sum(axis=1)
    return np.round(products * scale[first] * scale[second], _DECIMALS)


def _inverse_norms(pixels: np.ndarray) -> np.ndarray:
    """Return 1 / |x| of each image, 0 where it is black."""
    squares = np.empty(len(pixels))
    block = max(1, _PRODUCTS // pixels.shape[1])
    for start in range(0, len(pixels), block):
        part = slice(start, start + block)
        squares[part] = (pixels[part].astype(np.float64) ** 2).sum(axis=1)
    return np.divide(1, np.sqrt(squares), out=np.zeros(len(pixels)), where=squares > 0)
