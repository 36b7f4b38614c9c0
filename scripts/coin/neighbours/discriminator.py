"""The discriminator of Section III-B: an SVM that tells reals from generated, and equation (1)."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit
from sklearn.model_selection import PredefinedSplit, cross_val_score
from sklearn.svm import SVC

from coin.neighbours.generator import TINY, Landmarks

KERNELS = ("rbf", "linear")


class Kernel(NamedTuple):
    """A kernel as a function of inner products.

    `scale` is gamma as scikit-learn's "scale" gives it, 1 / (pixels x variance), but measured once,
    on the class's reals: realness then means the same for every neighbour, at every ROI size.
    """

    name: str
    """"rbf": exp(-scale |a - b|^2); "linear": scale <a, b>."""
    scale: float

    def __call__(
        self, products: np.ndarray, squared_norms: np.ndarray, others: np.ndarray
    ) -> np.ndarray:
        """Turn (..., L) products into kernel values, given (...) and (L,) squared norms."""
        if self.name == "linear":
            return self.scale * products
        exponents = 2 * products
        exponents -= others
        exponents -= squared_norms[..., None]
        exponents *= self.scale
        return np.exp(exponents, out=exponents)


def kernel_of(name: str, reals: np.ndarray) -> Kernel:
    """The kernel for a class: `reals` is (n, pixels)."""
    return Kernel(name, 1 / (reals.shape[1] * np.var(reals, dtype=np.float64)))


class Discriminator(NamedTuple):
    """A trained SVM, its support vectors' weights laid out along the landmarks."""

    kernel: Kernel
    squared_norms: np.ndarray
    """(L,): the landmarks' squared norms."""
    weights: np.ndarray
    """(L,): 0 for a landmark that is no support vector."""
    intercept: float
    norm: float
    """Norm of w in the kernel's space."""

    def realness(self, products: np.ndarray, squared_norms: np.ndarray) -> np.ndarray:
        """Equation (1): the logistic sigmoid of the signed distance to the SVM's boundary.

        Args:
            products: (..., L) products of images with the landmarks.
            squared_norms: (...) the images' squared norms.

        Returns:
            (...) P_D in [0, 1], 1 being real.
        """
        values = self.kernel(products, squared_norms, self.squared_norms)
        return expit((values @ self.weights + self.intercept) / self.norm)


class Trainer:
    """Trains one discriminator after another on a kernel matrix that is never made anew.

    Its first T rows are a draw's reals, the next T its candidates, and the accepted neighbours
    follow. What reals and accepted neighbours are to each other is computed once, as each is
    accepted.

    Args:
        kernel: From `kernel_of`.
        gram: (n, n) products of the class's reals.
        candidates: T.
        n_accepted: How many neighbours there will be.
    """

    def __init__(self, kernel: Kernel, gram: np.ndarray, candidates: int, n_accepted: int):
        self.kernel = kernel
        self.candidates = candidates
        self.size = 2 * candidates
        self.values = np.empty((self.size + n_accepted,) * 2)
        self.by_real = np.empty((len(gram), len(gram) + n_accepted))
        norms = np.diagonal(gram)
        self.by_real[:, : len(gram)] = kernel(gram, norms, norms)

    def train(self, landmarks: Landmarks, reals: np.ndarray) -> Discriminator:
        """Train the discriminator of one draw.

        Args:
            landmarks: The draw's.
            reals: (T,) which reals to train on; repeats count as often as they occur.

        Returns:
            The SVM of those T reals against the T candidates and every accepted neighbour. The two
            sides weigh the same in it ("for the data balanced"): as neighbours are accepted they
            would otherwise outnumber the reals, and everything would come to look generated.
        """
        n_reals, n_kept, n_all = (
            len(landmarks.by_real), landmarks.n_kept, len(landmarks.squared_norms)
        )  # fmt: skip
        rows = np.r_[reals, n_kept:n_all, n_reals:n_kept]
        drawn = slice(self.candidates, 2 * self.candidates)
        values = self.values[: self.size, : self.size]
        values[: drawn.start, : drawn.start] = self.by_real[np.ix_(reals, reals)]
        values[: drawn.start, drawn.stop :] = self.by_real[reals, n_reals:n_kept]
        values[drawn.stop :, : drawn.start] = values[: drawn.start, drawn.stop :].T
        norms = landmarks.squared_norms
        values[drawn] = self.kernel(landmarks.by_candidate, norms[n_kept:], norms)[:, rows]
        values[:, drawn] = values[drawn].T
        svm = _svm().fit(values, rows < n_reals)
        coefficients = np.zeros(self.size)
        coefficients[svm.support_] = svm.dual_coef_[0]
        weights = np.bincount(rows, weights=coefficients, minlength=n_all)
        # Reals and candidates that coincide leave w = 0: no boundary, only the intercept.
        norm = np.sqrt(max(float(coefficients @ values @ coefficients), TINY))
        return Discriminator(self.kernel, norms, weights, svm.intercept_[0], norm)

    def accept(self, products: np.ndarray, squared_norms: np.ndarray) -> None:
        """Add an accepted neighbour.

        Args:
            products: (n + m,) its products with the reals and the accepted, itself last.
            squared_norms: (n + m,) their squared norms.
        """
        row = self.kernel(products, squared_norms[-1], squared_norms)
        n_reals, first = len(self.by_real), 2 * self.candidates
        self.by_real[:, len(row) - 1] = row[:n_reals]
        self.values[self.size, first : self.size + 1] = row[n_reals:]
        self.values[first : self.size + 1, self.size] = row[n_reals:]
        self.size += 1


def separability(kernel: Kernel, gram: np.ndarray, seeds: np.ndarray, n_reals: int) -> float:
    """How well a fresh SVM tells reals from generated ones that it has not seen.

    Args:
        kernel: From `kernel_of`.
        gram: (L, L) products of the reals and, after them, the generated.
        seeds: (L - n_reals,) index of the real that each generated one started from.
        n_reals: How many are reals.

    Returns:
        Cross-validated accuracy in [0, 1], both sides weighing the same: 0.5 is chance. A real and
        what was made of it are always held out together, else each would give the other away. NaN
        where all were made of one real.
    """
    n_made_of = np.bincount(seeds, minlength=n_reals)
    n_folds = min(5, int(np.count_nonzero(n_made_of)))
    if n_folds < 2:
        return np.nan
    # Dealt out by how much was made of them, so that every fold has some of both sides.
    fold = np.empty(n_reals, int)
    fold[np.argsort(-n_made_of, kind="stable")] = np.arange(n_reals) % n_folds
    split = PredefinedSplit(np.concatenate([fold, fold[seeds]]))
    norms = np.diagonal(gram)
    values = kernel(gram, norms, norms)
    is_real = np.arange(len(norms)) < n_reals
    return float(
        cross_val_score(_svm(), values, is_real, cv=split, scoring="balanced_accuracy").mean()
    )


def _svm() -> SVC:
    # Without a seed of its own, `fit` draws one, that it does not need, from the global generator.
    return SVC(kernel="precomputed", class_weight="balanced", random_state=0)
