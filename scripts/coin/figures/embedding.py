"""t-SNE of ROIs or of latent features, the same picture every time."""

import logging

import numpy as np
from threadpoolctl import threadpool_limits

from coin.common.errors import BadInput

FEWEST = 5
"""t-SNE weighs each point's nearest few: with fewer points than this there is nothing to weigh."""
_PERPLEXITY = 30
logging.getLogger("openTSNE").setLevel(logging.WARNING)


def tsne(features: np.ndarray, seed: int) -> np.ndarray:
    """Embed points in the plane by t-SNE (reference [8] of the paper), started from their PCA.

    The perplexity is 30, or a third of the other points where these are fewer than 90. Points that
    all coincide have no layout, and are left at the origin.

    Args:
        features: (N, ...), one point a row, flattened
        seed: of the small random parts of the start

    Returns:
        (N, 2), in t-SNE's arbitrary unit

    Raises:
        BadInput: fewer than `FEWEST` points, or a value that is not a finite number
    """
    points = np.asarray(features).reshape(len(features), -1)
    if len(points) < FEWEST:
        raise BadInput(f"t-SNE of {len(points)} masses: at least {FEWEST} are needed to lay out")
    if not np.isfinite(points).all():
        raise BadInput("t-SNE: a feature is not a finite number; train the model again")
    if not np.ptp(points, axis=0).any():
        return np.zeros((len(points), 2))

    from openTSNE import TSNE  # slow to import

    embedder = TSNE(
        perplexity=min(_PERPLEXITY, (len(points) - 1) / 3),
        initialization="pca",
        neighbors="exact",
        negative_gradient_method="bh",
        n_jobs=1,
        random_state=seed,
    )
    with threadpool_limits(limits=1):  # again: openTSNE has just loaded libraries of its own
        return np.asarray(embedder.fit(points))
