"""t-SNE: the same picture every time, and a clear refusal where there is none."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from coin.common.errors import BadInput
from coin.figures.embedding import FEWEST, tsne


def _two_clusters(count: int) -> np.ndarray:
    random = np.random.default_rng(0)
    shift = 20.0 * (np.arange(count) % 2)
    return random.normal(size=(count, 8, 8)) + shift[:, None, None]


def test_the_same_points_for_a_seed_whatever_the_threads():
    features = _two_clusters(60).astype(np.float32)
    with threadpool_limits(2):
        first = tsne(features, seed=3)
    with threadpool_limits(1):
        second = tsne(features, seed=3)
    assert first.tobytes() == second.tobytes()


def test_clusters_stay_apart():
    points = tsne(_two_clusters(40), seed=0)
    across = np.linalg.norm(points[:, None] - points[None], axis=2) + 1e9 * np.eye(40)
    assert (across.argmin(axis=1) % 2 == np.arange(40) % 2).all()


@pytest.mark.parametrize("count", [FEWEST, FEWEST + 1, 12])
def test_few_points_are_laid_out(count):
    points = tsne(_two_clusters(count), seed=0)
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()


def test_points_that_coincide_stay_at_the_origin():
    assert not tsne(np.full((9, 4), 0.3), seed=0).any()


def test_too_few_points_are_refused():
    with pytest.raises(BadInput, match="4 masses: at least 5"):
        tsne(_two_clusters(4), seed=0)


def test_features_that_are_no_numbers_are_refused():
    features = _two_clusters(10)
    features[3, 0, 0] = np.nan
    with pytest.raises(BadInput, match="finite"):
        tsne(features, seed=0)
