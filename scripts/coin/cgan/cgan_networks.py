"""The conditional GAN's two networks (Section III-B.1, after [39]), and VGG-19's weights."""

from itertools import pairwise
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional

from coin.common.errors import BadInput

VGG19 = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
"""Channels and 3 x 3 convolutions of each of VGG-19's stages [41]; pooling halves after each."""
_MEAN, _STD = 0.449, 0.226
"""Of ImageNet's grey levels: what VGG-19's published weights expect to be taken off the images."""


def n_stages(roi_size: int) -> int:
    """Return how many of VGG-19's five stages ROIs are large enough for.

    A stage is left out when it would pool its maps to less than a 3 x 3 kernel: all five remain
    from 96 pixels on, four from 48, three from 24, two from 12.
    """
    return sum(roi_size // 2**stage >= 3 for stage in range(1, len(VGG19) + 1))


class Generator(nn.Module):
    """An auto-encoder with skips: (image, noise) to a made image, {x, omega} -> x+.

    Each stage halves the image, with VGG-19's number of channels at that size times `width`, and
    is undone by one that sees the encoder's maps of its size, the image itself at the last. There
    is no way around the decoder: a skip that added the image to what comes out was seen to make
    copies within a few steps. The noise joins at every size, since noise that joins at the
    smallest alone is passed by on the skips.
    """

    def __init__(self, roi_size: int, width: float, noise_size: int, *, seed: int):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            channels = [1, *_channels(roi_size, width)]
            self.encoder = nn.ModuleList(_layer(*pair, stride=2) for pair in pairwise(channels))
            self.decoder = nn.ModuleList()
            inputs = channels[-1]
            for skipped in reversed(channels[:-1]):
                outputs = max(skipped, channels[1])
                self.decoder.append(_layer(inputs + skipped + noise_size, outputs))
                inputs = outputs
            self.image = _convolution(inputs, 1)

    def forward(self, images: Tensor, noise: Tensor) -> Tensor:
        """Map images (B, 1, H, W) in [0, 1] and noise (B, K) to made images, alike in both.

        Every image is made by itself: the others of its batch do not touch it.
        """
        maps = _centred(images)
        skips = []
        for layer in self.encoder:
            skips.append(maps)
            maps = layer(maps)
        noise = noise[:, :, None, None]
        for layer, skip in zip(self.decoder, reversed(skips), strict=True):
            size = skip.shape[2:]
            maps = functional.interpolate(maps, size)
            maps = layer(torch.cat((maps, skip, noise.expand(-1, -1, *size)), dim=1))
        return self.image(maps).sigmoid()


class Discriminator(nn.Module):
    """VGG-19's convolutions, as many stages as fit, with two ends.

    One is a single linear unit on the trunk's last maps: z, whether an image is real. The other is
    f: those maps themselves, so that all of f is what "the CNN learned" in telling real from made.
    The layers are numbered as in torchvision's `vgg19().features`.
    """

    def __init__(self, roi_size: int, width: float, *, seed: int):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            layers: list[nn.Module] = []
            inputs = 1
            for channels, (_, depth) in zip(_channels(roi_size, width), VGG19, strict=False):
                for _ in range(depth):
                    layers += [nn.Conv2d(inputs, channels, 3, padding=1), nn.ReLU()]
                    inputs = channels
                layers.append(nn.MaxPool2d(2))
            for layer in layers:
                if isinstance(layer, nn.Conv2d):
                    # Sixteen layers without normalisation fade away with PyTorch's own initial
                    # weights; He's keep the variance.
                    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                    nn.init.zeros_(layer.bias)  # type: ignore[arg-type] # made with a bias
            self.trunk = nn.Sequential(*layers, nn.Flatten())
            side = roi_size // 2 ** n_stages(roi_size)
            self.real = nn.Linear(inputs * side**2, 1)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, 1, H, W) in [0, 1] to the logits of z, (B,), and f, (B, features)."""
        features = self.trunk(_centred(images))
        return self.real(features).squeeze(1), features


def load_vgg19(discriminator: Discriminator, path: Path) -> None:
    """Start the trunk from VGG-19's published weights.

    Args:
        discriminator: its trunk is changed in place.
        path: a safetensors file with torchvision's names, `features.0.weight` and so on; of more
            than the trunk needs the rest is left. Three input channels are summed: a grey image
            is the same in all.

    Raises:
        BadInput: the file is not such a one, or the trunk is not as wide as VGG-19.
    """
    own = discriminator.trunk.state_dict()
    if len(own["0.weight"]) != VGG19[0][0]:
        raise BadInput(
            f"cgan.vgg19_weights: found {path}, but the trunk is not as wide as VGG-19; set "
            "cgan.width to 1, or cgan.vgg19_weights to null"
        )
    try:
        with safe_open(path, framework="pt") as file:
            weights = {name: file.get_tensor(f"features.{name}").float() for name in own}
    except (OSError, SafetensorError) as error:
        raise BadInput(
            f"{path}: not VGG-19's weights as a safetensors file with torchvision's names ({error})"
        ) from error
    if weights["0.weight"].shape[1:] == (3, 3, 3):
        weights["0.weight"] = weights["0.weight"].sum(dim=1, keepdim=True)
    for name, weight in weights.items():
        if weight.shape != own[name].shape:
            raise BadInput(
                f"{path}: found shape {tuple(weight.shape)} under features.{name}, expected "
                f"{tuple(own[name].shape)}, as in VGG-19"
            )
    discriminator.trunk.load_state_dict(weights)


def _channels(roi_size: int, width: float) -> list[int]:
    return [max(4, round(channels * width)) for channels, _ in VGG19[: n_stages(roi_size)]]


def _layer(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    # Not batch normalisation: an image must not depend on which others are made beside it.
    return nn.Sequential(
        _convolution(inputs, outputs, stride), nn.GroupNorm(1, outputs), nn.LeakyReLU(0.2)
    )


def _convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Conv2d:
    # Padding with zeros draws a frame into every made image.
    return nn.Conv2d(inputs, outputs, 3, stride, padding=1, padding_mode="replicate")


def _centred(images: Tensor) -> Tensor:
    return (images - _MEAN) / _STD
