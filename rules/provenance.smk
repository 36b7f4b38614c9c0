# Needs: everything that the study makes, and the records of its jobs.
# Makes: crate/, a Workflow Run RO-Crate of tables, figures, code, settings and records.

# The jobs that end the study. They have run again whenever one before them has, so that their
# records stand for all: what lies between is found from record to record.
LAST_JOBS = [
    *("make_table1", "make_table2", "make_fig5_tables", "assess_neighbours"),
    *(f"plot_{name}" for name in FIGURE_NAMES),
    *("report_data", "save_config"),
]


rule crate:
    input:
        tables=TABLES,
        figures=FIGURES,
        report=rules.report_data.output.report,
        config=rules.save_config.output.config,
        workflow=workflow_files(),
        # The program takes their folder: a setting of the same name.
        records=[record_file(name) for name in LAST_JOBS],
        code=program("make_crate"),
    output:
        crate=directory(f"{RESULTS}/crate"),
        record=record_file("crate"),
    log:
        f"{RESULTS}/logs/crate.log",
    benchmark:
        f"{RESULTS}/benchmarks/crate.tsv"
    conda:
        "../envs/provenance.yaml"
    params:
        settings=settings_of("crate"),
        options=options("crate"),
    shell:
        "exec python scripts/make_crate.py {params.options} > {log} 2>&1"
