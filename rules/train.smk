# Equations (5) and (6): scripts/coin/diagnosis/losses.py; (7): scripts/coin/diagnosis/training.py.
# Needs: rois.npy, folds.csv, neighbours, and for COIN a signed graph.
# Makes: runs/<run>/fold<k>_seed<s>/{model.safetensors,predictions.csv,latent.npy,history.csv}; an
# arm that is a program of its own makes the predictions alone.
# An arm's run is named as the arm, COIN's by n+, n- and lambda.

TRAINING = "<results>/runs/{run}/fold{fold}_seed{seed}"
PREDICTIONS = f"{TRAINING}/predictions.csv"
RUNS = sorted(set(RUN_OF.values()))
PROGRAMS = {arm.run: arm.program for arm in ARMS.values() if arm.program}
IS_PROGRAMS = "|".join(PROGRAMS) or "(?!)"


# What an arm trains on beside the real masses.
MADE = {
    "none": [],
    "cgan": expand(CGAN_IMAGES, label=CLASS_NAMES, allow_missing=True),
    "positives": expand(NEIGHBOURS, sign="positive", label=CLASS_NAMES, allow_missing=True),
    "neighbours": ALL_NEIGHBOURS,
}


# A run's folds are trained one after the other in one process: torch takes seconds to start.
use rule train_cgan as train with:
    input:
        **FOLD_DATA,
        neighbours=lambda wildcards: [
            file
            for fold in FOLDS
            for file in expand(MADE[augmentation(wildcards)], fold=fold, seed=wildcards.seed)
        ],
        graph=lambda wildcards: expand(
            GRAPH if augmentation(wildcards) == "neighbours" else [],
            fold=FOLDS,
            seed=wildcards.seed,
        ),
        code=program("train"),
    output:
        model=expand(f"{TRAINING}/model.safetensors", fold=FOLDS, allow_missing=True),
        predictions=expand(PREDICTIONS, fold=FOLDS, allow_missing=True),
        latent=expand(f"{TRAINING}/latent.npy", fold=FOLDS, allow_missing=True),
        history=expand(f"{TRAINING}/history.csv", fold=FOLDS, allow_missing=True),
        record=records("train<leaky>,run={run},fold={fold},seed={seed}", fold=FOLDS),
    pathvars:
        job="train,run={run},seed={seed}",
    wildcard_constraints:
        run=f"(?!(?:{IS_PROGRAMS})[/,])[^/]+",
    params:
        files=files_of_parts(*(dict(fold=fold) for fold in FOLDS), lists=["neighbours"]),
        settings=lambda wildcards: options(
            wildcards,
            context=config["roi"]["context"],
            border=config["roi"]["border"],
            **training_options(arm_of(wildcards.run, config)),
        ),


# A method of another kind: a program that is told the fold, and writes its predictions.
use rule job as run_program with:
    input:
        unpack(lambda wildcards: PROGRAMS[wildcards.run].files),
        **FOLD_DATA,
        code=lambda wildcards: program(PROGRAMS[wildcards.run].name),
    output:
        predictions=expand(PREDICTIONS, fold=FOLDS, allow_missing=True),
        record=records("run_program,run={run},fold={fold},seed={seed}", fold=FOLDS),
    pathvars:
        job="run_program,run={run},seed={seed}",
    wildcard_constraints:
        run=IS_PROGRAMS,
    conda:
        lambda wildcards: f"../envs/{PROGRAMS[wildcards.run].environment}.yaml"
    threads: config["training"]["threads"]
    resources:
        **TRAINING_RESOURCES,
    params:
        files=files_of_parts(*(dict(fold=fold) for fold in FOLDS)),
        settings=lambda wildcards: options(wildcards, **PROGRAMS[wildcards.run].settings),


use rule job as evaluate with:
    input:
        predictions=expand(PREDICTIONS, run=RUNS, fold=FOLDS, seed=SEEDS),
        code=program("evaluate"),
    output:
        metrics=expand("<results>/runs/{run}/metrics.csv", run=RUNS),
        record=records("evaluate,run={run}", run=RUNS),
    pathvars:
        job="evaluate",
    params:
        files=files_of_parts(*(dict() for run in RUNS), lists=["predictions"]),
