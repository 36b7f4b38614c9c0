"""What the study at the paper's scale would take, estimated: no GPU has run it.

Prints one JSON line: the images that all trainings of classifiers put through the network, forward
and backward; the floating-point operations of one; what this CPU does of them on one thread,
measured; and the hours on it, and on a GPU of which so many TFLOP/s in these networks are assumed.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
import yaml
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from coin.common.device import prepare_device
from coin.diagnosis.losses import cross_entropy
from coin.diagnosis.network import Network
from coin.provenance.job_record import REPOSITORY
from coin.workflow.arms import arms
from coin.workflow.study_config import merged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tflops", type=float, default=20, help="of the GPU, assumed")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    config = paper_config()
    prepare_device("cpu", threads=1, deterministic=True)
    operations, rate = _measure(config["roi"]["size"], config["network"]["width"], options.repeats)
    images, trainings = images_of(config)
    print(
        json.dumps(
            {
                "benchmark": "paper_scale",
                "trainings": trainings,
                "images": images,
                "gflop_per_image": round(operations / 1e9, 1),
                "cpu_images_per_s": round(rate, 2),
                "cpu_thread_days": round(images / rate / 86400),
                "assumed_gpu_tflops": options.tflops,
                "gpu_hours": round(images * operations / options.tflops / 1e12 / 3600, 1),
            }
        )
    )


def paper_config() -> dict:
    """Return the settings of the study at the paper's scale."""
    config: dict = {}
    for name in ("config.yaml", "studies/inbreast.yaml"):
        config = merged(config, yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8")))
    return config


def images_of(config: dict) -> tuple[int, int]:
    """Count images and trainings: every training takes the same number of both."""
    protocol, training = config["protocol"], config["training"]
    runs = {arm.run for arm in arms(config).values()}
    trainings = len(runs) * protocol["folds"] * len(protocol["seeds"])
    return trainings * training["steps"] * training["batch_size"], trainings


def _measure(size: int, width: float, repeats: int, batch: int = 4) -> tuple[float, float]:
    """Return the operations that a training step takes for an image, and images a second."""
    network = Network(size, width, seed=0)
    rois, label = torch.rand(batch, 1, size, size), torch.arange(batch) % 2
    with FlopCounterMode(display=False) as counter:
        cross_entropy(network(rois)[1], label).backward()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        cross_entropy(network(rois)[1], label).backward()
        seconds.append(time.process_time() - start)
    return counter.get_total_flops() / batch, batch / float(np.median(seconds))


if __name__ == "__main__":
    main()
