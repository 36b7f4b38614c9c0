# Colours and sizes of all: scripts/coin/figures/style.py.
# Needs: ROIs, neighbours, graphs, runs and tables.
# Makes: figures/*.pdf and .png, with the data they show written on them.

FIGURE_NAMES = ["fig1", "fig2", "fig3", "fig4", "fig5a", "fig5b", "fig6", "rois", "neighbours"]
FIGURE_NAMES += ["roc", "calibration", "failures", "subgroups", "leakage"]
FIGURES = expand("<results>/figures/{name}.{kind}", name=FIGURE_NAMES, kind=["pdf", "png"])


use rule job as plot_fig1 with:
    input:
        **STUDY_DATA,
        code=program("plot_fig1"),
    output:
        figure=expand("<results>/figures/<figure>.{kind}", kind=["pdf", "png"]),
        record="<results>/provenance/plot_<figure>.json",
    log:
        "<results>/logs/plot_<figure>.log",
    benchmark:
        "<results>/benchmarks/plot_<figure>.tsv"
    pathvars:
        figure="fig1",
    conda:
        "../envs/figures.yaml"
    params:
        settings=options(data=DATA, seed=SEEDS[0]),


use rule plot_fig1 as plot_fig2 with:
    input:
        **STUDY_DATA,
        cgan=expand(CGAN_IMAGES, label=CLASS_NAMES, **FIRST),
        positive=expand(NEIGHBOURS, sign="positive", label=CLASS_NAMES, **FIRST),
        negative=expand(NEIGHBOURS, sign="negative", label=CLASS_NAMES, **FIRST),
        code=program("plot_fig2"),
    pathvars:
        figure="fig2",
    params:
        settings=options(data=DATA),


use rule plot_fig1 as plot_fig3 with:
    input:
        rois=rules.crop_rois.output.rois,
        nodes=expand(NODES, **FIRST)[0],
        graph=expand(GRAPH, **FIRST)[0],
        neighbours=expand(ALL_NEIGHBOURS, **FIRST),
        code=program("plot_fig3"),
    pathvars:
        figure="fig3",
    params:
        settings=options(data=DATA, **CUT),


use rule plot_fig1 as plot_fig4 with:
    input:
        model=expand(f"{TRAINING}/model.safetensors", run=ARMS["coin"].run, **FIRST)[0],
        code=program("plot_fig4"),
    pathvars:
        figure="fig4",
    conda:
        "../envs/train.yaml"
    params:
        settings=options(data=DATA),


use rule plot_fig2 as plot_fig5a with:
    input:
        table="<results>/tables/fig5a.csv",
        code=program("plot_fig5a"),
    pathvars:
        figure="fig5a",


use rule plot_fig2 as plot_fig5b with:
    input:
        table="<results>/tables/fig5b.csv",
        code=program("plot_fig5b"),
    pathvars:
        figure="fig5b",


# The models of the first fold and seed, and all folds' held-out predictions of that seed.
FIG6_RUNS = [ARMS[name].run for name in FIG6]


use rule plot_fig1 as plot_fig6 with:
    input:
        **STUDY_DATA,
        latents=expand(f"{TRAINING}/latent.npy", run=FIG6_RUNS, **FIRST),
        predictions=expand(PREDICTIONS, run=FIG6_RUNS, **FIRST),
        pooled=expand(PREDICTIONS, run=FIG6_RUNS, fold=FOLDS, seed=SEEDS[0]),
        code=program("plot_fig6"),
    pathvars:
        figure="fig6",


use rule plot_fig2 as plot_rois with:
    input:
        **STUDY_DATA,
        code=program("plot_rois"),
    pathvars:
        figure="rois",


use rule plot_fig2 as plot_neighbours with:
    input:
        table=rules.assess_neighbours.output.table,
        code=program("plot_neighbours"),
    pathvars:
        figure="neighbours",


use rule plot_fig2 as plot_leakage with:
    input:
        table="<results>/tables/leakage.csv",
        code=program("plot_leakage"),
    pathvars:
        figure="leakage",


# The arms of Tables I and II, a panel each.
SHOWN = {name: RUN_OF[name] for name in (*TABLE1, "coin", "no_graph", *OTHER_ARMS)}


use rule plot_fig2 as plot_roc with:
    input:
        **held_out(*SHOWN.values()),
        metrics=INTERVALS,
        code=program("plot_roc"),
    pathvars:
        figure="roc",
    params:
        settings=options(data=DATA, arms=SHOWN),


use rule plot_roc as plot_calibration with:
    input:
        **held_out(*SHOWN.values()),
        metrics=INTERVALS,
        code=program("plot_calibration"),
    pathvars:
        figure="calibration",


use rule plot_fig2 as plot_failures with:
    input:
        **STUDY_DATA,
        predictions=expand(PREDICTIONS, run=RUN_OF["coin"], fold=FOLDS, seed=SEEDS),
        code=program("plot_failures"),
    pathvars:
        figure="failures",
    params:
        settings=options(data=DATA, arm="coin"),


use rule plot_fig2 as plot_subgroups with:
    input:
        table="<results>/tables/subgroups.csv",
        code=program("plot_subgroups"),
    pathvars:
        figure="subgroups",
