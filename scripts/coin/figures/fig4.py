"""Fig. 4: the network, drawn from a model itself."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle
from torch import nn

from coin.diagnosis.network import Network, SeparableConvolution
from coin.figures import style

_HEIGHT, _MIDDLE = 2.35, 0.98
_FACES = {
    "input": "#DDDDDD",
    "DC block": "#56B4E9",
    "RC block": "#009E73",
    "pooling": "#DDDDDD",
    "fully connected": "#E69F00",
    "softmax": "#CC79A7",
}
_LAYERS = {
    SeparableConvolution: "SConv",
    nn.ReLU: "ReLU",
    nn.MaxPool2d: "max pooling",
    nn.BatchNorm2d: "batch normalisation",
}


class Stage(NamedTuple):
    """One stage of the network, and the shape of what it puts out."""

    name: str
    shape: tuple[int, ...]
    """(channels, height, width), or (units,)."""


def stages(network: Network, roi_size: int) -> list[Stage]:
    """Return the network's stages, with the shapes that an ROI takes on its way through them."""
    parts = [("DC block", part) for part in network.down]
    parts += [("RC block", part) for part in network.residual if not isinstance(part, nn.ReLU)]
    parts += [("pooling", network.pool)]
    parts += [
        ("fully connected", part) for part in network.connected if isinstance(part, nn.Linear)
    ]
    parts += [("softmax", network.diagnosis)]
    found = [Stage("input", (1, roi_size, roi_size))]

    def record(name: str):
        return lambda module, inputs, output: found.append(Stage(name, tuple(output.shape[1:])))

    hooks = [part.register_forward_hook(record(name)) for name, part in parts]
    with torch.inference_mode():
        network.eval()(torch.zeros(1, 1, roi_size, roi_size))
    for hook in hooks:
        hook.remove()
    return found


def draw(network: Network, roi_size: int, data: str) -> Figure:
    """Draw every stage as a slab: as high as its maps, as thick as they are many (not to scale).

    Args:
        network: of any width and pooling
        roi_size: pixels a side that it takes
        data: what the model was trained on, in words
    """
    figure = style.new_figure(style.TWO_COLUMNS, _HEIGHT)
    canvas = style.axes_at(figure, 0, 0, style.TWO_COLUMNS, _HEIGHT)
    canvas.set(xlim=(0, style.TWO_COLUMNS), ylim=(_HEIGHT, 0))
    canvas.set_axis_off()
    found = stages(network, roi_size)
    sizes = [_size(stage, found[0]) for stage in found]
    gaps = [_gap(*pair) for pair in pairwise(found)]
    stretch = (style.TWO_COLUMNS - 0.57 - sum(width for width, _ in sizes)) / sum(gaps)
    left, places = 0.22, []
    for (width, _), gap in zip(sizes, [*gaps, 0], strict=True):
        places.append(left)
        left += width + gap * stretch
    for stage, place, size in zip(found, places, sizes, strict=True):
        _slab(canvas, place, *size, _FACES[stage.name])
    _label(canvas, found, places, sizes)
    canvas.text(places[-2] + sizes[-2][0] / 2, 1.52, "$h(x)$", ha="center", va="center")
    for line, text in enumerate(_composition(network)):
        canvas.text(0.1, 1.94 + 0.125 * line, text, va="center", fontsize=6.5)
    weights = sum(weight.numel() for weight in network.parameters())
    style.write_data(figure, data, before=f"{weights:,} weights. ")
    return figure


def _size(stage: Stage, first: Stage) -> tuple[float, float]:
    """Return a slab's width and height in inches."""
    if len(stage.shape) == 1:
        return 0.06, max(0.12, 0.085 * np.log2(stage.shape[0]))
    scale = np.log2(stage.shape[1] + 1) / np.log2(first.shape[1] + 1)
    return 0.02 * np.log2(stage.shape[0] + 1) + 0.02, 0.25 + 0.75 * scale**2


def _gap(stage: Stage, following: Stage) -> float:
    return 0.3 if stage.name == following.name == "RC block" else 1


def _slab(canvas: Axes, left: float, width: float, height: float, face: str) -> None:
    """Draw a box with its top and its right side, of which the front is width x height."""
    top, depth = _MIDDLE - height / 2, 0.1 * height
    right, bottom = left + width, top + height
    outline: dict[str, Any] = {"edgecolor": style.INK, "linewidth": 0.5, "facecolor": face}
    canvas.add_patch(Rectangle((left, top), width, height, **outline))
    roof = [(left, top), (left + depth, top - depth), (right + depth, top - depth), (right, top)]
    side = [
        (right, top),
        (right + depth, top - depth),
        (right + depth, bottom - depth),
        (right, bottom),
    ]
    canvas.add_patch(Polygon(roof, **outline, alpha=0.6))
    canvas.add_patch(Polygon(side, **outline, alpha=0.8))


def _label(canvas: Axes, found: list[Stage], places: list[float], sizes: list) -> None:
    """Write a name above and a shape below each stage, once where neighbours share both."""
    start = 0
    for end in range(1, len(found) + 1):
        if end < len(found) and found[end] == found[start]:
            continue
        middle = (places[start] + places[end - 1] + sizes[end - 1][0]) / 2
        stage, count = found[start], end - start
        name = stage.name.replace(" ", "\n")
        name = name if count == 1 else f"{count} × {name}"
        canvas.text(middle, 0.3, name, ha="center", va="bottom", fontsize=6.5, linespacing=1.0)
        canvas.text(middle, 1.7, _shape(stage), ha="center", va="center", fontsize=6.5)
        start = end


def _shape(stage: Stage) -> str:
    if len(stage.shape) == 1:
        return f"{stage.shape[0]:,}"
    channels, height, width = stage.shape
    return f"{height}×{width}\n×{channels}"


def _composition(network: Network) -> list[str]:
    """Return what the blocks are made of, read from the first of each."""
    down = list(network.down[0].children())
    return [
        "DC block: " + " – ".join(_LAYERS[type(layer)] for layer in down),
        "RC block: input + SConv(ReLU(input))",
        "SConv: " + " – ".join(_layer(layer) for layer in down[0].children()),
    ]


def _layer(layer: nn.Module) -> str:
    if isinstance(layer, nn.Conv2d):
        return "×".join(str(side) for side in layer.kernel_size)
    return _LAYERS[type(layer)]
