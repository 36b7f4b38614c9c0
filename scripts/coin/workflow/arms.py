"""Arms: what a row of any table trains, each a named set of settings over the study's own."""

import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from coin.common.conventions import point_arm, weight_arm
from coin.common.errors import BadInput
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
"""The paper's rows. `augmentation` is what is trained on beside the real masses: nothing, what the
conditional GAN made, positive neighbours, or neighbours of both signs with their graph."""

_DEPARTURES: dict[str, dict[str, Any]] = {
    "negatives_classified": {"classify_negatives": True},
    "summed": {"reduction": "sum"},
    "unnormalised": {"distance": "euclidean", "normalise": False, "margin": 3},
}
_LITERAL = {key: value for own in _DEPARTURES.values() for key, value in own.items()}
READINGS = {name: {"loss": own} for name, own in (_DEPARTURES | {"literal": _LITERAL}).items()}
"""COIN with equations (5) and (6) as they are printed: N = |X|, a sum, h(x) as it is; each alone,
and all at once. No margin is printed; of those tried 3 cost the least on training folds
(docs/measured.md)."""

_FLIPS = {"training": {"flips_and_rotations": True}}
PEERS: dict[str, dict[str, Any]] = {
    # Losses that know classes and no graph, on real masses under flips and rotations.
    "supervised_contrastive": {
        "augmentation": "none",
        "loss": {"kind": "supervised_contrastive"},
        **_FLIPS,
    },
    "triplet": {
        "augmentation": "none",
        "loss": {"kind": "triplet", "distance": "euclidean", "normalise": True, "margin": 0.2},
        **_FLIPS,
    },
    # What the paper leaves out: both augmentations at once.
    "adversarial_flips": {"augmentation": "positives", **_FLIPS},
    "coin_flips": {"augmentation": "neighbours", **_FLIPS},
    # No network: handcrafted features.
    **{
        f"features_{classifier}": {
            "augmentation": "none",
            "program": "diagnose_by_features",
            "environment": "features",
            "settings": {"classifier": classifier},
        }
        for classifier in ("svm", "logistic", "forest")
    },
}
"""What one might use instead, on the same folds, seeds and masses, with as many steps."""
_BACKBONE = {
    "augmentation": "none",
    "program": "diagnose_by_backbone",
    "environment": "backbone",
}
BACKBONE_ARMS: dict[str, dict[str, Any]] = {
    "backbone_probe": {**_BACKBONE, "settings": {"frozen": True}, "training": {}},
    # At the rate of a network that starts from nothing, what was learned would soon be gone.
    "backbone_tuned": {
        **_BACKBONE,
        "settings": {"frozen": False},
        "training": {"learning_rate": 0.0001},
    },
}
"""Peers on a pretrained network, where the config says which and gives its weights."""
PEER_BASELINES = {
    "supervised_contrastive": ("none", "conventional"),
    "triplet": ("none", "conventional"),
    "adversarial_flips": ("conventional", "adversarial"),
    "coin_flips": ("conventional", "coin"),
    **{f"features_{classifier}": ("coin",) for classifier in ("svm", "logistic", "forest")},
    "backbone_probe": ("coin",),
    "backbone_tuned": ("coin",),
}
"""What each peer is compared with, if not with the plain network."""

TABLE1 = ("none", "conventional", "cgan", "adversarial")
FIG6 = ("no_graph", "no_negatives", "coin")
LEAKAGE = ("none", "adversarial", "coin")
"""What is trained once more with leakage, to see what that is worth."""
WAYS_TO_LEAK = ("image", "mass", "neighbours")
GRID_WEIGHT = 1
"""The paper searches its grid at lambda = 1."""
_PROGRAMS = Path(__file__).parents[2]
_SECTIONS = ("graph", "loss", "network", "training")
_POINT = re.compile(r"positive(\d+)_negative(\d+)_weight([0-9.e+-]+)")


class Arm(NamedTuple):
    """One row: what it is called, where its trainings lie, and their settings."""

    name: str
    run: str
    """The folder of its trainings under runs/: arms with the same settings share one."""
    augmentation: str
    """none, cgan, positives or neighbours."""
    config: Config
    """The study's config with the arm's own settings over it."""
    program: "Program | None" = None
    """What diagnoses in the network's place."""


