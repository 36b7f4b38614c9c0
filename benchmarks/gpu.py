"""What a GPU does of a training: images a second, beside what the card itself can do.

    python benchmarks/gpu.py [--seconds 240] [--tiny]

Prints a JSON line for each part once it is measured, and at the end one line with them all:
- card: its name, and TFLOP/s of a large product of bfloat16 matrices, its peak;
- a training's loop, at the paper's size and others: images a second, the share of the peak that
  the counted operations of an image make of it, the most memory. In the form that is used (`plain`)
  and in others: the network replayed as CUDA graphs, compiled by torch, with its images not
  channels-last, free of the same bits (`free`);
- cgan: steps a second of the conditional GAN at the paper's size, as used and `free`;
- study: what the study at the paper's scale would take, by the plain form at its batch size.
A part that fails says why in place of its figures. `--tiny` measures small networks on the CPU, to
try the benchmark itself.
"""

import argparse
import gc
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import paper_scale
import torch
from scipy import sparse
from torch.utils.flop_counter import FlopCounterMode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "tools"))

from small_fold import LOSS, TRAINING

from coin.cgan.cgan_networks import Discriminator, Generator
from coin.cgan.cgan_training import CganSettings, train_cgan
from coin.common import device as devices
from coin.common.checkpoint import Checkpoint
from coin.common.device import as_images, prepare_device
from coin.diagnosis import training
from coin.diagnosis.losses import cross_entropy
from coin.diagnosis.network import Network

NEVER = Checkpoint(Path("/nowhere"), "", math.inf)
LAYOUTS = (torch.contiguous_format, torch.channels_last)


@dataclass(frozen=True)
class Form:
    """How a training's steps are computed."""

    deterministic: bool = True
    channels_last: bool = True
    network: str = "plain"
    """or `graphs`, `compiled`."""


FORMS = {
    "plain": Form(),
    "graphs": Form(network="graphs"),
    "contiguous": Form(channels_last=False),
    "free": Form(deterministic=False),
    "free_graphs": Form(deterministic=False, network="graphs"),
    "compiled": Form(network="compiled"),
}


@dataclass(frozen=True)
class Plan:
    """What is measured."""

    device: str
    roi: int
    width: float
    batches: tuple[int, ...]
    others: tuple[tuple[int, float], ...]
    """ROI size and width of smaller studies, measured at the first batch size."""
    cgan_batch: int
    matrix: int
    seconds: float
    """For which a loop is timed, about."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=240, help="no part begins later")
    parser.add_argument("--tiny", action="store_true", help="on the CPU, to try the benchmark")
    options = parser.parse_args()
    full = Plan("cuda", 224, 1.0, (32, 64, 128, 256), ((48, 0.125), (64, 0.25)), 8, 8192, 1.5)
    tiny = Plan("cpu", 32, 0.05, (8, 16), ((16, 0.05),), 4, 128, 0.1)
    plan = tiny if options.tiny else full
    prepare_device(plan.device, 1, deterministic=True)
    training.ends_of_rows = lambda steps: [steps]  # as rarely as in a long training
    training.settle_normalisation = lambda *_: None  # not of a step
    end = time.monotonic() + options.seconds
    found: dict[str, object] = {"benchmark": "gpu"}
    for name, measure in _parts(plan, found).items():
        if time.monotonic() > end:
            found[name] = "not measured: no time left"
            continue
        try:
            found[name] = measure()
        except Exception as error:  # the other parts are worth having
            found[name] = f"failed: {type(error).__name__}: {str(error)[:200]}"
        gc.collect()
        torch.cuda.empty_cache()
        print(json.dumps({name: found[name]}), flush=True)
    print(json.dumps(found))


def card(plan: Plan) -> dict:
    """Measure the card's peak: the median of several products of random matrices."""
    left, right = (
        torch.randn(plan.matrix, plan.matrix, device=plan.device, dtype=torch.bfloat16)
        for _ in range(2)
    )
    seconds = []
    for _ in range(13):
        _wait(plan)
        start = time.perf_counter()
        left @ right
        _wait(plan)
        seconds.append(time.perf_counter() - start)
    name = torch.cuda.get_device_name() if plan.device == "cuda" else "CPU"
    rate = 2 * plan.matrix**3 / float(np.median(seconds[3:])) / 1e12
    return {"name": name, "torch": torch.__version__, "bfloat16_tflops": round(rate, 3)}


