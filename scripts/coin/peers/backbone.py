"""A pretrained backbone of timm's, with weights from a file: nothing is ever downloaded."""

import os
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from coin.common.device import mixed_precision
from coin.common.errors import BadInput

_ANTIALIASED = ("bilinear", "bicubic")


class Backbone(nn.Module):
    """A network of timm's that sees grey ROIs as its own images, and two outputs after it.

    An ROI is resized as a whole to the network's input, with anti-aliasing: nothing is cropped off
    it. Its grey becomes all of the channels, normalised as the weights were trained.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, body: Any, view: dict[str, Any], seed: int):
        """Put a new layer of two outputs after a body.

        Args:
            body: of timm's, from images (B, channels, height, width) to features (B, F).
            view: timm's data config: `input_size`, `mean`, `std`, `interpolation`.
            seed: of the new layer's weights.
        """
        super().__init__()
        self.body = body
        channels, *self.size = view["input_size"]
        wanted = view["interpolation"]
        self.interpolation = wanted if wanted in _ANTIALIASED else "bicubic"
        for name in ("mean", "std"):
            values = torch.tensor(view[name]).expand(channels)[:, None, None]
            self.register_buffer(name, values.clone(), persistent=False)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.output = nn.Linear(body.num_features, 2)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map grey ROIs (B, 1, S, S) in [0, 1] to features (B, F) and logits (B, 2)."""
        images = functional.interpolate(
            images, self.size, mode=self.interpolation, antialias=True
        ).clamp(0, 1)
        with mixed_precision(images.device.type):
            features = self.body((images - self.mean) / self.std)
        features = features.float()
        return features, self.output(features)


def load_backbone(name: str, weights: Path, seed: int) -> Backbone:
    """Make a network of timm's and give it the weights of a file.

    Args:
        name: timm's, with or without a tag: `resnet50`, `resnet50.a1_in1k`. The tag says how
            images are normalised.
        weights: a safetensors file with timm's names, as `model.safetensors` of timm's models has
            them; those of the classifier are left.
        seed: of what the file does not give: the new last layer.

    Raises:
        BadInput: timm has no such network, or the file is not its weights.
    """
    timm = offline_timm()
    given = _read(weights)
    body = _body(timm, name)
    own = body.state_dict()
    if wrong := _misfit(own, given, body.pretrained_cfg.get("classifier") or ()):
        raise BadInput(f"{weights}: not the weights of timm's {name}: {wrong}")
    body.load_state_dict({key: given[key] for key in own})
    return Backbone(body, timm.data.resolve_model_data_config(body), seed)


def offline_timm() -> ModuleType:
    """Import timm, told that it is offline."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        # torchvision's build for CUDA beside torch's for a CPU lacks its compiled operators. timm
        # needs none of them, but the import does not get past these two.
        library = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor boxes, Tensor scores, float threshold) -> Tensor")
        _KEPT.append(library)
    import timm

    return timm


_KEPT: list[torch.library.Library] = []
"""A library that is garbage takes its operators with it."""


def _body(timm: ModuleType, name: str) -> Any:
    """Make a network of timm's without its classifier, its weights drawn at random."""
    try:
        if timm.is_model(name):
            return timm.create_model(name, pretrained=False, num_classes=0)
        known = timm.list_models()
    except RuntimeError as error:  # a tag that the network does not have
        raise BadInput(
            f"backbone.name: found {name} ({error}), expected a tag that timm has; leave it out"
        ) from error
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "see timm.list_models()"
    raise BadInput(f"backbone.name: found {name}, expected the name of a network of timm's; {hint}")


def _read(weights: Path) -> dict[str, Tensor]:
    try:
        return load_file(weights)
    except FileNotFoundError as error:
        raise BadInput(f"backbone.weights: found no {weights}; give a safetensors file") from error
    except (OSError, SafetensorError) as error:
        raise BadInput(
            f"{weights}: not a readable safetensors file ({error}); no other kind is read"
        ) from error


def _misfit(own: dict[str, Tensor], given: dict[str, Tensor], classifier: str | tuple) -> str:
    """Say in what a file's weights are not the network's; empty if they are."""
    heads = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    prefixes = tuple(f"{head}." for head in heads)
    if missing := sorted(own.keys() - given.keys()):
        return f"found no {missing[0]}, one of {len(missing)} that are missing"
    if strange := sorted(key for key in given.keys() - own.keys() if not key.startswith(prefixes)):
        return f"found {strange[0]}, one of {len(strange)} that it does not have"
    for key, weight in own.items():
        if weight.shape != given[key].shape:
            shapes = tuple(given[key].shape), tuple(weight.shape)
            return f"found shape {shapes[0]} under {key}, expected {shapes[1]}"
    return ""