class Program(NamedTuple):
    """A program of scripts/ that diagnoses the masses that a fold holds out, in its own way."""

    name: str
    environment: str
    """The file in envs/ that it runs in."""
    files: Mapping[str, str]
    """Its own files, by its options' names."""
    settings: Mapping[str, Any]
    """Its own settings, and the sections of the config that its arm names."""


def arms(config: Config) -> dict[str, Arm]:
    """Return all arms by name: the paper's, points of Fig. 5, readings, peers, the user's own.

    Raises:
        BadInput: an arm of the config has a taken name, an unknown base, a program that is not
            there, or is its own base; or a reading is no arm.
    """
    of_peers = PEERS | _backbone_arms(config)
    given = paper_arms(config) | of_peers
    own = {**given, **config["arms"]}
    for name in config["arms"]:
        if name in given or _POINT.fullmatch(name):
            whose = "a peer" if name in of_peers else "an arm of the paper"
            raise BadInput(f"config: arms.{name}: {whose}; name yours otherwise")
    for name in config["readings"]:
        if name not in own:
            raise BadInput(f"config: readings: found {name}, expected an arm: {', '.join(own)}")
    return {name: _arm(name, _resolved(name, own), config) for name in own}


def arm_of(run: str, config: Config) -> Arm:
    """Return the arm whose trainings lie in a folder of runs/; a point need not be in the grid.

    Raises:
        KeyError: no such arm.
    """
    if found := _POINT.fullmatch(run):
        return _arm(run, _point(int(found[1]), int(found[2]), float(found[3])), config)
    return arms(config)[run]


def runs(config: Config) -> dict[str, str]:
    """Return the run of every arm that a study trains; of readings and peers, those it asks for."""
    asked = {*config["readings"], *config["peers"]}
    return {
        name: arm.run
        for name, arm in arms(config).items()
        if name not in READINGS | PEERS or name in asked
    }


def peers(config: Config) -> list[str]:
    """Return the peers that a study trains: those it asks for, and those on its backbone."""
    return [*config["peers"], *_backbone_arms(config)]


def baselines(config: Config) -> list[tuple[str, str]]:
    """Return the pairs that a study compares: an arm, and what it is compared with."""
    of_paper = [(name, "none") for name in TABLE1[1:]] + [("coin", "no_graph"), ("coin", "none")]
    of_readings = [(name, "coin") for name in config["readings"] if name in READINGS]
    of_peers = [
        (name, other) for name in peers(config) for other in PEER_BASELINES.get(name, ("none",))
    ]
    of_user = [(name, own["base"]) for name, own in config["arms"].items()]
    return of_paper + of_readings + of_peers + of_user


def not_leaked(config: Config) -> dict[str, str]:
    """Return the ways to leak that a study does not train, and why not."""
    protocol = config["protocol"]
    reasons = dict.fromkeys(
        set(WAYS_TO_LEAK) - set(config["leakage"]["ways"]), "leakage.ways leaves it out"
    )
    if protocol["split"] != "folds":
        reasons |= dict.fromkeys(("image", "mass"), "the split is the data's own")
    elif protocol["group_by"] != "patient":
        reasons = dict.fromkeys(WAYS_TO_LEAK, "the study's own folds leak")
    return {way: f"not made: {reasons[way]}" for way in WAYS_TO_LEAK if way in reasons}


def training_options(arm: Arm) -> dict[str, Any]:
    """Return what train.py is told of an arm.

    Without a graph there is none in its loss either; an arm may name a loss that needs none.
    """
    graph, loss = arm.config["graph"], arm.config["loss"]
    if arm.augmentation != "neighbours":
        graph = {"n_positive": 0, "n_negative": 0}
        loss = {**loss, "weight": 0} if loss["kind"] == "signed_graph" else loss
    return {
        "n_positive": graph["n_positive"],
        "n_negative": graph["n_negative"],
        "loss": loss,
        "network": arm.config["network"],
        "training": arm.config["training"],
    }


def reading(arm: Arm) -> dict[str, Any]:
    """Return how an arm reads the paper's loss: its settings of equations (5) to (7)."""
    others = ("kind", "temperature")
    return {name: value for name, value in arm.config["loss"].items() if name not in others}


