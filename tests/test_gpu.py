"""Training on a GPU: skipped, with that reason, where there is none."""

import math
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from small_fold import LOSS, TRAINING, train, write_fold

from coin.common.checkpoint import Checkpoint
from coin.common.device import prepare_device
from coin.diagnosis import training
from coin.diagnosis.network import Network

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU here")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    write_fold(folder)
    return folder


@pytest.mark.parametrize("pooling", ["gap", "flatten"])
def test_the_same_seed_gives_the_same_bytes(study, tmp_path, pooling):
    arguments = {"device": "cuda", "flips_and_rotations": True, "pooling": pooling}
    first = train(study, tmp_path / "first", **arguments)
    assert train(study, tmp_path / "again", **arguments) == first


def test_a_gpu_learns_as_a_cpu_does(study, tmp_path):
    histories = []
    for device in ("cpu", "cuda"):
        train(study, tmp_path / device, device=device, steps=120, width=0.1, learning_rate=0.003)
        histories.append(pd.read_csv(tmp_path / device / "history.csv"))
    on_cpu, on_gpu = histories
    assert on_gpu["loss"][0] == pytest.approx(on_cpu["loss"][0], rel=0.05)
    assert on_gpu["cross_entropy"].iloc[-1] < 0.3
    assert on_gpu["edges_used"].tolist() == on_cpu["edges_used"].tolist()


def test_no_step_waits_for_the_gpu(tmp_path):
    """However many steps lie between two rows, the host waits for the device equally often."""
    random = np.random.default_rng(0)
    rois, label = random.random((64, 32, 32), dtype=np.float32), random.integers(0, 2, 64)
    rows = np.arange(64)
    ring = sparse.csr_array((np.ones(64, np.int8), (rows, (rows + 1) % 64)))
    nodes = training.Nodes(rois, label, label, ring)
    prepare_device("cuda", 1, deterministic=True)
    waits = []
    for steps in (40, 40, 200):  # the first warms up
        settings = replace(TRAINING, steps=steps, flips_and_rotations=True, device="cuda")
        checkpoint = Checkpoint(tmp_path / "state.safetensors", "none", math.inf)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            training.train(Network(32, 0.1, seed=0), nodes, 0, LOSS, settings, checkpoint)
            torch.cuda.set_sync_debug_mode("default")
        waits.append(sum("synchroniz" in str(warning.message) for warning in caught))
    assert waits[1] == waits[2]
