# What leakage is worth: the same trainings, with folds that patients cross or with neighbours made
# before the split: scripts/coin/evaluation/leakage.py.
# Needs: masses.csv, rois.npy, folds.csv, and the study's own held-out predictions.
# Makes: leaky/<way>/, laid out as the study, and of it tables/leakage. Nothing else reads from leaky/.

NOT_LEAKED = not_leaked(config)
LEAKY_SEEDS = SEEDS[: config["leakage"]["seeds"]]
LEAKY_ARMS = {name: ARMS[name].run for name in LEAKAGE}
CELLS = {point_arm(point): ARMS[point_arm(point)].run for point in grid(config)}


use rule make_folds as make_folds_leaky with:
    input:
        masses=rules.read_masses.output.masses,
        code=program("make_leaky_folds"),
    pathvars:
        **leaky("make_folds_leaky,way={way}"),
    params:
        settings=lambda wildcards: options(
            group_by=wildcards.way, count=len(FOLDS), split_seed=SPLIT_SEED
        ),


LEAKY_DATA = dict(
    **STUDY_DATA,
    folds=lambda wildcards: (
        rules.make_folds if wildcards.way == "neighbours" else rules.make_folds_leaky
    ).output.folds,
)


use rule make_neighbours as make_neighbours_leaky with:
    input:
        **LEAKY_DATA,
        code=program("make_neighbours"),
    pathvars:
        **leaky("make_neighbours_leaky,way={way},fold={fold},seed={seed}"),


use rule make_neighbours as make_unsplit_neighbours with:
    input:
        **STUDY_DATA,
        code=program("make_unsplit_neighbours"),
    output:
        neighbours=before_split(ALL_NEIGHBOURS),
        record=records(
            "make_unsplit_neighbours,seed={seed},sign={sign},label={label}", **SIGNS_AND_CLASSES
        ),
    pathvars:
        results=f"{RESULTS}/leaky/neighbours",
        job="make_unsplit_neighbours,seed={seed}",


use rule build_graph as build_graph_leaky with:
    input:
        **LEAKY_DATA,
        neighbours=lambda wildcards: leaky_neighbours(ALL_NEIGHBOURS, wildcards.fold, wildcards),
        code=program("build_graph"),
    pathvars:
        **leaky("build_graph_leaky,way={way},fold={fold},seed={seed}"),


use rule train as train_leaky with:
    input:
        **LEAKY_DATA,
        neighbours=lambda wildcards: [
            file
            for fold in FOLDS
            for file in leaky_neighbours(MADE[augmentation(wildcards)], fold, wildcards)
        ],
        graph=lambda wildcards: expand(
            GRAPH if augmentation(wildcards) == "neighbours" else [],
            fold=FOLDS,
            seed=wildcards.seed,
            allow_missing=True,
        ),
        code=program("train"),
    pathvars:
        **leaky("train_leaky,way={way},run={run},seed={seed}"),


use rule measure_arms as make_leakage with:
    input:
        masses=rules.read_masses.output.masses,
        own=expand(
            PREDICTIONS,
            run=sorted({*LEAKY_ARMS.values(), *CELLS.values()}),
            fold=FOLDS,
            seed=LEAKY_SEEDS,
        ),
        image=leaky_predictions("image"),
        mass=leaky_predictions("mass"),
        neighbours=leaky_predictions("neighbours"),
        code=program("make_leakage"),
    pathvars:
        job="make_leakage",
        table="leakage",
    params:
        settings=options(data=DATA, arms=LEAKY_ARMS, cells=CELLS, not_made=NOT_LEAKED),
