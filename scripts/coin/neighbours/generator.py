"""The generator of Section III-B: a real ROI plus smooth noise, kept as inner products.

A candidate is x = seed + F c: a real ROI and a mixture of noise fields (the columns of F). All
that equations (1)-(3) ask of it are inner products with reals, accepted neighbours and other
candidates, and those follow from the products between the few images it is made of. So the search
never touches a pixel; only an accepted neighbour is ever drawn.
"""

from typing import NamedTuple

import numpy as np

PIXELS_AT_ONCE = 1024
TINY = np.finfo(float).tiny
"""Instead of 0, where a division needs more."""


def noise_fields(
    n_fields: int,
    shape: tuple[int, int],
    correlation_length: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """Draw smooth Gaussian noise.

    Args:
        n_fields: How many fields.
        shape: Height and width of a ROI, in pixels.
        correlation_length: The distance at which the correlation of two pixels has fallen to 1/e,
            as a fraction of the ROI's width (so that it means the same at every size); 0 is white
            noise.
        generator: Where the randomness comes from.

    Returns:
        (n_fields, height * width), float32: each field has mean 0, so that noise is never a mere
        change of brightness, and root mean square 1. The fields continue across the borders, so
        that no part of a ROI gets more noise than another.
    """
    # A Gaussian blur of standard deviation s leaves the correlation exp(-r^2 / (4 s^2)).
    blur = correlation_length * shape[1] / 2
    down, across = (_blurred_waves(side, blur) for side in shape)
    # White noise is white in any orthonormal basis: of waves, few survive the blur.
    weights = generator.standard_normal((n_fields, down.shape[1], across.shape[1]), np.float32)
    weights[:, 0, 0] = 0
    fields = (down @ (weights @ across.T)).reshape(n_fields, -1)
    fields /= np.sqrt(np.vecdot(fields, fields) / fields.shape[1])[:, None]
    return fields


def _blurred_waves(length: int, blur: float) -> np.ndarray:
    """The Fourier basis of a line of pixels, as a Gaussian blur (in pixels) leaves it.

    Returns:
        (length, waves) float32, the constant first; those of which float32 keeps nothing are left
        out.
    """
    frequency = np.arange(length // 2 + 1) / length
    left = np.exp(-2 * (np.pi * blur * frequency) ** 2)
    phase = 2 * np.pi * np.outer(np.arange(length), frequency)
    has_sine = (frequency > 0) & (frequency < 0.5)
    waves = np.hstack([np.cos(phase), np.sin(phase[:, has_sine])])
    left = np.concatenate([left, left[has_sine]])
    waves *= left / np.linalg.norm(waves, axis=0)
    return waves[:, left > np.finfo(np.float32).eps].astype(np.float32)


class Draw(NamedTuple):
    """The random choices behind one neighbour: `draw` makes them."""

    fields: np.ndarray
    """(K,) indices of the noise fields that this neighbour's candidates mix."""
    reals: np.ndarray
    """(T,) indices of the reals that train the discriminator."""
    seeds: np.ndarray
    """(T,) index of the real that each training candidate starts from."""
    directions: np.ndarray
    """(T, K) direction z of each training candidate's noise, in [-1, 1]."""
    search_seed: int
    """Seed of the search, never 0."""


def draw(
    n_reals: int, n_fields: int, candidates: int, basis_size: int, generator: np.random.Generator
) -> Draw:
    """Make the random choices of one neighbour; too few reals are drawn with replacement."""
    return Draw(
        fields=generator.choice(n_fields, basis_size, replace=False),
        reals=generator.choice(n_reals, candidates, replace=n_reals < candidates),
        seeds=generator.integers(n_reals, size=candidates),
        directions=generator.uniform(-1, 1, (candidates, basis_size)),
        search_seed=int(generator.integers(1, 2**32)),
    )


class Span:
    """The inner products of the noise fields, a class's reals and its accepted neighbours.

    The images lie one a row in that order, as float32; `gram`, their products, are float64, since
    at float32 rounding picks other winners. Both have room for `n_accepted` neighbours and grow by
    a row as one is accepted.

    Args:
        fields: (n_fields, pixels), from `noise_fields`.
        reals: (n_reals, pixels), in [0, 1].
        n_accepted: How many neighbours there will be.
    """

    def __init__(self, fields: np.ndarray, reals: np.ndarray, n_accepted: int):
        self.n_fields, self.n_reals = len(fields), len(reals)
        self.pixels = reals.shape[1]
        self.size = self.n_fields + self.n_reals
        self.images = np.empty((self.size + n_accepted, self.pixels), np.float32)
        self.images[: self.n_fields], self.images[self.n_fields : self.size] = fields, reals
        self.gram = np.zeros((self.size + n_accepted,) * 2)
        held = self.images[: self.size]
        self.gram[: self.size, : self.size] = inner_products(held, held)

    @property
    def kept(self) -> slice:
        """The rows of the reals, then of the accepted neighbours."""
        return slice(self.n_fields, self.size)

    @property
    def accepted(self) -> np.ndarray:
        """(m, pixels): the neighbours accepted so far, in [0, 1]."""
        return self.images[self.n_fields + self.n_reals : self.size]

    def accept(self, seed: int, fields: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Draw the candidate seed + F c, clip it to [0, 1] and keep it.

        Returns:
            Its products with all rows, its own the last. They are the candidate's, from the cache,
            but for the few pixels that clipping changed.
        """
        made_of = np.r_[self.n_fields + seed, fields]
        weights = np.r_[1, noise]
        candidate = weights @ self.images[made_of].astype(np.float64)
        clipped = np.clip(candidate, 0, 1)
        self.images[self.size] = clipped
        products = weights @ self.gram[made_of, : self.size]
        own = products[made_of] @ weights
        changed = np.flatnonzero(clipped != candidate)
        change = (clipped - candidate)[changed]
        products += np.einsum(
            "ip,p->i", self.images[: self.size, changed], change, dtype=np.float64
        )
        own += change @ (clipped + candidate)[changed]
        self.gram[self.size, : self.size] = self.gram[: self.size, self.size] = products
        self.gram[self.size, self.size] = own
        self.size += 1
        return self.gram[self.size - 1, : self.size]


class Landmarks(NamedTuple):
    """What the candidates of one draw are compared with.

    The landmarks are the class's n reals, its m accepted neighbours, and the draw's T candidates,
    in that order; L = n + m + T.
    """

    by_real: np.ndarray
    """(n, L): products of the reals with the landmarks."""
    by_field: np.ndarray
    """(K, L): products of the draw's noise fields with the landmarks."""
    by_candidate: np.ndarray
    """(T, L): products of the draw's candidates with the landmarks."""
    squared_norms: np.ndarray
    """(L,): each landmark's product with itself."""
    kept_norms: np.ndarray
    """(n + m,): the norms of reals and accepted neighbours."""
    field_gram: np.ndarray
    """(K, K): products of the noise fields."""
    noise_energy: float
    """The squared norm of every candidate's noise."""

    @property
    def n_kept(self) -> int:
        """How many landmarks are reals or accepted neighbours, n + m."""
        return len(self.kept_norms)

    def noise(self, directions: np.ndarray) -> np.ndarray:
        """Scale (..., K) directions z to coefficients c of noise F c that has the set amplitude.

        It is scaled by its own norm, not by that of z, so that a search cannot shrink it by fields
        that cancel out: (2) alone rewards copies.
        """
        energy = np.vecdot(directions @ self.field_gram, directions) + TINY
        return directions * np.sqrt(self.noise_energy / energy)[..., None]

    def products(self, seeds: np.ndarray | int, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compare candidates with the landmarks.

        Args:
            seeds: (...) index of each candidate's real.
            noise: (..., K) coefficients of its noise.

        Returns:
            (..., L) products with the landmarks, and (...) squared norms.
        """
        along_seed = np.vecdot(noise, self.by_field[:, seeds].T)
        norms = self.squared_norms[seeds] + 2 * along_seed + self.noise_energy
        return self.by_real[seeds] + noise @ self.by_field, norms

    def distances(
        self, products: np.ndarray, squared_norms: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Angular distances (...) to the nearest real, and to the nearest accepted neighbour.

        While none is accepted that distance is 1, the greatest there is.
        """
        n_reals = len(self.by_real)
        firsts = (0, n_reals) if n_reals < self.n_kept else (0,)
        along = products[..., : self.n_kept] / self.kept_norms
        nearest = np.maximum.reduceat(along, firsts, axis=-1) / np.sqrt(squared_norms)[..., None]
        distances = angular_distance(nearest)
        to_reals = distances[..., 0]
        return to_reals, distances[..., 1] if len(firsts) == 2 else np.ones_like(to_reals)


def landmarks_of(span: Span, chosen: Draw, amplitude: float) -> Landmarks:
    """Gather a draw's landmarks.

    Args:
        span: The noise fields, the reals and the neighbours accepted so far.
        chosen: The draw.
        amplitude: Root mean square of the noise over the pixels, in grey levels (white is 1).
    """
    by_kept = span.gram[:, span.kept]
    known = Landmarks(
        by_real=by_kept[span.n_fields : span.n_fields + span.n_reals],
        by_field=by_kept[chosen.fields],
        by_candidate=np.empty((0, by_kept.shape[1])),
        squared_norms=np.diagonal(span.gram)[span.kept],
        kept_norms=np.sqrt(np.diagonal(span.gram)[span.kept]),
        field_gram=span.gram[np.ix_(chosen.fields, chosen.fields)],
        noise_energy=amplitude**2 * span.pixels,
    )
    noise = known.noise(chosen.directions)
    with_kept, norms = known.products(chosen.seeds, noise)
    with_fields = known.by_field[:, chosen.seeds].T + noise @ known.field_gram
    among = with_kept[:, chosen.seeds].T + noise @ with_fields.T
    np.fill_diagonal(among, norms)
    return known._replace(
        by_real=np.hstack([known.by_real, with_kept[:, : span.n_reals].T]),
        by_field=np.hstack([known.by_field, with_fields.T]),
        by_candidate=np.hstack([with_kept, among]),
        squared_norms=np.concatenate([known.squared_norms, norms]),
    )


def cosines(gram: np.ndarray) -> np.ndarray:
    """Cosine similarities (L, L) of images from their inner products (L, L)."""
    norms = np.sqrt(np.diagonal(gram))
    return gram / np.multiply.outer(norms, norms)


def angular_distance(cosine: np.ndarray) -> np.ndarray:
    """The paper's d: arccos of the cosine similarity over pi, from 0 (same) to 1 (opposite)."""
    return np.arccos(np.minimum(np.maximum(cosine, -1), 1)) / np.pi


def inner_products(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Products (N, M) in float64 of float32 images (N, pixels) and (M, pixels).

    Some pixels at a time are made float64, so that memory stays small.
    """
    total = np.zeros((len(images), len(others)))
    for start in range(0, images.shape[1], PIXELS_AT_ONCE):
        columns = slice(start, start + PIXELS_AT_ONCE)
        part = images[:, columns].astype(np.float64)
        # The product of a matrix with itself takes half the work.
        other = part if others is images else others[:, columns].astype(np.float64)
        total += part @ other.T
    return total
