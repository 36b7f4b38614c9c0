# What each program is told, from the config. A rule's `params: settings=` names one of these.

NO_SETTINGS = {}


# ---- data -----------------------------------------------------------------------------------------

PHANTOM_SETTINGS = config["data"].get("phantom", {})
READ_SETTINGS = dict(
    format="inbreast" if PHANTOM else config["data"]["format"],
    root=DATA_ROOT,
    on_error=config["data"].get("on_error", "stop"),
    settings=config["data"].get("inbreast" if PHANTOM else config["data"]["format"], {}),
)
ROI_SETTINGS = dict(root=DATA_ROOT, **config["roi"])
FOLD_SETTINGS = dict(
    group_by=config["protocol"]["group_by"],
    count=config["protocol"]["folds"],
    split_seed=config["protocol"]["split_seed"],
)
ALL_SETTINGS = dict(settings=config)


# ---- neighbours, graph, training ------------------------------------------------------------------


def neighbour_settings(wildcards):
    return dict(
        fold=int(wildcards.fold),
        label=CLASSES.index(wildcards.label),
        sign=wildcards.sign,
        **config["neighbours"],
    )


def cgan_settings(wildcards):
    return dict(
        fold=int(wildcards.fold),
        label=CLASSES.index(wildcards.label),
        per_mass=config["neighbours"]["per_mass"],
        **{name: config["training"][name] for name in ("device", "threads", "deterministic")},
        **{name: value for name, value in config["cgan"].items() if name != "vgg19_weights"},
    )


# An input where there is such a file, so that a change of it is noticed.
WEIGHTS_FILE = config["cgan"]["vgg19_weights"]
VGG19_WEIGHTS = {"vgg19_weights": WEIGHTS_FILE} if WEIGHTS_FILE else {}


def graph_settings(wildcards):
    return dict(fold=int(wildcards.fold), anchors=config["graph"]["anchors"], nearest=NEAREST)


def table1_settings(wildcards):
    """Return the settings of a row of Table I: cross-entropy alone, no graph."""
    flips_and_rotations = (
        wildcards.run == "conventional" or config["training"]["flips_and_rotations"]
    )
    return dict(
        _training_settings(wildcards, weight=0),
        graph=None,
        n_positive=0,
        n_negative=0,
        flips_and_rotations=flips_and_rotations,
    )


def coin_settings(wildcards):
    return dict(
        _training_settings(wildcards, weight=float(wildcards.weight)),
        n_positive=int(wildcards.n_positive),
        n_negative=int(wildcards.n_negative),
    )


def _training_settings(wildcards, weight):
    return dict(
        fold=int(wildcards.fold),
        seed=int(wildcards.seed),
        context=config["roi"]["context"],
        **config["training"],
        **config["network"],
        **dict(config["loss"], weight=weight),
    )


# One GPU is asked for exactly when it is used.
TRAINING_RESOURCES = {"gpu": 1} if config["training"]["device"] == "cuda" else {}


# ---- tables and figures ---------------------------------------------------------------------------

DATA_SETTINGS = dict(data=DATA_NAME)
FIG3_SETTINGS = dict(data=DATA_NAME, n_positive=COIN_POINT[0], n_negative=COIN_POINT[1])
FIG5_SETTINGS = dict(data=DATA_NAME, points=GRID, weights=config["grid"]["weights"])
EMBEDDING_SETTINGS = dict(data=DATA_NAME, seed=FIRST_SEED)
