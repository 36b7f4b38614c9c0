# Equations (1) to (3): scripts/coin/neighbours/{discriminator,objectives}.py.
# Needs: masses.csv, rois.npy, folds.csv.
# Makes: the positive and negative neighbours of each class, and the images of the conditional GAN,
# each from a fold's training part alone, anew for every seed.

# In the order of the graph's nodes; what the GAN makes is like neighbours on the manifold.
NEIGHBOURS = "<results>/fold{fold}_seed{seed}/neighbours/{sign}_{label}.npz"
CGAN_IMAGES = "<results>/fold{fold}_seed{seed}/cgan/positive_{label}.npz"
CGAN_HISTORY = "<results>/fold{fold}_seed{seed}/cgan/{label}_history.csv"
SIGNS_AND_CLASSES = dict(sign=SIGNS, label=CLASS_NAMES)
ALL_NEIGHBOURS = expand(NEIGHBOURS, **SIGNS_AND_CLASSES, allow_missing=True)

# An input where there is such a file, so that a change of it is noticed.
WEIGHTS_FILE = config["cgan"]["vgg19_weights"]
VGG19_WEIGHTS = {"vgg19_weights": WEIGHTS_FILE} if WEIGHTS_FILE else {}


use rule make_folds as make_neighbours with:
    input:
        **FOLD_DATA,
        code=program("make_neighbours"),
    output:
        neighbours=ALL_NEIGHBOURS,
        record=records(
            "make_neighbours<leaky>,fold={fold},seed={seed},sign={sign},label={label}",
            **SIGNS_AND_CLASSES,
        ),
    pathvars:
        job="make_neighbours,fold={fold},seed={seed}",
    params:
        files=files_of_parts(*(dict(sign=sign, label=label) for sign in SIGNS for label in (0, 1))),
        settings=lambda wildcards: options(wildcards, **config["neighbours"]),


use rule job as train_cgan with:
    input:
        **VGG19_WEIGHTS,
        **FOLD_DATA,
        code=program("train_cgan"),
    output:
        images=expand(CGAN_IMAGES, label=CLASS_NAMES, allow_missing=True),
        history=expand(CGAN_HISTORY, label=CLASS_NAMES, allow_missing=True),
        record=records("train_cgan,fold={fold},seed={seed},label={label}", label=CLASS_NAMES),
    pathvars:
        job="train_cgan,fold={fold},seed={seed}",
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        **TRAINING_RESOURCES,
    params:
        files=files_of_parts(*(dict(label=label) for label in (0, 1))),
        settings=lambda wildcards: options(
            wildcards,
            per_mass=config["neighbours"]["per_mass"],
            **{key: config["training"][key] for key in ("device", "threads", "deterministic")},
            **{key: value for key, value in config["cgan"].items() if key != "vgg19_weights"},
        ),
