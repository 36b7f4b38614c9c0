# COIN: Contrastive Identifier Network for Breast Mass Diagnosis in Mammography, from raw mammograms
# to every table and figure, and a paper of them. `snakemake --cores all` runs the study that
# config.yaml describes; `--configfile studies/<name>.yaml` runs another, under results/<its name>/.
# Data flow through the rules in the order in which they are included.

from snakemake.utils import min_version

min_version("9.27")


include: "rules/common.smk"
include: "rules/job.smk"
include: "rules/data.smk"
include: "rules/augment.smk"
include: "rules/graph.smk"
include: "rules/train.smk"
include: "rules/tables.smk"
include: "rules/leakage.smk"
include: "rules/figures.smk"
include: "rules/paper.smk"
include: "rules/provenance.smk"


# On a cluster these run where Snakemake does: each is done sooner than a queue would start it.
localrules:
    save_config,
    report_data,
    make_folds,
    evaluate,
    make_table1,
    make_table2,
    make_readings,
    measure_arms,
    make_comparisons,
    make_claims,
    make_subgroups,
    make_fig5_tables,
    make_folds_leaky,
    make_leakage,
    plot_fig2,
    plot_fig3,
    plot_fig4,
    plot_fig5a,
    plot_fig5b,
    plot_neighbours,
    plot_leakage,
    plot_rois,
    plot_roc,
    plot_calibration,
    plot_failures,
    plot_subgroups,
    write_captions,
    make_paper,
    write_checklists,
    make_root,
    crate,


rule all:
    default_target: True
    input:
        TABLES,
        FIGURES,
        CAPTIONS,
        rules.save_config.output.config,
        *(in_report(*key) for key in REPORT_FILES),
        rules.make_root.output.digest,
