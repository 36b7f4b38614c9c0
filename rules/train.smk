# Needs: rois.npy, folds.csv, neighbours, and for COIN a signed graph.
# Makes: runs/<run>/fold<k>_seed<s>/{model.safetensors,predictions.csv,latent.npy,history.csv}.
# Runs of Table I are named none, conventional, cgan, adversarial; COIN's by n+, n- and lambda.

COIN_RUN = coin_run("{n_positive}", "{n_negative}", "{weight}")


rule train:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        folds=rules.make_folds.output.folds,
        neighbours=table1_neighbours,
        code=program("train"),
    output:
        **training_files("{run}"),
        record=record_file("train", "run", "fold", "seed"),
    log:
        f"{RESULTS}/logs/train_{{run}}_fold{{fold}}_seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_{{run}}_fold{{fold}}_seed{{seed}}.tsv"
    wildcard_constraints:
        run="none|conventional|cgan|adversarial",
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        **TRAINING_RESOURCES,
    params:
        settings=settings_of("train"),
        options=options("train"),
    shell:
        "exec python scripts/train.py {params.options} > {log} 2>&1"


use rule train as train_coin with:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        folds=rules.make_folds.output.folds,
        neighbours=neighbour_files(),
        graph=graph_file(),
        code=program("train"),
    output:
        **training_files(COIN_RUN),
        record=record_file("train_coin", "n_positive", "n_negative", "weight", "fold", "seed"),
    log:
        f"{RESULTS}/logs/train_{COIN_RUN}_fold{{fold}}_seed{{seed}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_{COIN_RUN}_fold{{fold}}_seed{{seed}}.tsv"
    params:
        settings=settings_of("train_coin"),
        options=options("train_coin"),


rule evaluate:
    input:
        predictions=[
            training_files("{run}", fold, seed)["predictions"] for fold in FOLDS for seed in SEEDS
        ],
        code=program("evaluate"),
    output:
        metrics=metrics_of("{run}"),
        record=record_file("evaluate", "run"),
    log:
        f"{RESULTS}/logs/evaluate_{{run}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/evaluate_{{run}}.tsv"
    conda:
        "../envs/tables.yaml"
    params:
        settings=settings_of("evaluate"),
        options=options("evaluate"),
    shell:
        "exec python scripts/evaluate.py {params.options} > {log} 2>&1"
