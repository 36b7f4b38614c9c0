"""Pretrained backbones, on random weights of timm's smallest networks."""

import pickle
import socket

import numpy as np
import pytest
import torch
from backbones import NAME, write_backbone
from safetensors.torch import load_file

from coin.common.checkpoint import Checkpoint
from coin.common.errors import BadInput
from coin.diagnosis.training import TrainingSettings, predict
from coin.peers.backbone import load_backbone, offline_timm
from coin.peers.fine_tuning import fine_tune

TRAINING = TrainingSettings(
    steps=6,
    batch_size=4,
    learning_rate=0.001,
    flips_and_rotations=True,
    device="cpu",
    threads=1,
    deterministic=True,
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Return a file of random weights of `NAME`."""
    return write_backbone(tmp_path_factory.mktemp("backbone") / "model.safetensors")


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Let nothing be fetched: a connection is an error."""

    def refuse(*_):
        raise AssertionError("something was to be downloaded")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.mark.parametrize(("name", "size"), [(NAME, 160), ("test_vit", 160)])
def test_features_are_timms_own_of_a_grey_image_normalised_as_it_was_trained(tmp_path, name, size):
    """At the network's own size an ROI goes in as it is, three times."""
    file = write_backbone(tmp_path / "model.safetensors", name)
    rois = np.random.default_rng(0).random((2, size, size), np.float32)
    network = offline_timm().create_model(name, pretrained=False).eval()
    network.load_state_dict(load_file(file))
    config = network.pretrained_cfg
    mean, std = (torch.tensor(config[key])[:, None, None] for key in ("mean", "std"))
    with torch.inference_mode():
        images = (torch.from_numpy(rois)[:, None].expand(-1, 3, -1, -1) - mean) / std
        expected = network.forward_head(network.forward_features(images), pre_logits=True)
    _, features = predict(load_backbone(name, file, seed=0), rois, batch_size=2, device="cpu")
    assert np.allclose(features, expected.numpy(), atol=1e-5)


def test_an_roi_is_resized_whole(weights):
    """A frame around it must be seen: timm's own view would crop it off."""
    backbone = load_backbone(NAME, weights, seed=0)
    plain = np.full((1, 40, 40), 0.5, np.float32)
    framed = plain.copy()
    framed[:, [0, -1]] = framed[:, :, [0, -1]] = 1
    both = predict(backbone, np.concatenate([plain, framed]), 2, "cpu")[1]
    assert not np.allclose(both[0], both[1], atol=1e-3)


def test_the_classifier_of_the_file_is_left_whatever_it_is(weights, tmp_path):
    other = write_backbone(
        tmp_path / "other.safetensors", **{"fc.weight": torch.zeros(7, 96), "fc.bias": None}
    )
    first, second = (load_backbone(NAME, file, seed=1).state_dict() for file in (weights, other))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(first["output.weight"], load_backbone(NAME, weights, 2).output.weight)


def changed(folder, **changes):
    return write_backbone(folder / "changed.safetensors", **changes)


@pytest.mark.parametrize(
    ("name", "file", "said"),
    [
        (NAME, lambda folder: folder / "none.safetensors", "backbone.weights: found no .*give a"),
        (NAME, lambda folder: pickled(folder), "not a readable safetensors file"),
        (
            NAME,
            lambda folder: write_backbone(folder / "vit.safetensors", "test_vit"),
            f"not the weights of timm's {NAME}: found no .* that are missing",
        ),
        (
            NAME,
            lambda folder: changed(folder, extra=torch.zeros(1)),
            "found extra, one of 1 that it does not have",
        ),
        (
            NAME,
            lambda folder: changed(folder, **{"bn1.bias": torch.zeros(2)}),
            r"found shape \(2,\) under bn1.bias, expected \(32,\)",
        ),
        ("test_resnt", changed, "backbone.name: found test_resnt.*did you mean test_resnet?"),
        (f"{NAME}.none", changed, "backbone.name: found test_resnet.none.*leave it out"),
        ("hf-hub:timm/resnet18.a1_in1k", changed, "backbone.name: found hf-hub:timm"),
    ],
)
def test_what_does_not_fit_is_named_in_a_line(tmp_path, name, file, said):
    with pytest.raises(BadInput, match=said) as raised:
        load_backbone(name, file(tmp_path), seed=0)
    assert "\n" not in str(raised.value)


def pickled(folder):
    path = folder / "model.pth"
    path.write_bytes(pickle.dumps({"a": 1}))
    return path


class Killed(Exception):
    """Stands for SIGKILL."""


class KilledAfter(Checkpoint):
    """A checkpoint at every step, after one of which the training is killed."""

    def keep(self, tensors, step):
        super().keep(tensors, step)
        if step == 3:
            raise Killed


def test_fine_tuning_moves_every_weight_and_goes_on_after_a_kill_to_the_same_end(weights, tmp_path):
    random = np.random.default_rng(0)
    label = np.arange(12) % 2
    rois = (0.4 * random.random((12, 24, 24)) + 0.5 * label[:, None, None]).astype(np.float32)

    def tuned(path, kind=Checkpoint):
        backbone = load_backbone(NAME, weights, seed=0)
        fine_tune(backbone, rois, label, 0, TRAINING, kind(path, "a training", 0.0))
        return backbone.state_dict()

    start = load_backbone(NAME, weights, seed=0).state_dict()
    whole = tuned(tmp_path / "whole.safetensors")
    assert not [name for name, value in whole.items() if torch.equal(value, start[name])]
    with pytest.raises(Killed):
        tuned(tmp_path / "killed.safetensors", KilledAfter)
    resumed = tuned(tmp_path / "killed.safetensors")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
