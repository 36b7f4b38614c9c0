"""Adversarial neighbours, Section III-B: the search that answers equations (2) and (3).

For one class and one sign, neighbours are made one by one. Each time a fresh discriminator learns
to tell the class's reals from the neighbours accepted so far and T random candidates; ZOOpt then
searches the generator's candidates for the one that answers (2) or (3) best, and it is accepted.
The seed of its candidates is given, each real's in turn, or searched with the noise.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from coin.common.conventions import GREY_LEVEL
from coin.common.errors import BadInput
from coin.neighbours.discriminator import KERNELS, Kernel, Trainer, kernel_of, separability
from coin.neighbours.generator import (
    Draw,
    Span,
    angular_distance,
    cosines,
    draw,
    landmarks_of,
    noise_fields,
)
from coin.neighbours.objectives import objective, smallest_distance
from coin.neighbours.search import LEAST_BUDGET, minimise

FIELDS_IN_BANK = 256
"""Noise fields drawn once for a class and sign; each neighbour mixes a few of them."""
LEAST_AMPLITUDE = GREY_LEVEL
"""With less noise every neighbour is a copy of its seed."""
SEEDS = ("each", "searched")
LEAST_RHO = 1e-7
"""Below it two ROIs are the same: arccos resolves no better."""

log = logging.getLogger(__name__)


class NeighbourSettings(NamedTuple):
    """How neighbours are made; the paper's values where it gives them."""

    amplitude: float
    """Root mean square of the noise over a ROI's pixels, in grey levels (white is 1)."""
    correlation_length: float
    """Of the noise, as a fraction of the ROI's width; see `noise_fields`."""
    basis_size: int
    """K, the noise fields that one neighbour's candidates mix."""
    candidates: int = 200
    """T, the candidates, and the reals, that train each discriminator."""
    gamma: float = 0.01
    """Weight of the distances in (2) and (3)."""
    budget: int = 200
    """How many candidates the search of one neighbour may try."""
    kernel: str = "rbf"
    """The discriminator's kernel, "rbf" or "linear"."""
    seeds: str = "each"
    """"each": the k-th neighbour starts from real k mod n; "searched": from the best for it."""


class Neighbours(NamedTuple):
    """M neighbours of one class and sign, in the order in which they were accepted."""

    rois: np.ndarray
    """(M, H, W), float32, in [0, 1]."""
    seed: np.ndarray
    """(M,) index of the real that each started from."""
    realness: np.ndarray
    """(M,) P_D of (1), as searched: before the neighbour was clipped to [0, 1]."""
    objective: np.ndarray
    """(M,) value of (2) or (3), as searched."""
    clipped_realness: np.ndarray
    """(M,) P_D of the neighbour as it is kept, by the same discriminator."""
    candidate_realness: np.ndarray
    """(M,) mean P_D of the T candidates that trained the discriminator."""
    searched_realness: np.ndarray
    """(M,) mean P_D of the candidates that the search tried."""
    evaluations: np.ndarray
    """(M,) how many candidates the search tried."""
    accuracy_before: float
    """Of an SVM that tells reals from M random candidates; see `separability`."""
    accuracy_after: float
    """Of an SVM that tells reals from the M neighbours."""


