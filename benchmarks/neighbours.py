"""Race the fast search of adversarial neighbours against its direct transcription.

    python benchmarks/neighbours.py [--quick]

Made-up ROIs at the paper's size: 224 x 224 pixels, 40 reals, T = 200, 200 evaluations a neighbour.
The transcription makes the first three positive neighbours, the fast search those and 50 more. One
line of JSON comes out: seconds a neighbour, setting up included, their ratio, the largest
difference of an objective between the two, and the peak memory of the process. `--quick` races at
64 x 64 pixels.
"""

import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from direct_neighbours import direct_neighbours

from coin.neighbours.generator import noise_fields
from coin.neighbours.making import NeighbourSettings, find_neighbours

SETTINGS = NeighbourSettings(amplitude=0.05, correlation_length=0.2, basis_size=16)
REALS, REFERENCE, MORE = 40, 3, 50


def race(size: int) -> dict[str, float]:
    reals = made_up_rois(REALS, size)
    find_neighbours(reals[:, ::8, ::8], "positive", 1, SETTINGS, np.random.default_rng(1))  # warm
    start = time.perf_counter()
    fast = find_neighbours(reals, "positive", REFERENCE + MORE, SETTINGS, np.random.default_rng(0))
    fast_s = (time.perf_counter() - start) / (REFERENCE + MORE)
    start = time.perf_counter()
    direct = direct_neighbours(reals, "positive", REFERENCE, SETTINGS, np.random.default_rng(0))
    reference_s = (time.perf_counter() - start) / REFERENCE
    difference = np.abs(fast.objective[:REFERENCE] - direct["objective"]).max()
    same = np.array_equal(fast.rois[:REFERENCE], direct["rois"])
    return {
        "size": size,
        "reference_s": round(reference_s, 3),
        "fast_s": round(fast_s, 4),
        "ratio": round(reference_s / fast_s, 1),
        "max_objective_difference": float(difference),
        "same_neighbours": same,
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


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
