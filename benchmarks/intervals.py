"""What a large study's statistics cost: metrics of all arms, comparisons, claims and pictures.

Prints one JSON line: processor seconds of each on one thread, and the most memory the process held.
The runs are made up: 20 arms of 5 seeds and 5 folds by default. Pictures are not drawn.
"""

import argparse
import json
import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from coin.evaluation.arm_metrics import arm_metrics
from coin.evaluation.bootstrap import RESAMPLES, resample
from coin.evaluation.comparisons import comparisons
from coin.evaluation.held_out import HeldOut
from coin.evaluation.reliability import reliability
from coin.evaluation.roc_curve import roc_curves
from coin.evaluation.subgroup_metrics import subgroup_metrics
from coin.evaluation.verdicts import judge

ARMS = ["none", "conventional", "cgan", "adversarial", "coin", "no_graph", "no_negatives"]
ARMS += [f"positive{positive}_negative{negative}" for positive in (0, 1, 4) for negative in (0, 4)]
ARMS += [f"weight{weight}" for weight in (0, 0.1, 1, 10)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--masses", type=int, default=1300)
    parser.add_argument("--patients", type=int, default=900)
    parser.add_argument("--arms", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    names = ARMS + [f"own{number}" for number in range(options.arms - len(ARMS))]
    arms = {name: name for name in names[: options.arms]}
    held_out = _study(arms, options)
    neighbours = pd.DataFrame(
        {
            "fold": [0, 0, 1, 1],
            "seed": 0,
            "sign": ["positive", "negative"] * 2,
            "accuracy_after": 0.6,
        }
    )
    masses = _masses(held_out)
    resamples = resample(held_out)
    three = {name: arms[name] for name in list(arms)[:3]}
    pairs = [(arm, "none") for arm in arms if arm != "none"]
    seconds = {}
    with threadpool_limits(limits=1):
        for name, work in (
            ("metrics_s", lambda: arm_metrics(held_out, arms, "made up")),
            ("comparisons_s", lambda: comparisons(held_out, arms, pairs, "made up")),
            ("claims_s", lambda: judge(held_out, arms, neighbours, "made up")),
            ("roc_s", lambda: roc_curves(held_out, arms)),
            ("calibration_s", lambda: [reliability(held_out, arm, resamples) for arm in arms]),
            ("subgroups_s", lambda: subgroup_metrics(held_out, masses, three, "made up")),
        ):
            start = time.process_time()
            work()
            seconds[name] = round(time.process_time() - start, 2)
    print(
        json.dumps(
            {
                "benchmark": "intervals",
                "runs": options.arms * options.seeds,
                "masses": options.masses,
                "resamples": RESAMPLES,
                **seconds,
                "total_s": round(sum(seconds.values()), 2),
                "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
            }
        )
    )


def _study(arms: dict[str, str], options: argparse.Namespace) -> HeldOut:
    random = np.random.default_rng(0)
    patient = np.sort(random.integers(options.patients, size=options.masses))
    label = (random.random(options.patients) < 0.45).astype(int)[patient]
    noise = random.random((len(arms), options.seeds, options.masses))
    probability = 0.3 * label + 0.7 * noise
    return HeldOut(
        patient % options.folds,
        patient.astype(str),
        label,
        tuple(range(options.seeds)),
        dict(zip(arms, probability, strict=True)),
        np.arange(options.masses).astype(str),
    )


def _masses(held_out: HeldOut) -> pd.DataFrame:
    """Return what is known of the masses; by each column they fall into a few groups."""
    random = np.random.default_rng(1)
    groups = {"view": 2, "density": 4, "birads": 6, "subtlety": 5}
    count = len(held_out.label)
    columns = {name: random.integers(number, size=count) for name, number in groups.items()}
    size = random.uniform(10, 100, count)
    return pd.DataFrame({"mass_id": held_out.mass_id, **columns, "width": size, "height": size})


if __name__ == "__main__":
    main()
