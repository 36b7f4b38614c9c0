"""What equation (5) does to the diagnosis where the paper is silent: which distance, which margin.

    python benchmarks/loss_settings.py --inner --data DATA --cache CACHE --table inner.csv
    python benchmarks/loss_settings.py --outer --data DATA --cache CACHE --table outer.csv

DATA is a folder of format `table`. Both draw two patient-disjoint outer folds. `--inner` never
looks at what they hold out: it parts each one's training masses in two again, trains on the one
half and measures on the other, and is what the defaults of `loss` were chosen by. `--outer` holds
the configured default and the former one against lambda = 0 on the outer folds.

Every training takes as many steps of 32 images, with flips and rotations, on the same nodes (masses
of 32 pixels, their neighbours, (n+, n-) = (1, 4)), by a network of an eighth of the paper's width.
Each row of the table is a training; what is printed is Markdown: the mean difference in AUC to
lambda = 0 on the same masses with the same seed, its standard error over those pairs, and what
became of the edges at the end. CACHE keeps ROIs and neighbours, so that they are made once.
"""

import math
import sys
from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from coin.common.checkpoint import Checkpoint
from coin.common.device import prepare_device
from coin.common.files import read_arrays, read_table, write_arrays, write_table
from coin.common.workers import each
from coin.data.fold_data import NEGATIVE, POSITIVE, REAL, ExpandedData, read_all_reals
from coin.data.folds import assign_folds
from coin.diagnosis.losses import LossSettings
from coin.diagnosis.network import Network
from coin.diagnosis.training import Nodes, TrainingSettings, predict, train, with_a_role
from coin.evaluation.metrics import auc
from coin.graph.signed_graph import neighbourhoods, ranked_graph, signed_graph
from coin.neighbours.making import NeighbourSettings, find_neighbours
from coin.workflow.program import run
from crop_rois import crop_rois
from read_masses import read_masses

REPOSITORY = Path(__file__).resolve().parent.parent
CONFIG = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))
FORMER = LossSettings(1.0, 1.0, "euclidean", True, "mean", False, "signed_graph", 0.1)
PLAIN = replace(FORMER, weight=0.0)
RAW = replace(FORMER, normalise=False)
COSINE, ANGULAR = replace(FORMER, distance="cosine"), replace(FORMER, distance="angular")
CANDIDATES = [
    PLAIN,
    FORMER,
    replace(FORMER, margin=1.5),
    replace(FORMER, margin=2.0),
    COSINE,
    replace(COSINE, margin=2.0),
    replace(ANGULAR, margin=0.5),
    replace(ANGULAR, margin=0.75),
    ANGULAR,
    replace(RAW, margin=3.0),
    replace(RAW, margin=10.0),
    replace(COSINE, weight=0.1),
    replace(ANGULAR, weight=0.1),
    replace(RAW, margin=10.0, weight=0.1),
]
SETTINGS = TrainingSettings(
    steps=600,
    batch_size=32,
    learning_rate=0.001,
    flips_and_rotations=True,
    device="cpu",
    threads=1,
    deterministic=True,
)
SIZE, WIDTH, PER_MASS, POINT = 32, 0.125, 3, (1, 4)
KINDS = {"positive": POSITIVE, "negative": NEGATIVE}


class Part(NamedTuple):
    """Masses to train on and masses to measure on, as rows of masses.csv."""

    name: str
    training: np.ndarray
    measured: np.ndarray


def loss_settings(
    *,
    data: Path,
    cache: Path,
    table: Path,
    inner: bool = False,
    outer: bool = False,
    seeds: int = 2,
    steps: int = 600,
    threads: int = 2,
) -> None:
    """Measure what the settings of equation (5) do to the diagnosis.

    Args:
        data: a folder of format `table`
        cache: a folder for ROIs and neighbours
        table: the CSV to write; the trainings that it has are not done again
        inner: measure the candidates within the training folds
        outer: measure the default and the former default on the outer folds
        seeds: of the trainings of each part of the masses
        steps: of each training
        threads: processes; each trains on one thread
    """
    if inner == outer:
        sys.exit("give one of --inner true and --outer true")
    prepare_device("cpu", threads=1, deterministic=True)
    parts = _parts(data, cache, inner)
    list(each(partial(_make_nodes, cache), parts, threads, "parts made"))
    losses = CANDIDATES if inner else [PLAIN, FORMER, LossSettings(**CONFIG["loss"])]
    rows = read_table(table, []).to_dict("records") if table.exists() else []
    done = [_task(row) for row in rows]
    tasks = [
        (part, seed, loss)
        for seed in range(seeds)
        for part in parts
        for loss in losses
        if (part.name, seed, loss) not in done
    ]
    for row in each(partial(_train, cache, steps), tasks, threads, "trainings done"):
        rows.append(row)
        write_table(table, pd.DataFrame(rows))
    print(summary(pd.DataFrame(rows)))


