# What all rules share: the checked settings, the command lines, and the names of files.
# Rules `exec` their program, so that it is Snakemake's own child and can end with it.

import json
import shlex
import sys
from itertools import product
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(workflow.basedir, "scripts")))

from coin.modules import imported_modules
from coin.settings import problems, with_types

SCHEMA = yaml.safe_load(Path(workflow.basedir, "schemas/config.schema.yaml").read_text())
config = with_types(config, SCHEMA)


def config_problems():
    if wrong := problems(config, SCHEMA):
        return wrong
    data_format, root = config["data"]["format"], config["data"]["root"]
    if data_format == "phantom":
        return ["data.root: the phantom makes its own data; set it to null"] if root else []
    if root is None or not Path(root).is_dir():
        return [
            f"data.root: found {root}, expected the folder of the {data_format} data; give its path"
        ]
    return []


if wrong := config_problems():
    sys.exit("\n".join(f"config: {line}" for line in wrong))


# ---- command lines --------------------------------------------------------------------------------


def program(name):
    """Return the files whose edits change what scripts/<name>.py does: its rule's `code` input."""
    files = imported_modules(Path(workflow.basedir, "scripts", f"{name}.py"))
    return [str(file.relative_to(workflow.basedir)) for file in files]


def options(settings):
    """Render a rule's named inputs, outputs and settings as its program's options.

    `settings` is a mapping, or a function from wildcards to one. It also stands in the rule's params
    by itself, since that is where Snakemake sees a change of it. `code` and `raw` are inputs that no
    option names.
    """

    def render(wildcards, input, output):
        files = [(name, value) for name, value in input.items() if name not in ("code", "raw")]
        values = settings(wildcards) if callable(settings) else settings
        named = dict([*files, *output.items(), *values.items()])
        return " ".join(f"--{name} {shlex.quote(_text(value))}" for name, value in named.items())

    return render


def _text(value):
    if isinstance(value, str):
        return value
    return json.dumps(list(value) if isinstance(value, (list, tuple)) else value)


# ---- names ----------------------------------------------------------------------------------------

RESULTS = f"results/{config['study']}"
PHANTOM = config["data"]["format"] == "phantom"
DATA_ROOT = f"{RESULTS}/raw" if PHANTOM else config["data"]["root"]
# Printed on every table and figure, so that none is taken for what it is not.
DATA_NAME = "synthetic phantom" if PHANTOM else config["data"].get("name") or config["study"]

CLASSES = ["benign", "malignant"]
SIGNS = ["positive", "negative"]
FOLDS = range(config["protocol"]["folds"])
SEEDS = config["protocol"]["seeds"]
FIRST_FOLD, FIRST_SEED = FOLDS[0], SEEDS[0]

TABLE_SUFFIXES = {"csv": "csv", "markdown": "md", "latex": "tex"}


def raw_files(wildcards):
    """Return the files that the study is made from; a changed one is read again."""
    if PHANTOM:
        return DATA_ROOT
    files = (path for path in Path(DATA_ROOT).rglob("*") if path.is_file())
    return sorted(str(path) for path in files if not path.name.startswith("."))


def neighbour_files(fold="{fold}", signs=SIGNS):
    """Return the neighbour sets of a fold, in the order of the graph's nodes."""
    folder = f"{RESULTS}/fold{fold}/neighbours"
    return [f"{folder}/{sign}_{label}.npz" for sign in signs for label in CLASSES]


def cgan_files(fold="{fold}"):
    """Return what the conditional GAN made in a fold: like neighbours on the manifold."""
    return [f"{RESULTS}/fold{fold}/cgan/positive_{label}.npz" for label in CLASSES]


def graph_file(fold="{fold}"):
    return f"{RESULTS}/fold{fold}/graph/nearest.npz"


def table_files(name, prefix=""):
    return {prefix + kind: f"{RESULTS}/tables/{name}.{end}" for kind, end in TABLE_SUFFIXES.items()}


def figure_files(name):
    return {suffix: f"{RESULTS}/figures/{name}.{suffix}" for suffix in ("pdf", "png")}


# ---- runs: a model for each fold and seed ---------------------------------------------------------


def coin_run(n_positive, n_negative, weight):
    return f"positive{n_positive}_negative{n_negative}_weight{weight}"


def training_files(run, fold="{fold}", seed="{seed}"):
    folder = f"{RESULTS}/runs/{run}/fold{fold}_seed{seed}"
    return dict(
        model=f"{folder}/model.safetensors",
        predictions=f"{folder}/predictions.csv",
        latent=f"{folder}/latent.npy",
        history=f"{folder}/history.csv",
    )


def metrics_of(run):
    return f"{RESULTS}/runs/{run}/metrics.csv"


def table1_neighbours(wildcards):
    """Return what a row of Table I adds to the training fold's real masses."""
    made = {
        "cgan": cgan_files(wildcards.fold),
        "adversarial": neighbour_files(wildcards.fold, ["positive"]),
    }
    return made.get(wildcards.run, [])


COIN_POINT = (config["graph"]["n_positive"], config["graph"]["n_negative"])
WEIGHT = f"{config['loss']['weight']:.12g}"
GRID_WEIGHT = "1"  # the paper searches its grid at lambda = 1
GRID = list(product(config["grid"]["n_positive"], config["grid"]["n_negative"]))
SWEEP = [f"{weight:.12g}" for weight in config["grid"]["weights"]]
# The largest n+ and n- that some table or figure needs, and some to spare, so that a point added to
# the grid need not search again and so retrain the others.
NEAREST = max(8, *COIN_POINT, *config["grid"]["n_positive"], *config["grid"]["n_negative"])
# The three models of Fig. 6; the first and the last are also rows of Table II.
NO_GRAPH = coin_run(*COIN_POINT, 0)
NO_NEGATIVES = coin_run(COIN_POINT[0], 0, WEIGHT)
COIN = coin_run(*COIN_POINT, WEIGHT)


def first_models(kind):
    """Return a file of each of Fig. 6's models, of the first fold and seed."""
    runs = (NO_GRAPH, NO_NEGATIVES, COIN)
    return [training_files(run, FIRST_FOLD, FIRST_SEED)[kind] for run in runs]


def pooled_predictions():
    """Return the held-out predictions of Fig. 6's runs: every fold of the first seed, run by run."""
    runs = (NO_GRAPH, NO_NEGATIVES, COIN)
    return [training_files(run, fold, FIRST_SEED)["predictions"] for run in runs for fold in FOLDS]


wildcard_constraints:
    fold=r"\d+",
    seed=r"\d+",
    label="|".join(CLASSES),
    sign="|".join(SIGNS),
    run="[^/]+",
    n_positive=r"\d+",
    n_negative=r"\d+",
    weight=r"[0-9.e+-]+",
