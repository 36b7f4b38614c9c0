"""Arms: what a row of any table trains, each a named set of settings over the study's own."""

import re
from collections.abc import Mapping
from itertools import product
from typing import Any, NamedTuple

from coin.workflow.study_config import merged

Config = Mapping[str, Any]

BUILT_IN: dict[str, dict[str, Any]] = {
    # Table I: cross-entropy alone.
    "none": {"augmentation": "none"},
    "conventional": {"augmentation": "none", "training": {"flips_and_rotations": True}},
    "cgan": {"augmentation": "cgan"},
    "adversarial": {"augmentation": "positives"},
    # Table II and Fig. 6: the signed graph over reals and neighbours.
    "coin": {"augmentation": "neighbours"},
    "no_graph": {"augmentation": "neighbours", "loss": {"weight": 0}},
    "no_negatives": {"augmentation": "neighbours", "graph": {"n_negative": 0}},
}
"""The paper's rows. `augmentation` is what is trained on beside the real masses."""

TABLE1 = ("none", "conventional", "cgan", "adversarial")
FIG6 = ("no_graph", "no_negatives", "coin")
GRID_WEIGHT = 1
"""The paper searches its grid at lambda = 1."""
_POINT = re.compile(r"positive(\d+)_negative(\d+)_weight([0-9.e+-]+)")


class Arm(NamedTuple):
    """One row: what it is called, where its trainings lie, and their settings."""

    name: str
    run: str
    """The folder of its trainings under runs/: two arms with the same settings share one."""
    augmentation: str
    """none, cgan, positives or neighbours (the positive and the negative ones, and their graph)."""
    config: Config
    """The study's config with the arm's own settings over it."""


def arms(config: Config) -> dict[str, Arm]:
    """Return all arms of a study by name: the paper's rows, then the points of Fig. 5."""
    points = {
        f"positive{n_positive}_negative{n_negative}": _point(n_positive, n_negative, GRID_WEIGHT)
        for n_positive, n_negative in grid(config)
    }
    weights = {
        f"weight{weight:.12g}": {"augmentation": "neighbours", "loss": {"weight": weight}}
        for weight in config["grid"]["weights"]
    }
    return {name: _arm(name, own, config) for name, own in (BUILT_IN | points | weights).items()}


def arm_of(run: str, config: Config) -> Arm:
    """Return the arm whose trainings lie in a folder of runs/; a point need not be in the grid.

    Raises:
        KeyError: no such arm.
    """
    if found := _POINT.fullmatch(run):
        return _arm(run, _point(int(found[1]), int(found[2]), float(found[3])), config)
    return _arm(run, BUILT_IN[run], config)


def training_options(arm: Arm) -> dict[str, Any]:
    """Return what train.py is told of an arm; without a graph there is none in its loss either."""
    graph, loss = arm.config["graph"], arm.config["loss"]
    if arm.augmentation != "neighbours":
        graph, loss = {"n_positive": 0, "n_negative": 0}, {**loss, "weight": 0}
    return {
        "n_positive": graph["n_positive"],
        "n_negative": graph["n_negative"],
        "loss": loss,
        "network": arm.config["network"],
        "training": arm.config["training"],
    }


def grid(config: Config) -> list[tuple[int, int]]:
    """Return the points (n+, n-) of Fig. 5a."""
    return list(product(config["grid"]["n_positive"], config["grid"]["n_negative"]))


def nearest(config: Config) -> int:
    """Return the largest n+ and n- that a fold's graph can be cut at.

    It is what some table or figure needs, and some to spare: a point added to the grid need not
    search again and so retrain the others.
    """
    graph, grid = config["graph"], config["grid"]
    numbers = (graph["n_positive"], graph["n_negative"], *grid["n_positive"], *grid["n_negative"])
    return max(8, *numbers)


def _point(n_positive: int, n_negative: int, weight: float) -> dict[str, Any]:
    return {
        "augmentation": "neighbours",
        "graph": {"n_positive": n_positive, "n_negative": n_negative},
        "loss": {"weight": weight},
    }


def _arm(name: str, own: Mapping[str, Any], config: Config) -> Arm:
    settings = merged(config, {key: value for key, value in own.items() if key != "augmentation"})
    return Arm(name, _run(name, own, settings), own["augmentation"], settings)


def _run(name: str, own: Mapping[str, Any], config: Config) -> str:
    if own["augmentation"] != "neighbours":
        return name
    n_positive, n_negative = config["graph"]["n_positive"], config["graph"]["n_negative"]
    return f"positive{n_positive}_negative{n_negative}_weight{config['loss']['weight']:.12g}"
