"""The network of Fig. 4: a grey ROI to its latent features h(x) and its diagnosis."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from coin.common.device import blocked, mixed_precision

Pooling = Literal["gap", "flatten"]

CHANNELS = (128, 256, 728, 728)
"""After each of the four DC blocks (Section III-D)."""
N_RESIDUAL = 7
N_LATENT = 1024
SMALLEST_ROI = 2 ** len(CHANNELS)


@dataclass(frozen=True)
class NetworkSettings:
    """The network of Fig. 4.

    Attributes:
        width: scale of all its numbers of channels and units
        pooling: before the fully connected layers: `gap` or `flatten`
    """

    width: float
    pooling: Pooling


class SeparableConvolution(nn.Module):
    """A 3 x 1 and a 1 x 3 convolution of each channel, a 1 x 1 one across channels, normalised.

    The first two, with nothing between them, are one 3 x 3 convolution of rank one; it is run as
    such, and their six weights a channel stay the parameters.
    """

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.column = nn.Conv2d(inputs, inputs, (3, 1), groups=inputs, bias=False)
        self.row = nn.Conv2d(inputs, inputs, (1, 3), groups=inputs, bias=False)
        self.across = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.normalise = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        kernel = self.column.weight * self.row.weight
        x = functional.conv2d(x, kernel, padding=1, groups=len(kernel))
        return self.normalise(self.across(x))


class DownSamplingBlock(nn.Sequential):
    """A DC block: two separable convolutions, pooling to half the size, ReLU."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(
            SeparableConvolution(inputs, outputs),
            nn.ReLU(),
            SeparableConvolution(outputs, outputs),
            nn.MaxPool2d(2),
            nn.ReLU(),
        )


class ResidualBlock(nn.Module):
    """An RC block: a separable convolution of the ReLU, added to what came in."""

    def __init__(self, channels: int):
        super().__init__()
        self.convolution = SeparableConvolution(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        return x + self.convolution(functional.relu(x))


class Network(nn.Module):
    """Fig. 4, its numbers of channels and of fully connected units scaled by `width`.

    h(x) is what the third fully connected layer puts out, with nothing between it and the softmax
    layer. Made with `seed` it has PyTorch's initial weights, and leaves the global generator alone.
    """

    def __init__(self, roi_size: int, width: float = 1.0, pooling: Pooling = "gap", *, seed: int):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            channels = [1, *(scaled(n, width) for n in CHANNELS)]
            self.down = nn.Sequential(*(DownSamplingBlock(*pair) for pair in pairwise(channels)))
            residual = (ResidualBlock(channels[-1]) for _ in range(N_RESIDUAL))
            self.residual = nn.Sequential(*residual, nn.ReLU())
            side = 1 if pooling == "gap" else roi_size // SMALLEST_ROI
            mean = [nn.AdaptiveAvgPool2d(1)] if pooling == "gap" else []
            self.pool = nn.Sequential(*mean, nn.Flatten())
            units = scaled(N_LATENT, width)
            self.connected = nn.Sequential(
                nn.Linear(channels[-1] * side**2, units),
                nn.ReLU(),
                nn.Linear(units, units),
                nn.ReLU(),
                nn.Linear(units, units),
            )
            self.diagnosis = nn.Linear(units, 2)

    def forward(self, rois: Tensor) -> tuple[Tensor, Tensor]:
        """Map (B, 1, H, W) in [0, 1] to h(x), (B, 1024 x width), and the logits (B, 2).

        On a GPU the convolutions are computed in bfloat16. What follows is float32: in bfloat16 the
        distances of near copies would be off by a tenth.
        """
        with mixed_precision(rois.device.type):
            maps = self.residual(self.down(blocked(rois))).to_dense()
        latent = self.connected(self.pool(maps.float()))
        return latent, self.diagnosis(latent)


def scaled(number: int, width: float) -> int:
    """Scale a number of channels or units to the nearest multiple of 8, at least 8."""
    return max(8, round(number * width / 8) * 8)
