"""Race the fast search of adversarial neighbours against its direct transcription, and its floor.

    python benchmarks/neighbours.py [--quick]

Made-up ROIs at the paper's size: 224 x 224 pixels, 40 reals, T = 200, 200 evaluations a neighbour.
The fast search makes five positive neighbours of each real, the transcription the first three. The
floor of a neighbour is what the method cannot do without: one fit of the SVM on a ready kernel
matrix, and ZOOpt's own work for the budget, with every value of the objective known. The fast
search and its floor, of every fourth neighbour, are timed by turns; the median of five rounds
counts.

One line of JSON comes out: the processor's seconds for a neighbour, setting up included, by all
three; how many times the transcription takes those of the fast search (`ratio`), and the fast
search those of its floor (`over_floor`); the largest difference of an objective between the first
two, and the peak memory of the process. `--quick` races at 64 x 64 pixels.
"""

import contextlib
import io
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import numpy as np
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits
from zoopt import Objective, Opt, Parameter

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from direct_neighbours import direct_neighbours

from coin.neighbours.generator import noise_fields
from coin.neighbours.making import NeighbourSettings, find_neighbours

SETTINGS = NeighbourSettings(amplitude=0.05, correlation_length=0.2, basis_size=16)
REALS, COUNT, REFERENCE, ROUNDS = 40, 200, 3, 5
EVERY = 4


def race(size: int) -> dict[str, float]:
    reals = made_up_rois(REALS, size)

    def fast():
        return find_neighbours(reals, "positive", COUNT, SETTINGS, np.random.default_rng(0))

    need = needed_by(fast)
    seconds = [(timed(fast), timed(lambda: floor(need))) for _ in range(ROUNDS)]
    fast_s, floor_s = np.median(seconds, axis=0) / (COUNT, len(need.searches))
    found = fast()
    start = time.process_time()
    direct = direct_neighbours(reals, "positive", REFERENCE, SETTINGS, np.random.default_rng(0))
    reference_s = (time.process_time() - start) / REFERENCE
    difference = np.abs(found.objective[:REFERENCE] - direct["objective"]).max()
    same = np.array_equal(found.rois[:REFERENCE], direct["rois"])
    return {
        "size": size,
        "reference_s": round(reference_s, 3),
        "fast_s": round(fast_s, 4),
        "floor_s": round(floor_s, 4),
        "ratio": round(reference_s / fast_s, 1),
        "over_floor": round(fast_s / floor_s, 2),
        "max_objective_difference": float(difference),
        "same_neighbours": same,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def timed(work: Callable[[], object]) -> float:
    """Seconds of the processor: other work on the machine counts little."""
    start = time.process_time()
    work()
    return time.process_time() - start


class Need(NamedTuple):
    """What some neighbours cannot do without."""

    fits: list[tuple[np.ndarray, np.ndarray]]
    """The kernel matrix of each discriminator, and which of its rows are reals."""
    searches: list[tuple[Objective, Parameter]]
    """ZOOpt's, done: the objective knows its values in order."""


def needed_by(work: Callable[[], object]) -> Need:
    """Watch some work train its discriminators and search; keep what every fourth needs."""
    fits, searches = [], []
    fit, minimum = SVC.fit, Opt.min

    def watched_fit(svm, values, is_real):
        # The accuracies before and after take smaller ones.
        if len(values) >= 2 * SETTINGS.candidates:
            fits.append((values.copy() if len(fits) % EVERY == 0 else None, is_real))
        return fit(svm, values, is_real)

    def watched_minimum(objective, parameter):
        searches.append((objective, parameter))
        return minimum(objective, parameter)

    with mock.patch.object(SVC, "fit", watched_fit), mock.patch.object(Opt, "min", watched_minimum):
        work()
    return Need(fits[::EVERY], searches[::EVERY])


def floor(need: Need) -> None:
    """Fit each SVM, and let ZOOpt search again, told the values that it found."""
    for values, is_real in need.fits:
        SVC(kernel="precomputed", class_weight="balanced").fit(values, is_real)
    for objective, parameter in need.searches:
        values = iter(objective.get_history())
        known = Objective(lambda _, values=values: next(values), objective.get_dim())
        with contextlib.redirect_stdout(io.StringIO()):
            Opt.min(known, Parameter(budget=parameter.get_budget(), seed=parameter.get_seed()))


def made_up_rois(count: int, size: int) -> np.ndarray:
    """Bright blobs on textured tissue: (count, size, size), float32, in [0, 1]."""
    generator = np.random.default_rng(0)
    axis = np.linspace(-1, 1, size)
    centre = generator.uniform(-0.2, 0.2, (2, count, 1, 1))
    radius = generator.uniform(0.3, 0.6, (count, 1, 1))
    blob = np.exp(-((np.hypot(axis[:, None] - centre[0], axis - centre[1]) / radius) ** 2))
    tissue = sum(
        noise_fields(count, (size, size), length, generator) for length in (0.02, 0.1, 0.4)
    )
    return np.clip(0.3 + 0.4 * blob + 0.05 * tissue.reshape(blob.shape), 0, 1).astype(np.float32)


if __name__ == "__main__":
    with threadpool_limits(1):
        print(json.dumps(race(64 if "--quick" in sys.argv[1:] else 224)))
