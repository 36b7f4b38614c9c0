"""A training that is killed goes on where it stopped, and ends with the same bytes."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import asdict, is_dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from small_fold import OUTPUTS, options, train, write_fold
from study import REPOSITORY

from coin.common.checkpoint import Checkpoint, fingerprint


def command(folder, out, **changes):
    """Return the command line of a training long enough to be killed."""
    words = [sys.executable, str(REPOSITORY / "scripts" / "train.py")]
    for name, value in options(folder, out, steps=120, **changes).items():
        given = asdict(value) if is_dataclass(value) else value
        is_text = isinstance(given, str | Path)
        words += [f"--{name}", str(given) if is_text else json.dumps(given, default=str)]
    return words


def test_a_killed_training_ends_with_the_bytes_of_one_never_killed(moments, tmp_path):
    write_fold(tmp_path)
    whole = train(tmp_path, tmp_path / "whole", steps=120, flips_and_rotations=True)
    out = tmp_path / "killed"
    arguments = {"flips_and_rotations": True, "checkpoint_every": 0}
    process = subprocess.Popen(command(tmp_path, out, **arguments), stderr=subprocess.DEVNULL)
    while not (out / ".model.checkpoint.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.005)
    time.sleep(moments.uniform(0, 0.3))
    assert process.poll() is None, "the training ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == []
    again = subprocess.run(
        command(tmp_path, out, **arguments), check=True, capture_output=True, text=True
    )
    assert "going on after step" in again.stderr
    for name, file in OUTPUTS.items():
        assert (out / file).read_bytes() == whole[name], name
    assert sorted(path.name for path in out.iterdir()) == sorted(OUTPUTS.values())


def tensors(seed):
    generator = torch.Generator().manual_seed(seed)
    return {
        "weights": torch.randn(3, 4, generator=generator),
        "batches": torch.randint(9, (), generator=generator),
    }


@pytest.fixture
def kept(tmp_path):
    """A checkpoint's file after 7 steps, of `tensors(0)`."""
    checkpoint = Checkpoint(tmp_path / "state.safetensors", "this training", 0)
    checkpoint.keep(tensors(0), 7)
    return checkpoint.path


def test_all_state_comes_back(kept):
    state = tensors(1)
    assert Checkpoint(kept, "this training", 0).restore(state) == 7
    assert all(torch.equal(tensor, tensors(0)[name]) for name, tensor in state.items())


def test_what_another_training_or_nobody_left_is_ignored(kept, tmp_path):
    state = tensors(1)
    assert Checkpoint(kept, "another training", 0).restore(state) == 0
    assert Checkpoint(tmp_path / "absent.safetensors", "this training", 0).restore(state) == 0
    kept.write_bytes(kept.read_bytes()[:50])
    assert Checkpoint(kept, "this training", 0).restore(state) == 0
    assert torch.equal(state["weights"], tensors(1)["weights"])


def test_checkpoints_keep_their_distance(tmp_path):
    checkpoint = Checkpoint(tmp_path / "state.safetensors", "this training", 1000)
    checkpoint.keep(tensors(0), 1)
    assert not checkpoint.path.exists()


def test_fingerprint_follows_settings_data_and_shape():
    data = np.arange(6.0)
    found = {
        fingerprint({"weight": 1.0}, [data]),
        fingerprint({"weight": 2.0}, [data]),
        fingerprint({"weight": 1.0}, [data + 1]),
        fingerprint({"weight": 1.0}, [data.reshape(2, 3)]),
        fingerprint({"weight": 1.0}, [data, data]),
    }
    assert len(found) == 5
    assert fingerprint({"weight": 1.0}, [np.arange(6.0)]) in found
