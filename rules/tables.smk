# Needs: runs/<run>/metrics.csv, and the neighbours.
# Makes: tables/, the paper's as .csv, .md and .tex, and what the neighbours are like.

TABLES = [
    *(
        file
        for name in ("table1", "table2", "fig5a", "fig5b")
        for file in table_files(name).values()
    ),
    f"{RESULTS}/tables/neighbours.csv",
]


rule make_table1:
    input:
        none=metrics_of("none"),
        conventional=metrics_of("conventional"),
        cgan=metrics_of("cgan"),
        adversarial=metrics_of("adversarial"),
        code=program("make_table1"),
    output:
        **table_files("table1"),
        record=record_file("make_table1"),
    log:
        f"{RESULTS}/logs/make_table1.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_table1.tsv"
    conda:
        "../envs/tables.yaml"
    params:
        settings=settings_of("make_table1"),
        options=options("make_table1"),
    shell:
        "exec python scripts/make_table1.py {params.options} > {log} 2>&1"


rule make_table2:
    input:
        coin=metrics_of(COIN),
        no_graph=metrics_of(NO_GRAPH),
        code=program("make_table2"),
    output:
        **table_files("table2"),
        record=record_file("make_table2"),
    log:
        f"{RESULTS}/logs/make_table2.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_table2.tsv"
    conda:
        "../envs/tables.yaml"
    params:
        settings=settings_of("make_table2"),
        options=options("make_table2"),
    shell:
        "exec python scripts/make_table2.py {params.options} > {log} 2>&1"


rule make_fig5_tables:
    input:
        grid=[metrics_of(coin_run(*point, plan.GRID_WEIGHT)) for point in GRID],
        sweep=[metrics_of(coin_run(*COIN_POINT, weight)) for weight in SWEEP],
        code=program("make_fig5_tables"),
    output:
        **table_files("fig5a", "fig5a_"),
        **table_files("fig5b", "fig5b_"),
        record=record_file("make_fig5_tables"),
    log:
        f"{RESULTS}/logs/make_fig5_tables.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_fig5_tables.tsv"
    conda:
        "../envs/tables.yaml"
    params:
        settings=settings_of("make_fig5_tables"),
        options=options("make_fig5_tables"),
    shell:
        "exec python scripts/make_fig5_tables.py {params.options} > {log} 2>&1"


rule assess_neighbours:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        folds=rules.make_folds.output.folds,
        neighbours=[file for fold in FOLDS for file in neighbour_files(fold)],
        code=program("assess_neighbours"),
    output:
        table=f"{RESULTS}/tables/neighbours.csv",
        record=record_file("assess_neighbours"),
    log:
        f"{RESULTS}/logs/assess_neighbours.log",
    benchmark:
        f"{RESULTS}/benchmarks/assess_neighbours.tsv"
    conda:
        "../envs/learn.yaml"
    params:
        settings=settings_of("assess_neighbours"),
        options=options("assess_neighbours"),
    shell:
        "exec python scripts/assess_neighbours.py {params.options} > {log} 2>&1"