def find_neighbours(
    reals: np.ndarray,
    sign: str,
    count: int,
    settings: NeighbourSettings,
    generator: np.random.Generator,
) -> Neighbours:
    """Find the neighbours of one class and sign.

    Args:
        reals: (n, H, W) ROIs of the class, of a training part only, as `check_searchable` wants.
        sign: "positive" answers (2), "negative" (3).
        count: M, how many neighbours.
        settings: How.
        generator: Where the randomness comes from.

    Raises:
        BadInput: A setting is out of range.
    """
    check_settings(settings)
    shape = reals.shape[1:]
    reals = reals.reshape(len(reals), -1)
    kernel = kernel_of(settings.kernel, reals)
    fields = noise_fields(FIELDS_IN_BANK, shape, settings.correlation_length, generator)
    span = Span(fields, reals, count)
    rho = smallest_distance(span.gram[span.kept, span.kept])
    if rho < LEAST_RHO:
        log.warning("two ROIs of the class are the same: rho is 0, so no neighbours are kept apart")
    accuracy_before = _accuracy_of_random(span, kernel, count, settings, generator.spawn(1)[0])
    trainer = Trainer(kernel, span.gram[span.kept, span.kept], settings.candidates, count)
    made = []
    for number in range(count):
        chosen = draw(
            len(reals), FIELDS_IN_BANK, settings.candidates, settings.basis_size, generator
        )
        seeds = seeds_of(number, len(reals), settings)
        made.append(_one_neighbour(span, trainer, chosen, seeds, sign, rho, settings))
        if len(made) % max(1, count // 10) == 0:
            log.info("%d of %d %s neighbours made", len(made), count, sign)
    columns = {name: np.array([one[name] for one in made]) for name in made[0]}
    among = span.gram[span.kept, span.kept]
    _warn_if_close(among[len(reals) :, len(reals) :], rho)
    return Neighbours(
        rois=span.accepted.reshape(count, *shape),
        **columns,
        accuracy_before=accuracy_before,
        accuracy_after=separability(kernel, among, columns["seed"], len(reals)),
    )


def check_settings(settings: NeighbourSettings) -> None:
    """Refuse, in the words of the config's keys, settings that cannot work."""
    s = settings
    for key, fine, expected in (
        ("amplitude", LEAST_AMPLITUDE <= s.amplitude <= 1, "1/255 (less is a mere copy) to 1"),
        ("correlation_length", 0 <= s.correlation_length <= 1, "0 to 1"),
        ("basis_size", 1 <= s.basis_size <= FIELDS_IN_BANK, f"1 to {FIELDS_IN_BANK}"),
        ("candidates", s.candidates >= 1, "at least 1"),
        ("gamma", 0 <= s.gamma < np.inf, "0 or more"),
        ("budget", s.budget >= LEAST_BUDGET, f"at least {LEAST_BUDGET}, which ZOOpt starts with"),
        ("kernel", s.kernel in KERNELS, " or ".join(KERNELS)),
        ("seeds", s.seeds in SEEDS, " or ".join(SEEDS)),
    ):
        if not fine:
            raise BadInput(f"neighbours.{key}: found {getattr(s, key)}; expected {expected}")


def check_searchable(reals: np.ndarray, names: Sequence[str]) -> None:
    """Refuse ROIs (n, H, W) that have no neighbours; `names` are their masses."""
    if len(reals) < 2:
        raise BadInput(
            f"{len(reals)} mass in the training part, where neighbours need 2 at least: use fewer "
            "folds, or more masses"
        )
    for wrong, what in (
        (~np.isfinite(reals), "NaN or infinite pixels"),
        ((reals < 0) | (reals > 1), "pixels outside 0 to 1"),
        ((reals == 0).all(axis=(1, 2), keepdims=True), "only black pixels, so no angle to others"),
    ):
        rows = np.flatnonzero(wrong.any(axis=(1, 2)))
        if len(rows):
            raise BadInput(f"the ROI of mass {names[rows[0]]} has {what}: mend or leave it out")
    if np.ptp(reals) == 0:
        raise BadInput("all ROIs are the same flat grey: there is nothing to tell apart")


def seeds_of(number: int, n_reals: int, settings: NeighbourSettings) -> range:
    """The reals that the neighbour of this number, from 0, may start from."""
    if settings.seeds == "searched":
        return range(n_reals)
    return range(number % n_reals, number % n_reals + 1)


def _one_neighbour(
    span: Span,
    trainer: Trainer,
    chosen: Draw,
    seeds: range,
    sign: str,
    rho: float,
    settings: NeighbourSettings,
) -> dict[str, float]:
    """Train, search, accept: what `Neighbours` holds of one neighbour, its ROI apart."""
    landmarks = landmarks_of(span, chosen, settings.amplitude)
    judge = trainer.train(landmarks, chosen.reals)
    better = -1 if sign == "positive" else 1
    tried = []

    def judged(products: np.ndarray, norms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        realness = judge.realness(products, norms)
        to_reals, to_accepted = landmarks.distances(products, norms)
        return realness, objective(sign, realness, to_accepted, to_reals, settings.gamma, rho)

    def searched(seed: int, direction: np.ndarray) -> float:
        realness, value = judged(*landmarks.products(seed, landmarks.noise(direction)))
        tried.append(realness)
        return better * float(value)

    seed, direction = minimise(
        searched, seeds, settings.basis_size, settings.budget, chosen.search_seed
    )
    noise = landmarks.noise(direction)
    realness, value = judged(*landmarks.products(seed, noise))
    of_candidates, _ = judged(landmarks.by_candidate, landmarks.squared_norms[landmarks.n_kept :])
    kept = span.kept
    row = span.accept(seed, chosen.fields, noise)
    first = span.n_fields + span.n_reals
    trainer.accept(row[span.kept], np.diagonal(span.gram)[span.kept])
    with_reals, with_fields = row[span.n_fields : first], row[chosen.fields]
    with_candidates = with_reals[chosen.seeds] + landmarks.noise(chosen.directions) @ with_fields
    clipped, _ = judged(np.concatenate([row[kept], with_candidates]), row[-1])
    return {
        "seed": seed,
        "realness": realness,
        "objective": value,
        "clipped_realness": clipped,
        "candidate_realness": of_candidates.mean(),
        "searched_realness": np.mean(tried),
        "evaluations": len(tried),
    }


def _accuracy_of_random(
    span: Span,
    kernel: Kernel,
    count: int,
    settings: NeighbourSettings,
    generator: np.random.Generator,
) -> float:
    """What `separability` is of as many candidates that nobody searched for."""
    random = draw(span.n_reals, span.n_fields, count, span.n_fields, generator)
    landmarks = landmarks_of(span, random, settings.amplitude)
    gram = np.vstack([landmarks.by_real, landmarks.by_candidate])
    return separability(kernel, gram, random.seeds, span.n_reals)


def _warn_if_close(gram: np.ndarray, rho: float) -> None:
    """Say so when (2)'s or (3)'s least distance was more than the search could keep."""
    to_others = cosines(gram)
    np.fill_diagonal(to_others, -1)
    close = np.mean(angular_distance(to_others.max(axis=1)) < rho)
    if close > 0:
        log.warning(
            "%.1f %% of the neighbours lie less than rho = %.4f from another: more were asked for "
            "than this amplitude and budget keep apart",
            100 * close,
            rho,
        )
