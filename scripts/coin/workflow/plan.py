"""What a study's config comes to: its names, its points, and what each rule's program is told.

The rules read it to run; the audit reads it to see whether what ran is what the config says now.
"""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from coin.common.conventions import CLASS_NAMES

Config = Mapping[str, Any]
Wildcards = Mapping[str, str]

SIGNS = ("positive", "negative")
GRID_WEIGHT = "1"
"""The paper searches its grid at lambda = 1."""


def settings(rule: str, wildcards: Wildcards, config: Config) -> dict[str, Any]:
    """Return the named settings of a rule's program, for one job.

    Raises:
        KeyError: no such rule, or not its wildcards.
    """
    return _SETTINGS[rule](wildcards, config)


# ---- names and points --------------------------------------------------------------------------


def results(config: Config) -> str:
    """Return the folder of everything that the study makes."""
    return f"results/{config['study']}"


def is_phantom(config: Config) -> bool:
    """Return whether the study makes its own synthetic mammograms."""
    return config["data"]["format"] == "phantom"


def data_root(config: Config) -> str:
    """Return the folder of the raw data."""
    return f"{results(config)}/raw" if is_phantom(config) else config["data"]["root"]


def data_name(config: Config) -> str:
    """Return what tables and figures call the data, so that none is taken for what it is not."""
    if is_phantom(config):
        return "synthetic phantom"
    return config["data"].get("name") or config["study"]


def coin_point(config: Config) -> tuple[int, int]:
    """Return (n+, n-) of COIN in Table II, and of the sweep of lambda."""
    return config["graph"]["n_positive"], config["graph"]["n_negative"]


def grid(config: Config) -> list[tuple[int, int]]:
    """Return the points (n+, n-) of Fig. 5a."""
    return list(product(config["grid"]["n_positive"], config["grid"]["n_negative"]))


def weight_name(weight: float) -> str:
    """Return lambda as it stands in the names of runs."""
    return f"{weight:.12g}"


def nearest(config: Config) -> int:
    """Return the largest n+ and n- that a fold's graph can be cut at.

    It is what some table or figure needs, and some to spare: a point added to the grid need not
    search again and so retrain the others.
    """
    return max(8, *coin_point(config), *config["grid"]["n_positive"], *config["grid"]["n_negative"])


# ---- settings of the rules ---------------------------------------------------------------------


def _make_phantom(_: Wildcards, config: Config) -> dict[str, Any]:
    return dict(config["data"]["phantom"])


def _read_masses(_: Wildcards, config: Config) -> dict[str, Any]:
    data_format = "inbreast" if is_phantom(config) else config["data"]["format"]
    return {
        "format": data_format,
        "root": data_root(config),
        "on_error": config["data"].get("on_error", "stop"),
        "settings": config["data"].get(data_format, {}),
    }


def _crop_rois(_: Wildcards, config: Config) -> dict[str, Any]:
    return {"root": data_root(config), **config["roi"]}


def _make_folds(_: Wildcards, config: Config) -> dict[str, Any]:
    protocol = config["protocol"]
    return {
        "group_by": protocol["group_by"],
        "count": protocol["folds"],
        "split_seed": protocol["split_seed"],
    }


def _save_config(_: Wildcards, config: Config) -> dict[str, Any]:
    return {"settings": config}


def _make_neighbours(wildcards: Wildcards, config: Config) -> dict[str, Any]:
    return {
        "fold": int(wildcards["fold"]),
        "label": CLASS_NAMES.index(wildcards["label"]),
        "sign": wildcards["sign"],
        **config["neighbours"],
    }


def _train_cgan(wildcards: Wildcards, config: Config) -> dict[str, Any]:
    training = config["training"]
    return {
        "fold": int(wildcards["fold"]),
        "label": CLASS_NAMES.index(wildcards["label"]),
        "per_mass": config["neighbours"]["per_mass"],
        **{name: training[name] for name in ("device", "threads", "deterministic")},
        **{name: value for name, value in config["cgan"].items() if name != "vgg19_weights"},
    }


def _build_graph(wildcards: Wildcards, config: Config) -> dict[str, Any]:
    return {
        "fold": int(wildcards["fold"]),
        "anchors": config["graph"]["anchors"],
        "nearest": nearest(config),
    }


def _train(wildcards: Wildcards, config: Config) -> dict[str, Any]:
    """A row of Table I: cross-entropy alone, no graph."""
    flips = wildcards["run"] == "conventional" or config["training"]["flips_and_rotations"]
    return {
        **_training(wildcards, config),
        "weight": 0,
        "graph": None,
        "n_positive": 0,
        "n_negative": 0,
        "flips_and_rotations": flips,
    }


def _train_coin(wildcards: Wildcards, config: Config) -> dict[str, Any]:
    return {
        **_training(wildcards, config),
        "weight": float(wildcards["weight"]),
        "n_positive": int(wildcards["n_positive"]),
        "n_negative": int(wildcards["n_negative"]),
    }


def _training(wildcards: Wildcards, config: Config) -> dict[str, Any]:
    return {
        "fold": int(wildcards["fold"]),
        "seed": int(wildcards["seed"]),
        "context": config["roi"]["context"],
        **config["training"],
        **config["network"],
        **config["loss"],
    }


def _nothing(_: Wildcards, config: Config) -> dict[str, Any]:
    return {}


def _data(_: Wildcards, config: Config) -> dict[str, Any]:
    return {"data": data_name(config)}


def _fig3(_: Wildcards, config: Config) -> dict[str, Any]:
    n_positive, n_negative = coin_point(config)
    return {"data": data_name(config), "n_positive": n_positive, "n_negative": n_negative}


def _fig5(_: Wildcards, config: Config) -> dict[str, Any]:
    return {
        "data": data_name(config),
        "points": [list(point) for point in grid(config)],
        "weights": config["grid"]["weights"],
    }


def _embedding(_: Wildcards, config: Config) -> dict[str, Any]:
    return {"data": data_name(config), "seed": config["protocol"]["seeds"][0]}


def _crate(_: Wildcards, config: Config) -> dict[str, Any]:
    records = f"{results(config)}/provenance"
    return {"study": config["study"], "data": data_name(config), "records": records}


_SETTINGS: dict[str, Callable[[Wildcards, Config], dict[str, Any]]] = {
    "make_phantom": _make_phantom,
    "read_masses": _read_masses,
    "report_data": _data,
    "crop_rois": _crop_rois,
    "make_folds": _make_folds,
    "save_config": _save_config,
    "make_neighbours": _make_neighbours,
    "train_cgan": _train_cgan,
    "build_graph": _build_graph,
    "train": _train,
    "train_coin": _train_coin,
    "evaluate": _nothing,
    "make_table1": _data,
    "make_table2": _data,
    "make_fig5_tables": _fig5,
    "assess_neighbours": _data,
    "plot_fig1": _embedding,
    "plot_fig2": _data,
    "plot_fig3": _fig3,
    "plot_fig4": _data,
    "plot_fig5a": _data,
    "plot_fig5b": _data,
    "plot_fig6": _embedding,
    "plot_rois": _data,
    "plot_neighbours": _data,
    "crate": _crate,
}
