"""What a set of adversarial neighbours is like, beside the reals that it was made from."""

import numpy as np

from coin.common.conventions import GREY_LEVEL
from coin.neighbours.generator import angular_distance, inner_products
from coin.neighbours.objectives import greatest_distance, smallest_distance


def assess(
    rois: np.ndarray, label: np.ndarray, own_label: int, neighbours: dict[str, np.ndarray]
) -> dict[str, float]:
    """Measure one class's neighbours of one sign.

    Args:
        rois: (n, H, W) all ROIs of the training part, of every class.
        label: (n,) their classes.
        own_label: The class that the neighbours were made for.
        neighbours: The arrays of `coin.neighbours.making.Neighbours`; `seed` counts `rois`.

    Returns:
        One row of `neighbours.csv`:
        `n_reals`, `n_neighbours`; `n_seeds`, how many reals were started from;
        `rho`, the smallest distance between two reals of the class, which r1 and r2 are;
        `realness`, mean P_D of the accepted, `realness_clipped` that of what clipping to [0, 1]
        made of them, `realness_candidates` of the T random candidates, `realness_searched` of all
        that the search tried;
        `share_apart`, at least rho from every other neighbour; `share_near`, at most r3 = 3 rho
        from a real of the class; `distance_to_real`, the mean distance to the nearest;
        `share_copies`, within one 8-bit grey level (root mean square) of a real of the class;
        `accuracy_before`, `accuracy_after`: how well an SVM tells reals from as many random
        candidates, and from the neighbours (0.5 is chance);
        `purity`, how many have a real of their own class nearest, and `purity_without_seed`, the
        same when the real that each was made from does not count;
        `evaluations`, candidates that the search tried in all.
        Shares, accuracies and realness lie in [0, 1]; distances are angular, as in the paper.
    """
    images, made = _rows(rois), _rows(neighbours["rois"])
    own = np.flatnonzero(label == own_label)
    rho = smallest_distance(inner_products(images[own], images[own]))
    norms, made_norms = _squared_norms(images), _squared_norms(made)
    among = _distances(inner_products(made, made), made_norms, made_norms)
    np.fill_diagonal(among, np.inf)
    products = inner_products(made, images)
    to_reals = _distances(products, made_norms, norms)
    nearest_own = to_reals[:, own].min(axis=1)
    energy = (made_norms[:, None] + norms - 2 * products)[:, own].min(axis=1)
    without_seed = to_reals.copy()
    without_seed[np.arange(len(made)), neighbours["seed"]] = np.inf
    return {
        "n_reals": len(own),
        "n_neighbours": len(made),
        "n_seeds": len(np.unique(neighbours["seed"])),
        "rho": rho,
        "realness": neighbours["realness"].mean(),
        "realness_clipped": neighbours["clipped_realness"].mean(),
        "realness_candidates": neighbours["candidate_realness"].mean(),
        "realness_searched": neighbours["searched_realness"].mean(),
        "share_apart": np.mean(among.min(axis=1) >= rho),
        "share_near": np.mean(nearest_own <= greatest_distance(rho)),
        "distance_to_real": nearest_own.mean(),
        "share_copies": np.mean(energy < GREY_LEVEL**2 * images.shape[1]),
        "accuracy_before": float(neighbours["accuracy_before"]),
        "accuracy_after": float(neighbours["accuracy_after"]),
        "purity": np.mean(label[to_reals.argmin(axis=1)] == own_label),
        "purity_without_seed": np.mean(label[without_seed.argmin(axis=1)] == own_label),
        "evaluations": int(neighbours["evaluations"].sum()),
    }


def _rows(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1)


def _squared_norms(images: np.ndarray) -> np.ndarray:
    return np.einsum("ip,ip->i", images, images, dtype=np.float64)


def _distances(products: np.ndarray, norms: np.ndarray, others: np.ndarray) -> np.ndarray:
    return angular_distance(products / np.sqrt(np.multiply.outer(norms, others)))
