"""Training on a GPU: skipped, with that reason, where there is none.

Needs fewer packages than the workflow: those of envs/train.yaml, pytest and hypothesis.
"""

import copy
import logging
import math
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import small_cgan
import torch
from interrupted import interrupted_after
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


@pytest.fixture(scope="module")
def cgan_study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cgan")
    small_cgan.write_fold(folder)
    return folder


@pytest.mark.parametrize("pooling", ["gap", "flatten"])
def test_the_same_seed_gives_the_same_bytes(study, tmp_path, pooling):
    arguments = {"device": "cuda", "flips_and_rotations": True, "pooling": pooling}
    first = train(study, tmp_path / "first", **arguments)
    assert train(study, tmp_path / "again", **arguments) == first


def test_the_same_seed_gives_the_same_made_images(cgan_study, tmp_path):
    first = small_cgan.train(cgan_study, tmp_path / "first", device="cuda")
    assert small_cgan.train(cgan_study, tmp_path / "again", device="cuda") == first


def test_a_gpu_learns_as_a_cpu_does(study, tmp_path):
    histories = []
    for device in ("cpu", "cuda"):
        train(study, tmp_path / device, device=device, steps=120, width=0.1, learning_rate=0.003)
        histories.append(pd.read_csv(tmp_path / device / "history.csv"))
    on_cpu, on_gpu = histories
    assert on_gpu["loss"][0] == pytest.approx(on_cpu["loss"][0], rel=0.05)
    assert on_gpu["cross_entropy"].iloc[-1] < 0.3
    assert on_gpu["edges_used"].tolist() == on_cpu["edges_used"].tolist()


def test_a_gan_on_a_gpu_learns_as_on_a_cpu(cgan_study, tmp_path):
    histories = []
    for device in ("cpu", "cuda"):
        changes = {"device": device, "epochs": 25, "learning_rate": 0.003}
        small_cgan.train(cgan_study, tmp_path / device, **changes)
        histories.append(pd.read_csv(tmp_path / device / "malignant_history.csv"))
    on_cpu, on_gpu = histories
    for figure in ("discriminator_loss", "feature_distance", "change"):
        assert on_gpu[figure][0] == pytest.approx(on_cpu[figure][0], rel=0.05)
    assert on_gpu["feature_distance"].iloc[-1] < on_gpu["feature_distance"][0] / 2
    assert on_gpu["collapse"].tail(5).isna().all()


def test_a_model_says_the_same_on_both_devices(tmp_path):
    """A model trained on the one is used on the other; bfloat16 has three digits."""
    rois = np.random.default_rng(0).random((40, 32, 32), dtype=np.float32)
    network = Network(32, 0.25, seed=0)
    settings = replace(TRAINING, steps=30)
    label = (rois.mean((1, 2)) > np.median(rois.mean((1, 2)))).astype(np.int64)
    never = Checkpoint(tmp_path / "none", "", math.inf)
    training.train(network, training.Nodes(rois, label, label, None), 0, LOSS, settings, never)
    on_cpu, latent = training.predict(network, rois, 8, "cpu")
    prepare_device("cuda", 1, deterministic=True)
    on_gpu, moved = training.predict(copy.deepcopy(network).cuda(), rois, 8, "cuda")
    assert np.ptp(on_cpu) > 0.1, "the model says the same of every ROI"
    np.testing.assert_allclose(on_gpu, on_cpu, atol=0.03)
    assert np.linalg.norm(moved - latent) < 0.02 * np.linalg.norm(latent)


def test_an_interrupted_training_ends_with_the_same_bytes(study, tmp_path, caplog):
    arguments = {"device": "cuda", "flips_and_rotations": True, "checkpoint_every": 0}
    whole = train(study, tmp_path / "whole", **arguments)
    out = tmp_path / "interrupted"
    interrupted_after(6, lambda: train(study, out, **arguments))
    with caplog.at_level(logging.INFO):
        assert train(study, out, **arguments) == whole
    assert "going on after step 6" in caplog.text


def test_an_interrupted_gan_ends_with_the_same_bytes(cgan_study, tmp_path, caplog):
    arguments = {"device": "cuda", "epochs": 5, "checkpoint_every": 0}
    whole = small_cgan.train(cgan_study, tmp_path / "whole", **arguments)
    out = tmp_path / "interrupted"
    interrupted_after(3, lambda: small_cgan.train(cgan_study, out, **arguments))
    with caplog.at_level(logging.INFO):
        assert small_cgan.train(cgan_study, out, **arguments) == whole
    assert "going on after step 3" in caplog.text


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
