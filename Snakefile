# COIN: Contrastive Identifier Network for Breast Mass Diagnosis in Mammography, from raw mammograms
# to every table and figure. `snakemake --cores all` runs the study that config.yaml describes;
# `--configfile studies/<name>.yaml` runs another, under results/<its name>/.


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/data.smk"
include: "rules/augment.smk"
include: "rules/graph.smk"
include: "rules/train.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"


rule all:
    default_target: True
    input:
        rules.report_data.output.report,
        TABLES,
        FIGURES,
        rules.save_config.output.config,
