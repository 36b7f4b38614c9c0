# Needs: everything that the study makes, and the records of its jobs.
# Makes: ROOT, one hash that stands for the study; crate/, a Workflow Run RO-Crate of tables, figures,
# code, settings and records.

# The jobs that end the study. They have run again whenever one before them has, so that their
# records stand for all: what lies between is found from record to record.
LAST_JOBS = [
    *("make_table1", "make_table2", "make_fig5_tables", "make_readings", "assess_neighbours"),
    *("measure_arms", "make_comparisons", "make_claims", "make_leakage", "make_subgroups"),
    *(f"plot_{name}" for name in FIGURE_NAMES),
    *("report_data", "save_config"),
]
LAST_RECORDS = [f"<results>/provenance/{job}.json" for job in LAST_JOBS]
ENDS = dict(tables=TABLES, figures=FIGURES)
ENDS |= dict(report=rules.report_data.output.report, config=rules.save_config.output.config)


# What cites the root (a crate, a page) cannot be among what it stands for.
use rule job as make_root with:
    input:
        **ENDS,
        watched=LAST_RECORDS,
        code=program("make_root"),
    output:
        jobs="<results>/provenance/JOBS",
        sums="<results>/provenance/SHA256SUMS",
        digest="<results>/provenance/ROOT",
        record="<record>",
    pathvars:
        job="make_root",
    conda:
        "../envs/provenance.yaml"
    params:
        settings=options(records=f"{RESULTS}/provenance"),


use rule job as crate with:
    input:
        **ENDS,
        documents=[rules.make_paper.output.paper, *CHECKLISTS, *CAPTIONS],
        root_files=[rules.make_root.output[name] for name in ("jobs", "sums", "digest")],
        workflow=[name_of(file, Path.cwd()) for file in workflow_files(SOURCE)],
        citation=source_file("CITATION.cff"),
        watched=[
            *LAST_RECORDS,
            rules.make_paper.output.record,
            rules.write_checklists.output.record,
            rules.write_captions.output.record,
        ],
        code=program("make_crate"),
    output:
        crate=directory("<results>/crate"),
        record="<record>",
    pathvars:
        job="crate",
    conda:
        "../envs/provenance.yaml"
    params:
        settings=options(study=config["study"], data=DATA, records=f"{RESULTS}/provenance"),
