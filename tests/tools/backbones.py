"""Weights of a small network of timm's, drawn at random."""

from pathlib import Path

import torch
from safetensors.torch import save_file

from coin.peers.backbone import offline_timm

NAME = "test_resnet"


def write_backbone(path: Path, name: str = NAME, **changes: torch.Tensor | None) -> Path:
    """Write a network's weights, as timm publishes them; None leaves one out."""
    with torch.random.fork_rng():
        torch.manual_seed(5)
        network = offline_timm().create_model(name, pretrained=False)
    weights = {**network.state_dict(), **changes}
    save_file(
        {key: value.contiguous() for key, value in weights.items() if value is not None}, path
    )
    return path
