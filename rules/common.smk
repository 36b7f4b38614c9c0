# What all rules share: the checked settings, where code and results lie, and the names of files.

import sys
from pathlib import Path

# The code lies beside the Snakefile, the results under the working directory.
SOURCE = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parent
sys.path.insert(0, str(SOURCE / "scripts"))

from coin.common.conventions import CLASS_NAMES, SIGNS, point_arm, weight_arm
from coin.common.errors import BadInput
from coin.data.datasets.account import ASSESSMENT, LABELS_ARE
from coin.paper.exhibits import read_exhibits
from coin.provenance.job_record import files_in, name_of
from coin.provenance.source_files import imported_modules, workflow_files
from coin.workflow.arms import FIG6, TABLE1, arm_of, arms, baselines, grid, nearest, runs
from coin.workflow.arms import LEAKAGE, not_leaked, peers, reading, training_options
from coin.workflow.command_line import files, files_and_threads, files_of_parts, options
from coin.workflow.command_line import prefer_own_python
from coin.workflow.study_config import repeated_configfile, study_config

prefer_own_python()
if wrong := repeated_configfile(sys.argv):
    sys.exit(wrong)

# Where the config comes from, later ones over earlier ones: what an audit merges again. A module's
# comes from the Snakefile that imports it.
DEFAULTS, SCHEMA = SOURCE / "config.yaml", SOURCE / "schemas/config.schema.yaml"
CONFIG_FILES = [] if workflow.modifier.is_module else workflow.overwrite_configfiles
CONFIG_SOURCES = dict(
    files=[name_of(Path(file), Path.cwd()) for file in (DEFAULTS, *CONFIG_FILES)],
    config=dict(config if workflow.modifier.is_module else workflow.config_settings.config),
)
try:
    config = study_config(config, DEFAULTS, SCHEMA)
    ARMS, RUN_OF = arms(config), runs(config)
except BadInput as problem:
    sys.exit(str(problem))

# ---- the study ------------------------------------------------------------------------------------

RESULTS = f"results/{config['study']}"
PHANTOM = config["data"]["format"] == "phantom"
DATA_ROOT = f"{RESULTS}/raw" if PHANTOM else config["data"]["root"]
# What tables and figures call the data, so that none is taken for what it is not.
DATA = "synthetic phantom" if PHANTOM else config["data"].get("name") or config["study"]
if LABELS_ARE[config["data"]["format"]] == ASSESSMENT:
    DATA += " (BI-RADS, not pathology)"
# With the data's own split there is one fold, which holds out what is called test.
SPLIT = config["protocol"]["split"]
FOLDS = range(config["protocol"]["folds"] if SPLIT == "folds" else 1)
SEEDS = config["protocol"]["seeds"]
CUT = dict(n_positive=config["graph"]["n_positive"], n_negative=config["graph"]["n_negative"])
FIRST = dict(fold=FOLDS[0], seed=SEEDS[0])


wildcard_constraints:
    fold=r"\d+",
    seed=r"\d+",
    way="[a-z]+",
    run="[^/]+",


# ---- names of files -------------------------------------------------------------------------------


def records(job, **parts):
    """Return the records of a job's parts."""
    return expand(f"<study>/provenance/{job}.json", allow_missing=True, **parts)


def program(name):
    """Return scripts/<name>.py and the modules it imports: an edit to one runs its rule again."""
    modules = imported_modules(SOURCE / "scripts" / f"{name}.py")
    return [name_of(file, Path.cwd()) for file in modules]


# One GPU is asked for exactly when it is used.
TRAINING_RESOURCES = {"gpu": 1} if config["training"]["device"] == "cuda" else {}


def augmentation(wildcards):
    """Return what an arm trains on beside the real masses."""
    return arm_of(wildcards.run, config).augmentation


def metrics(*names):
    """Return the metrics of arms."""
    return expand("<results>/runs/{run}/metrics.csv", run=[ARMS[name].run for name in names])


def held_out(*runs):
    """Return what intervals are drawn from: runs' held-out predictions, on the same resamples."""
    return dict(
        masses=rules.read_masses.output.masses,
        predictions=expand(PREDICTIONS, run=dict.fromkeys(runs), fold=FOLDS, seed=SEEDS),
    )


# ---- leakage --------------------------------------------------------------------------------------


def leaky(job):
    """Return where the results of a leaky job lie, and how it and its records are named."""
    return dict(results=f"{RESULTS}/leaky/{{way}}", leaky="_leaky,way={way}", job=job)


def before_split(files):
    """Return a fold's files as they are called where all folds share them."""
    return [file.replace("fold{fold}", "all") for file in files]


def leaky_neighbours(files, fold, wildcards):
    """Return a leaky fold's neighbours: its own, or those that were made before the split."""
    made = before_split(files) if wildcards.way == "neighbours" else files
    return expand(made, fold=fold, seed=wildcards.seed)


def leaky_predictions(way):
    """Return what leaky trainings of a way say; without neighbours, these leak nothing."""
    augmented = [name for name in LEAKAGE if ARMS[name].augmentation != "none"]
    names = augmented if way == "neighbours" else LEAKAGE
    return expand(
        f"{RESULTS}/leaky/{way}/{PREDICTIONS.removeprefix('<results>/')}",
        run=[] if way in NOT_LEAKED else sorted({ARMS[name].run for name in names}),
        fold=FOLDS,
        seed=LEAKY_SEEDS,
    )


# ---- the report -----------------------------------------------------------------------------------


def source_file(name):
    """Return a file of the workflow as an input, so that an edit to it is noticed."""
    return name_of(SOURCE / name, Path.cwd())


def in_report(kind, name):
    """Return a file that the report shows, with its place there and its words."""
    exhibit = EXHIBITS[kind, name]
    return report(
        REPORT_FILES[kind, name],
        caption=str(Path.cwd() / RESULTS / "captions" / exhibit.caption_file),
        category=exhibit.category,
        labels={"Result": f"{exhibit.title}: {exhibit.shows}"},
    )
