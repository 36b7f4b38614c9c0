# Needs: the metrics of runs, and neighbours.
# Makes: tables/, the paper's as .csv, .md, .tex and, for the report, .html; what the neighbours
# are like.

TABLE_KINDS = ["csv", "md", "tex", "html"]
TABLE_NAMES = ["table1", "table2", "fig5a", "fig5b", "readings"]
TABLE_NAMES += ["metrics", "comparisons", "claims", "leakage", "subgroups"]
TABLES = expand("<results>/tables/{name}.{kind}", name=TABLE_NAMES, kind=TABLE_KINDS)
TABLES += ["<results>/tables/neighbours.csv"]


# Peers and a user's own rows stand in Table II, but for readings, which have a table of theirs.
OTHER_ARMS = [name for name in [*peers(config), *config["arms"]] if name not in config["readings"]]


HELD_OUT = held_out(*RUNS)
INTERVALS = "<results>/tables/metrics.csv"


use rule job as measure_arms with:
    input:
        **HELD_OUT,
        code=program("measure_arms"),
    output:
        table=expand("<results>/tables/<table>.{kind}", kind=TABLE_KINDS),
        record="<record>",
    pathvars:
        job="measure_arms",
        table="metrics",
    params:
        settings=options(data=DATA, arms=RUN_OF),


use rule measure_arms as make_comparisons with:
    input:
        **HELD_OUT,
        code=program("make_comparisons"),
    pathvars:
        job="make_comparisons",
        table="comparisons",
    params:
        settings=options(data=DATA, arms=RUN_OF, pairs=baselines(config)),


# COIN beside what it is compared with.
OF_SUBGROUPS = {name: RUN_OF[name] for name in ("none", "no_graph", "coin")}


use rule measure_arms as make_subgroups with:
    input:
        **held_out(*OF_SUBGROUPS.values()),
        code=program("make_subgroups"),
    pathvars:
        job="make_subgroups",
        table="subgroups",
    params:
        settings=options(data=DATA, arms=OF_SUBGROUPS),


use rule measure_arms as make_claims with:
    input:
        **HELD_OUT,
        neighbours="<results>/tables/neighbours.csv",
        code=program("make_claims"),
    pathvars:
        job="make_claims",
        table="claims",
    params:
        settings=options(data=DATA, arms=RUN_OF, phantom=PHANTOM),


use rule measure_arms as make_table1 with:
    input:
        **{name: metrics(name)[0] for name in TABLE1},
        intervals=INTERVALS,
        code=program("make_table1"),
    pathvars:
        job="make_table1",
        table="table1",
    params:
        settings=options(data=DATA),


use rule make_table1 as make_table2 with:
    input:
        coin=metrics("coin")[0],
        no_graph=metrics("no_graph")[0],
        others=metrics(*OTHER_ARMS),
        intervals=INTERVALS,
        code=program("make_table2"),
    pathvars:
        job="make_table2",
        table="table2",
    params:
        settings=options(data=DATA, names=OTHER_ARMS),


use rule make_table1 as make_readings with:
    input:
        runs=metrics(*config["readings"]),
        code=program("make_readings"),
    pathvars:
        job="make_readings",
        table="readings",
    params:
        settings=options(
            data=DATA,
            arms={name: reading(ARMS[name]) for name in config["readings"]},
        ),


use rule job as make_fig5_tables with:
    input:
        grid=metrics(*map(point_arm, grid(config))),
        sweep=metrics(*map(weight_arm, config["grid"]["weights"])),
        intervals=INTERVALS,
        code=program("make_fig5_tables"),
    output:
        of_points=expand("<results>/tables/fig5a.{kind}", kind=TABLE_KINDS),
        of_weights=expand("<results>/tables/fig5b.{kind}", kind=TABLE_KINDS),
        record="<record>",
    pathvars:
        job="make_fig5_tables",
    params:
        settings=options(
            data=DATA,
            points=[list(point) for point in grid(config)],
            weights=config["grid"]["weights"],
        ),


use rule make_folds as assess_neighbours with:
    input:
        **FOLD_DATA,
        neighbours=expand(NEIGHBOURS, fold=FOLDS, seed=SEEDS, **SIGNS_AND_CLASSES),
        graphs=expand(GRAPH, fold=FOLDS, seed=SEEDS),
        nodes=expand(NODES, fold=FOLDS, seed=SEEDS),
        code=program("assess_neighbours"),
    output:
        table="<results>/tables/neighbours.csv",
        record="<record>",
    pathvars:
        job="assess_neighbours",
    params:
        settings=options(data=DATA, **CUT),