def loop(plan: Plan, peak: float, roi: int, width: float, batch: int, form: Form) -> dict:
    """Time the loop of a training of COIN on made-up nodes; `peak` in TFLOP/s."""
    prepare_device(plan.device, 1, form.deterministic)
    layout = LAYOUTS[form.channels_last and plan.device == "cuda"]
    devices.memory_format = training.memory_format = lambda _: layout
    nodes = _nodes(roi, 4 * batch)
    network = Network(roi, width, seed=0).to(plan.device, memory_format=layout)
    operations = _operations(network, nodes.rois[:2], plan.device)
    if form.network == "graphs":
        sample = as_images(nodes.rois[:batch], plan.device)
        torch.cuda.make_graphed_callables(network, (sample,))
    elif form.network == "compiled":
        network.compile()
    if plan.device == "cuda":
        torch.cuda.reset_peak_memory_stats()

    def seconds(steps: int) -> float:
        settings = replace(TRAINING, steps=steps, batch_size=batch, device=plan.device)
        start = time.perf_counter()
        training.train(network, nodes, 0, LOSS, settings, NEVER)
        return time.perf_counter() - start

    begun = seconds(4)
    steps = round(min(400, max(8, plan.seconds / (seconds(4) / 4))))
    # What a training takes before and after its steps is in both.
    rate = steps * batch / (seconds(steps + 4) - seconds(4))
    return {
        "images_per_s": round(rate, 1),
        "gflop_per_image": round(operations / 1e9, 2),
        "share_of_peak": round(rate * operations / 1e12 / peak, 4),
        "gib": round(torch.cuda.max_memory_reserved() / 2**30, 2) if plan.device == "cuda" else 0,
        "first_steps_s": round(begun, 1),
    }


def cgan(plan: Plan, deterministic: bool) -> dict:
    """Time the loop of the conditional GAN on made-up masses."""
    prepare_device(plan.device, 1, deterministic)
    reals = _nodes(plan.roi, 4 * plan.cgan_batch).rois
    networks = (
        Generator(plan.roi, plan.width, 8, seed=0),
        Discriminator(plan.roi, plan.width, seed=0),
    )

    def seconds(epochs: int) -> float:
        settings = CganSettings(epochs, plan.cgan_batch, 0.0002, 1.0, 8, plan.device, 0)
        start = time.perf_counter()
        train_cgan(*networks, reals, settings, NEVER)
        return time.perf_counter() - start

    begun = seconds(1)
    epochs = round(min(50, max(2, plan.seconds / seconds(1))))
    rate = 4 * epochs / (seconds(epochs + 1) - seconds(1))
    return {
        "batch_size": plan.cgan_batch,
        "steps_per_s": round(rate, 2),
        "first_epoch_s": round(begun, 1),
    }


def study(plain: dict) -> dict:
    """Estimate the classifiers of the study at the paper's scale from the rate of one."""
    images, trainings = paper_scale.images_of(paper_scale.paper_config())
    hours = images / plain["images_per_s"] / 3600
    return {"trainings": trainings, "images": images, "gpu_hours": round(hours, 2)}


def _parts(plan: Plan, found: dict) -> dict[str, Callable[[], object]]:
    """Return what is measured, by name, what matters most first."""
    first, *more = plan.batches
    paper = (plan.roi, plan.width, first)
    sizes = [paper, *((*size, first) for size in plan.others)]
    larger = [(plan.roi, plan.width, batch) for batch in more]
    on_gpu = plan.device == "cuda"
    forms = ["plain", *["graphs", "free_graphs"] * on_gpu, "free", "contiguous"]

    def loops(sizes: list, forms: list[str]) -> dict[str, Callable[[], object]]:
        return {
            _name(*size, form): partial(_loop, plan, found, *size, form)
            for size in sizes
            for form in forms
        }

    return {
        "card": partial(card, plan),
        **loops(sizes, forms),
        "study": lambda: study(found[_name(*paper, "plain")]),
        "cgan": partial(cgan, plan, deterministic=True),
        "cgan_free": partial(cgan, plan, deterministic=False),
        **loops(larger, forms[:-1]),
        **loops(sizes, ["compiled"] * on_gpu),  # it takes a minute each
    }


def _loop(plan: Plan, found: dict, roi: int, width: float, batch: int, form: str) -> dict:
    return loop(plan, found["card"]["bfloat16_tflops"], roi, width, batch, FORMS[form])


def _name(roi: int, width: float, batch: int, form: str) -> str:
    return f"{roi}px_width{width:g}_batch{batch}_{form}"


def _nodes(roi: int, count: int) -> training.Nodes:
    """Make nodes of noise, each of which has an edge to the next."""
    random = np.random.default_rng(0)
    rows = np.arange(count)
    signs = np.where(rows % 5, -1, 1).astype(np.int8)
    ring = sparse.csr_array((signs, (rows, (rows + 1) % count)))
    label = random.integers(0, 2, count)
    return training.Nodes(random.random((count, roi, roi), dtype=np.float32), label, label, ring)


def _operations(network: Network, rois: np.ndarray, device: str) -> float:
    """Count the operations that a step takes for an image, forward and backward."""
    label = torch.arange(len(rois), device=device) % 2
    with FlopCounterMode(display=False) as counter:
        cross_entropy(network(as_images(rois, device))[1], label).backward()
    network.zero_grad()
    return counter.get_total_flops() / len(rois)


def _wait(plan: Plan) -> None:
    if plan.device == "cuda":
        torch.cuda.synchronize()


if __name__ == "__main__":
    main()