def paper_arms(config: Config) -> dict[str, dict[str, Any]]:
    """Return the paper's arms' own settings by name: its rows, points of Fig. 5, readings."""
    points = {point_arm(point): _point(*point, GRID_WEIGHT) for point in grid(config)}
    weights = {
        weight_arm(weight): {"augmentation": "neighbours", "loss": {"weight": weight}}
        for weight in config["grid"]["weights"]
    }
    readings = {name: {"augmentation": "neighbours", **own} for name, own in READINGS.items()}
    return BUILT_IN | points | weights | readings


def grid(config: Config) -> list[tuple[int, int]]:
    """Return the points (n+, n-) of Fig. 5a."""
    return list(product(config["grid"]["n_positive"], config["grid"]["n_negative"]))


def nearest(config: Config) -> int:
    """Return the largest n+ and n- that a fold's graph can be cut at.

    It is what some arm needs, and some to spare: a point added to the grid need not search again
    and so retrain the others.
    """
    graphs = [arm.config["graph"] for arm in arms(config).values()]
    numbers = (graph[name] for graph in graphs for name in ("n_positive", "n_negative"))
    return max(8, *numbers)


def _backbone_arms(config: Config) -> dict[str, dict[str, Any]]:
    """Return the arms on the config's backbone; none if it has none."""
    backbone = config["backbone"]
    if backbone is None:
        return {}
    files, name = {"weights": backbone["weights"]}, {"name": backbone["name"]}
    return {
        arm: {**own, "files": files, "settings": own["settings"] | name}
        for arm, own in BACKBONE_ARMS.items()
    }


def _point(n_positive: int, n_negative: int, weight: float) -> dict[str, Any]:
    return {
        "augmentation": "neighbours",
        "graph": {"n_positive": n_positive, "n_negative": n_negative},
        "loss": {"weight": weight},
    }


def _resolved(name: str, own: Mapping[str, Config]) -> dict[str, Any]:
    """Lay an arm's own settings over those of its base, and these over their base's."""
    chain = [name]
    while base := own[chain[-1]].get("base"):
        if base not in own:
            known = ", ".join(own)
            raise BadInput(f"config: arms.{chain[-1]}.base: found {base}, expected one of {known}")
        if base in chain:
            raise BadInput(f"config: arms.{name}: a circle of bases, {' -> '.join([*chain, base])}")
        chain.append(base)
    settings: dict[str, Any] = {}
    for each in reversed(chain):
        settings = merged(settings, {key: own[each][key] for key in own[each] if key != "base"})
    return settings


def _arm(name: str, own: Mapping[str, Any], config: Config) -> Arm:
    settings = merged(config, {key: own[key] for key in own if key in _SECTIONS})
    run = _run(name, own, settings, config)
    return Arm(name, run, own["augmentation"], settings, _program(name, own, settings))


def _program(name: str, own: Mapping[str, Any], settings: Config) -> Program | None:
    """Return an arm's program; raises BadInput if there is none, but options for one."""
    found = own.get("program")
    if found is None:
        if idle := own.keys() & {"environment", "files", "settings"}:
            raise BadInput(
                f"config: arms.{name}.{min(idle)}: is a program's; name the arm's program, or "
                "leave it out"
            )
        return None
    if not (_PROGRAMS / f"{found}.py").is_file():
        raise BadInput(f"config: arms.{name}.program: found no scripts/{found}.py; write it")
    sections = {section: settings[section] for section in _SECTIONS if section in own}
    return Program(
        found,
        own.get("environment", "train"),
        own.get("files", {}),
        {**own.get("settings", {}), **sections},
    )


def _run(name: str, own: Mapping[str, Any], settings: Config, config: Config) -> str:
    """Name the folder of an arm's trainings: COIN's after its point, any other after the arm.

    At (0, 0) the graph has no edge, and COIN is the adversarial row at any lambda.
    """
    n_positive, n_negative = settings["graph"]["n_positive"], settings["graph"]["n_negative"]
    weight = settings["loss"]["weight"]
    at_point = merged(config, {"graph": settings["graph"], "loss": {"weight": weight}})
    if "program" in own or own["augmentation"] != "neighbours" or settings != at_point:
        return name
    if n_positive == n_negative == 0 and not settings["loss"]["classify_negatives"]:
        return "adversarial"
    return f"{point_arm((n_positive, n_negative))}_{weight_arm(weight)}"
