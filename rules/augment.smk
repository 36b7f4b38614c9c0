# Needs: masses.csv, rois.npy, folds.csv.
# Makes: the positive and negative neighbours of each class, and the images of the conditional GAN,
# each from a fold's training part alone.

# In the order of the graph's nodes; what the GAN makes is like neighbours on the manifold.
NEIGHBOURS = "<results>/fold{fold}/neighbours/{sign}_{label}.npz"
CGAN_IMAGES = "<results>/fold{fold}/cgan/positive_{label}.npz"
ALL_NEIGHBOURS = expand(NEIGHBOURS, sign=SIGNS, label=CLASS_NAMES, allow_missing=True)

# An input where there is such a file, so that a change of it is noticed.
WEIGHTS_FILE = config["cgan"]["vgg19_weights"]
VGG19_WEIGHTS = {"vgg19_weights": WEIGHTS_FILE} if WEIGHTS_FILE else {}


use rule job as make_neighbours with:
    input:
        **FOLD_DATA,
        code=program("make_neighbours"),
    output:
        neighbours=NEIGHBOURS,
        record="<record>",
    pathvars:
        job="make_neighbours,fold={fold},sign={sign},label={label}",
    conda:
        "../envs/learn.yaml"
    params:
        settings=lambda wildcards: options(wildcards, **config["neighbours"]),


use rule job as train_cgan with:
    input:
        **VGG19_WEIGHTS,
        **FOLD_DATA,
        code=program("train_cgan"),
    output:
        images=CGAN_IMAGES,
        history="<results>/fold{fold}/cgan/{label}_history.csv",
        record="<record>",
    pathvars:
        job="train_cgan,fold={fold},label={label}",
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        **TRAINING_RESOURCES,
    params:
        settings=lambda wildcards: options(
            wildcards,
            per_mass=config["neighbours"]["per_mass"],
            device=config["training"]["device"],
            threads=config["training"]["threads"],
            deterministic=config["training"]["deterministic"],
            **{key: value for key, value in config["cgan"].items() if key != "vgg19_weights"},
        ),
