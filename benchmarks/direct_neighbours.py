"""Equations (1)-(3) written down directly: pixels, scikit-learn's SVC and ZOOpt.

This is the method as one reads it in Section III-B, without a thought for speed. It is what the
workflow's fast search is tested against, and raced against. It makes the same random choices, and
builds the same candidates: a real ROI plus noise of a fixed size, not clipped until it is accepted.
"""

import contextlib
import io

import numpy as np
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.svm import SVC
from zoopt import Dimension, Objective, Opt, Parameter

from coin.neighbours.generator import draw, noise_fields
from coin.neighbours.making import FIELDS_IN_BANK, NeighbourSettings


def direct_neighbours(
    reals: np.ndarray,
    sign: str,
    count: int,
    settings: NeighbourSettings,
    generator: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Make neighbours as `coin.neighbours.making.find_neighbours` does; the arguments are the same.

    Returns:
        `rois`, `seed`, `realness`, `objective` and `clipped_realness`, one row a neighbour.
    """
    bank = noise_fields(
        FIELDS_IN_BANK, reals.shape[1:], settings.correlation_length, generator
    ).astype(float)
    X = reals.reshape(len(reals), -1).astype(float)
    scale = 1 / (X.shape[1] * X.var())
    rho = min(distance(X[i], X[j]) for i in range(len(X)) for j in range(i))
    accepted, made = [], []
    for k in range(count):
        chosen = draw(len(X), FIELDS_IN_BANK, settings.candidates, settings.basis_size, generator)
        basis = bank[chosen.fields]
        x_t = [
            candidate(X[seed], direction, basis, settings.amplitude)
            for seed, direction in zip(chosen.seeds, chosen.directions, strict=True)
        ]
        P_D = trained_discriminator(X[chosen.reals], x_t + accepted, settings.kernel, scale)

        def objective(x, P_D=P_D):
            if sign == "positive":
                return positive(x, P_D, accepted, settings.gamma, r1=rho)
            return negative(x, P_D, accepted, X, settings.gamma, r2=rho, r3=3 * rho)

        def cost(solution, k=k, basis=basis, objective=objective):
            seed, direction = seed_and_direction(solution, k, len(X), settings)
            x = candidate(X[seed], direction, basis, settings.amplitude)
            return -objective(x) if sign == "positive" else objective(x)

        best = search(cost, len(X), settings, chosen.search_seed)
        seed, direction = seed_and_direction(best, k, len(X), settings)
        x = candidate(X[seed], direction, basis, settings.amplitude)
        values = {"seed": seed, "realness": P_D(x), "objective": objective(x)}
        accepted.append(np.clip(x, 0, 1))
        roi = accepted[-1].reshape(reals.shape[1:]).astype(np.float32)
        made.append(values | {"rois": roi, "clipped_realness": P_D(accepted[-1])})
    return {name: np.array([one[name] for one in made]) for name in made[0]}


def candidate(seed, direction, basis, amplitude):
    """The generator: corrupt a seed with noise of root mean square `amplitude`."""
    noise = direction @ basis
    return seed + amplitude * noise / np.sqrt(np.mean(noise**2))


def trained_discriminator(reals, generated, kernel, scale):
    """Equation (1): train the SVM, and return P_D of an image x."""
    images = np.concatenate([reals, generated])
    is_real = np.repeat([1, 0], [len(reals), len(generated)])
    if kernel == "rbf":
        svm = SVC(kernel="rbf", gamma=scale, class_weight="balanced").fit(images, is_real)
        support = rbf_kernel(svm.support_vectors_, gamma=scale)
        norm_of_w = np.sqrt(svm.dual_coef_[0] @ support @ svm.dual_coef_[0])
        unit = 1
    else:
        unit = np.sqrt(scale)
        svm = SVC(kernel="linear", class_weight="balanced").fit(unit * images, is_real)
        norm_of_w = np.linalg.norm(svm.coef_)

    def P_D(x):
        d = svm.decision_function([unit * x])[0] / norm_of_w
        return np.exp(d) / (np.exp(d) + 1)

    return P_D


def positive(x, P_D, accepted, gamma, r1):
    """Equation (2)."""
    nearest = min((distance(x, x_i) for x_i in accepted), default=np.inf)
    return P_D(x) - gamma * max(0, r1 - nearest)


def negative(x, P_D, accepted, X_c, gamma, r2, r3):
    """Equation (3)."""
    nearest = min((distance(x, x_j) for x_j in accepted), default=np.inf)
    nearest_real = min(distance(x, x_i) for x_i in X_c)
    return P_D(x) + gamma * max(0, r2 - nearest) + gamma * max(0, nearest_real - r3)


def distance(a, b):
    """The angle between two images, over pi."""
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    return np.arccos(min(1, cosine)) / np.pi


def search(cost, n_seeds, settings, seed):
    """ZOOpt's sequential RACOS over a direction in [-1, 1]^K, and a seed's index if searched."""
    K = settings.basis_size
    space = Dimension(K, [[-1, 1]] * K, [True] * K)
    if settings.seeds == "searched":
        space = Dimension(K + 1, [[0, n_seeds - 1]] + [[-1, 1]] * K, [False] + [True] * K)
    with contextlib.redirect_stdout(io.StringIO()):
        return Opt.min(Objective(cost, space), Parameter(budget=settings.budget, seed=seed))


def seed_and_direction(solution, k, n_seeds, settings):
    """What the k-th search has found, or tries: each seed serves in turn where none is searched."""
    if settings.seeds == "searched":
        index, *direction = solution.get_x()
        return index, np.array(direction)
    return k % n_seeds, np.array(solution.get_x())
