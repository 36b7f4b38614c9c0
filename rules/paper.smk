# What the paper and the report show, and the words that go with it: report/exhibits.yaml.
# Needs: tables, figures, settings and the data's account.
# Makes: paper.pdf, checklists/, and captions/ for `snakemake --report`.

CHECKLIST_NAMES = ["claim", "tripod-ai"]
CHECKLISTS = expand("<results>/checklists/{name}.md", name=CHECKLIST_NAMES)
SHOWN_TABLES = expand("<results>/tables/{name}.{kind}", name=TABLE_NAMES, kind=["csv", "md"])
PAPER_FIGURES = expand("<results>/figures/{name}.pdf", name=FIGURE_NAMES)
STUDY_FACTS = dict(
    config=rules.save_config.output.config,
    masses=rules.read_masses.output.masses,
    data_records=rules.read_masses.output.records,
    tables=SHOWN_TABLES,
    exhibits=source_file("report/exhibits.yaml"),
    study_root="<results>/provenance/ROOT",
)
DATA_WORDS = dict(data=DATA, labels_are=LABELS_ARE[config["data"]["format"]])

# What the HTML report shows: file by kind and name.
REPORT_FILES = {
    **{("table", name): f"<results>/tables/{name}.html" for name in TABLE_NAMES},
    **{("figure", name): f"<results>/figures/{name}.png" for name in FIGURE_NAMES},
    ("document", "paper"): "<results>/paper.pdf",
    ("document", "data_report"): "<results>/data_report.md",
    **{("document", name): f"<results>/checklists/{name}.md" for name in CHECKLIST_NAMES},
}
EXHIBITS = {
    (exhibit.kind, exhibit.name): exhibit
    for exhibits in read_exhibits(SOURCE / "report/exhibits.yaml").values()
    for exhibit in exhibits
}
CAPTIONS = [
    f"<results>/captions/{EXHIBITS[key].caption_file}"
    for key in [*REPORT_FILES, ("document", "overview")]
]


report: "../report/workflow.rst"


use rule job as write_captions with:
    input:
        **STUDY_FACTS,
        code=program("write_captions"),
    output:
        captions=CAPTIONS,
        record="<record>",
    pathvars:
        job="write_captions",
    conda:
        "../envs/paper.yaml"
    params:
        settings=options(**DATA_WORDS),


use rule write_captions as make_paper with:
    input:
        **STUDY_FACTS,
        schema=source_file("schemas/config.schema.yaml"),
        figures=PAPER_FIGURES,
        template=source_file("report/paper.typ"),
        references=source_file("report/references.yaml"),
        watched=lambda wildcards: LAST_RECORDS,
        code=program("make_paper"),
    output:
        paper="<results>/paper.pdf",
        record="<record>",
    pathvars:
        job="make_paper",
    params:
        settings=options(**DATA_WORDS, records=f"{RESULTS}/provenance"),


use rule write_captions as write_checklists with:
    input:
        config=rules.save_config.output.config,
        results=[
            rules.read_masses.output.masses,
            rules.read_masses.output.records,
            rules.make_folds.output.folds,
            rules.report_data.output.report,
            rules.make_paper.output.paper,
            *SHOWN_TABLES,
            *PAPER_FIGURES,
        ],
        template=source_file("report/paper.typ"),
        wanted=[source_file(f"report/checklists/{name}.yaml") for name in CHECKLIST_NAMES],
        code=program("write_checklists"),
    output:
        checklists=CHECKLISTS,
        record="<record>",
    pathvars:
        job="write_checklists",
    params:
        settings=options(data=DATA),
