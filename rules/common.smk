# What all rules share: the checked settings, the command lines, and the names of files.
# Rules `exec` their program, so that it is Snakemake's own child and can end with it.

import json
import shlex
import sys
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(workflow.basedir, "scripts")))

from coin.workflow import plan
from coin.common.conventions import CLASS_NAMES
from coin.workflow.source_files import imported_modules
from coin.provenance.job_record import files_in, name_of
from coin.workflow.schema import problems, with_types

# Where the config comes from, later ones over earlier ones: what an audit merges again.
CONFIG_SOURCES = dict(
    files=[
        name_of(file, Path.cwd())
        for file in (Path(workflow.basedir, "config.yaml"), *workflow.overwrite_configfiles)
    ],
    config=dict(workflow.config_settings.config),
)
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


def settings_of(rule):
    """Return the function from wildcards to the settings of a rule's program.

    It stands in the rule's params by itself, since that is where Snakemake sees a change of it.
    """
    return lambda wildcards: plan.settings(rule, dict(wildcards.items()), config)


def options(rule):
    """Render a rule's named inputs, outputs and settings as its program's options.

    `code` and `raw` are inputs that no option names.
    """

    def render(wildcards, input, output):
        files = [(name, value) for name, value in input.items() if name not in ("code", "raw")]
        settings = settings_of(rule)(wildcards)
        named = dict([*files, *output.items(), *settings.items()])
        return " ".join(f"--{name} {shlex.quote(_text(value))}" for name, value in named.items())

    return render


def _text(value):
    if isinstance(value, str):
        return value
    return json.dumps(list(value) if isinstance(value, (list, tuple)) else value)


# ---- names ----------------------------------------------------------------------------------------

RESULTS = plan.results(config)
PHANTOM = plan.is_phantom(config)
DATA_ROOT = plan.data_root(config)
CHECKSUMS = f"{DATA_ROOT}.sha256"  # of the phantom's files
FOLDS = range(config["protocol"]["folds"])
SEEDS = config["protocol"]["seeds"]
FIRST_FOLD, FIRST_SEED = FOLDS[0], SEEDS[0]

TABLE_SUFFIXES = {"csv": "csv", "markdown": "md", "latex": "tex"}


def raw_files(wildcards):
    """Return the files that the study is made from; a changed one is read again."""
    if PHANTOM:
        return CHECKSUMS
    return [str(path) for path in files_in([Path(DATA_ROOT)])]


def workflow_files():
    """Return the files that the workflow and its environments are made of, as far as they are here."""
    parts = (
        *("Snakefile", "config.yaml", "README.md", "Makefile", "pyproject.toml"),
        *("requirements.txt", "requirements-slurm.txt", "requirements-test.txt", "constraints.txt"),
        *("rules", "scripts", "schemas", "envs", "profiles", "studies"),
    )
    files = files_in(map(Path, parts))
    return [str(file) for file in files if "__pycache__" not in file.parts]


def neighbour_files(fold="{fold}", signs=plan.SIGNS):
    """Return the neighbour sets of a fold, in the order of the graph's nodes."""
    folder = f"{RESULTS}/fold{fold}/neighbours"
    return [f"{folder}/{sign}_{label}.npz" for sign in signs for label in CLASS_NAMES]


def cgan_files(fold="{fold}"):
    """Return what the conditional GAN made in a fold: like neighbours on the manifold."""
    return [f"{RESULTS}/fold{fold}/cgan/positive_{label}.npz" for label in CLASS_NAMES]


def graph_file(fold="{fold}"):
    return f"{RESULTS}/fold{fold}/graph/nearest.npz"


def record_file(rule, *wildcards):
    """Return where the record of a rule's jobs lies: its name says the rule and the wildcards."""
    job = ",".join([rule, *(f"{name}={{{name}}}" for name in wildcards)])
    return f"{RESULTS}/provenance/{job}.json"


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


COIN_POINT = plan.coin_point(config)
WEIGHT = plan.weight_name(config["loss"]["weight"])
GRID = plan.grid(config)
SWEEP = [plan.weight_name(weight) for weight in config["grid"]["weights"]]
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


# An input where there is such a file, so that a change of it is noticed.
WEIGHTS_FILE = config["cgan"]["vgg19_weights"]
VGG19_WEIGHTS = {"vgg19_weights": WEIGHTS_FILE} if WEIGHTS_FILE else {}

# One GPU is asked for exactly when it is used.
TRAINING_RESOURCES = {"gpu": 1} if config["training"]["device"] == "cuda" else {}


wildcard_constraints:
    fold=r"\d+",
    seed=r"\d+",
    label="|".join(CLASS_NAMES),
    sign="|".join(plan.SIGNS),
    run="[^/]+",
    n_positive=r"\d+",
    n_negative=r"\d+",
    weight=r"[0-9.e+-]+",
