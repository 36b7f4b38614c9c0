# Needs: rois.npy, folds.csv, neighbours, and for COIN a signed graph.
# Makes: runs/<run>/fold<k>_seed<s>/{model.safetensors,predictions.csv,latent.npy,history.csv}.
# An arm's run is named as the arm, COIN's by n+, n- and lambda.

TRAINING = "<results>/runs/{run}/fold{fold}_seed{seed}"


def trained_on(wildcards):
    """Return what an arm trains on beside the real masses, and its graph if it has one."""
    augmentation = arm_of(wildcards.run, config).augmentation
    made = {
        "none": [],
        "cgan": expand(CGAN_IMAGES, label=CLASS_NAMES, **wildcards),
        "positives": expand(NEIGHBOURS, sign="positive", label=CLASS_NAMES, **wildcards),
        "neighbours": expand(ALL_NEIGHBOURS, **wildcards),
    }
    graph = {"graph": expand(rules.build_graph.output.graph, **wildcards)[0]}
    return {"neighbours": made[augmentation], **(graph if augmentation == "neighbours" else {})}


use rule job as train with:
    input:
        unpack(trained_on),
        **FOLD_DATA,
        code=program("train"),
    output:
        model=f"{TRAINING}/model.safetensors",
        predictions=f"{TRAINING}/predictions.csv",
        latent=f"{TRAINING}/latent.npy",
        history=f"{TRAINING}/history.csv",
        record="<record>",
    pathvars:
        job="train,run={run},fold={fold},seed={seed}",
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        **TRAINING_RESOURCES,
    params:
        settings=lambda wildcards: options(
            wildcards,
            context=config["roi"]["context"],
            **training_options(arm_of(wildcards.run, config)),
        ),


use rule job as evaluate with:
    input:
        predictions=expand(
            rules.train.output.predictions, fold=FOLDS, seed=SEEDS, allow_missing=True
        ),
        code=program("evaluate"),
    output:
        metrics="<results>/runs/{run}/metrics.csv",
        record="<record>",
    pathvars:
        job="evaluate,run={run}",