def summary(rows: pd.DataFrame) -> str:
    """Return a Markdown table, a row a reading, of the trainings' table."""
    reading = ["distance", "normalise", "margin", "weight"]
    pairs = rows.set_index(["part", "seed"])["auc"]
    plain = pairs[(rows["weight"] == 0).to_numpy()]
    rows = rows.assign(gain=(pairs - plain.reindex(pairs.index)).to_numpy())
    lines = [
        "| distance | on the unit sphere | m | lambda | pairs | AUC | difference | s.e. "
        "| cross-class distance | cross-class edges with a gradient | own negatives' |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for values, found in rows.groupby(reading, sort=False):
        distance, normalise, margin, weight = values
        of_sphere = "yes" if normalise or distance != "euclidean" else "no"
        error = found["gain"].std() / math.sqrt(len(found))
        mean = found.mean(numeric_only=True)
        cells = (
            *(distance, of_sphere, f"{margin:g}", f"{weight:g}", len(found)),
            *(f"{mean['auc']:.3f}", f"{mean['gain']:+.3f}", f"{error:.3f}"),
            f"{mean['other_class_distance']:.2f}",
            *(f"{mean[f'{pair}_active']:.0%}" for pair in ("other_class", "own_negative")),
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def _task(row: dict[str, object]) -> tuple[str, int, LossSettings]:
    """Return which training a row of the table is of."""
    loss = LossSettings(**{field.name: row[field.name] for field in fields(LossSettings)})
    return row["part"], row["seed"], loss


def _parts(data: Path, cache: Path, inner: bool) -> list[Part]:
    """Cut the ROIs, and part the masses: the two outer folds, or both halves of their training."""
    masses, rois = cache / "masses.csv", cache / "rois.npy"
    if not rois.exists():
        read_masses(format="table", root=data, masses=masses, records=cache / "records.csv")
        crop_rois(masses=masses, root=data, size=SIZE, context=1.5, border="shift", rois=rois)
    table, _ = read_all_reals(masses, rois)
    rows, label, patient = np.arange(len(table)), table["label"], table["patient_id"]
    parts = []
    for name, training, measured in _halves("outer", rows, label, patient, seed=0):
        halves = _halves(f"{name}_inner", training, label, patient, seed=1)
        parts += halves if inner else [Part(name, training, measured)]
    return parts


def _halves(
    name: str, rows: np.ndarray, label: pd.Series, patient: pd.Series, seed: int
) -> list[Part]:
    fold = assign_folds(label[rows].to_numpy(), patient[rows].to_numpy(str), 2, seed)
    return [
        Part(f"{name}{number}", rows[fold != number], rows[fold == number]) for number in (0, 1)
    ]


def _make_nodes(cache: Path, part: Part) -> None:
    """Make the neighbours of a part's training masses, if the cache has none."""
    file = cache / f"{part.name}.npz"
    if file.exists():
        return
    table, images = read_all_reals(cache / "masses.csv", cache / "rois.npy")
    label = table["label"].to_numpy(np.int64)
    made = CONFIG["neighbours"]
    settings = NeighbourSettings(
        made["amplitude"], made["correlation_length"], made["basis_size"], 100, 0.01, 100
    )
    columns = [(images[part.training], np.full(len(part.training), REAL), label[part.training])]
    for sign, kind in KINDS.items():
        for own in (0, 1):
            reals = images[part.training[label[part.training] == own]]
            generator = np.random.default_rng([own, kind])
            found = find_neighbours(reals, sign, PER_MASS * len(reals), settings, generator).rois
            columns.append((found, np.full(len(found), kind), np.full(len(found), own)))
    rois, kinds, labels = (np.concatenate(column) for column in zip(*columns, strict=True))
    write_arrays(file, rois=rois, kind=kinds, label=labels)


def _nodes(cache: Path, part: Part) -> Nodes:
    made = read_arrays(cache / f"{part.name}.npz")
    data = ExpandedData(made["rois"], made["kind"], made["label"], np.arange(len(made["kind"])))
    near = neighbourhoods(data.rois, data.kind, data.label, *POINT)
    graph = signed_graph(ranked_graph(near, len(data.rois)), *POINT)
    return with_a_role(data, graph, classify_negatives=False)


def _train(cache: Path, steps: int, task: tuple[Part, int, LossSettings]) -> dict[str, object]:
    part, seed, loss = task
    prepare_device("cpu", threads=1, deterministic=True)
    network = Network(SIZE, WIDTH, seed=seed)
    never = Checkpoint(Path("/nowhere"), "", math.inf)
    nodes = _nodes(cache, part)
    history = train(network, nodes, seed, loss, replace(SETTINGS, steps=steps), never)
    table, images = read_all_reals(cache / "masses.csv", cache / "rois.npy")
    probability, _ = predict(network, np.array(images[part.measured]), 32, "cpu")
    label = table["label"].to_numpy()[part.measured]
    found = {"part": part.name, "seed": seed, **asdict(loss), "auc": auc(label, probability)}
    return found | {name: value for name, value in history[-1].items() if name not in found}


if __name__ == "__main__":
    run(loss_settings)
