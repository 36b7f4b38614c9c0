# Needs: ROIs, neighbours, graphs, runs and tables.
# Makes: figures/*.pdf and .png, with the data they show written on them.

FIGURE_NAMES = ["fig1", "fig2", "fig3", "fig4", "fig5a", "fig5b", "fig6", "rois", "neighbours"]
FIGURES = [file for name in FIGURE_NAMES for file in figure_files(name).values()]


rule plot_fig1:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        code=program("plot_fig1"),
    output:
        **figure_files("fig1"),
        record=record_file("plot_fig1"),
    log:
        f"{RESULTS}/logs/plot_fig1.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_fig1.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        settings=settings_of("plot_fig1"),
        options=options("plot_fig1"),
    shell:
        "exec python scripts/plot_fig1.py {params.options} > {log} 2>&1"


rule plot_fig2:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        cgan=cgan_files(FIRST_FOLD),
        positive=neighbour_files(FIRST_FOLD, ["positive"]),
        negative=neighbour_files(FIRST_FOLD, ["negative"]),
        code=program("plot_fig2"),
    output:
        **figure_files("fig2"),
        record=record_file("plot_fig2"),
    log:
        f"{RESULTS}/logs/plot_fig2.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_fig2.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        settings=settings_of("plot_fig2"),
        options=options("plot_fig2"),
    shell:
        "exec python scripts/plot_fig2.py {params.options} > {log} 2>&1"


rule plot_fig3:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        nodes=f"{RESULTS}/fold{FIRST_FOLD}/graph/nodes.csv",
        graph=graph_file(FIRST_FOLD),
        neighbours=neighbour_files(FIRST_FOLD),
        code=program("plot_fig3"),
    output:
        **figure_files("fig3"),
        record=record_file("plot_fig3"),
    log:
        f"{RESULTS}/logs/plot_fig3.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_fig3.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        settings=settings_of("plot_fig3"),
        options=options("plot_fig3"),
    shell:
        "exec python scripts/plot_fig3.py {params.options} > {log} 2>&1"


rule plot_fig4:
    input:
        model=training_files(COIN, FIRST_FOLD, FIRST_SEED)["model"],
        code=program("plot_fig4"),
    output:
        **figure_files("fig4"),
        record=record_file("plot_fig4"),
    log:
        f"{RESULTS}/logs/plot_fig4.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_fig4.tsv"
    conda:
        "../envs/train.yaml"
    params:
        settings=settings_of("plot_fig4"),
        options=options("plot_fig4"),
    shell:
        "exec python scripts/plot_fig4.py {params.options} > {log} 2>&1"


rule plot_fig5a:
    input:
        table=rules.make_fig5_tables.output.fig5a_csv,
        code=program("plot_fig5a"),
    output:
        **figure_files("fig5a"),
        record=record_file("plot_fig5a"),
    log:
        f"{RESULTS}/logs/plot_fig5a.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_fig5a.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        settings=settings_of("plot_fig5a"),
        options=options("plot_fig5a"),
    shell:
        "exec python scripts/plot_fig5a.py {params.options} > {log} 2>&1"


rule plot_fig5b:
    input:
        table=rules.make_fig5_tables.output.fig5b_csv,
        code=program("plot_fig5b"),
    output:
        **figure_files("fig5b"),
        record=record_file("plot_fig5b"),
    log:
        f"{RESULTS}/logs/plot_fig5b.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_fig5b.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        settings=settings_of("plot_fig5b"),
        options=options("plot_fig5b"),
    shell:
        "exec python scripts/plot_fig5b.py {params.options} > {log} 2>&1"


rule plot_fig6:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        latents=first_models("latent"),
        predictions=first_models("predictions"),
        pooled=pooled_predictions(),
        code=program("plot_fig6"),
    output:
        **figure_files("fig6"),
        record=record_file("plot_fig6"),
    log:
        f"{RESULTS}/logs/plot_fig6.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_fig6.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        settings=settings_of("plot_fig6"),
        options=options("plot_fig6"),
    shell:
        "exec python scripts/plot_fig6.py {params.options} > {log} 2>&1"


rule plot_rois:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        code=program("plot_rois"),
    output:
        **figure_files("rois"),
        record=record_file("plot_rois"),
    log:
        f"{RESULTS}/logs/plot_rois.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_rois.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        settings=settings_of("plot_rois"),
        options=options("plot_rois"),
    shell:
        "exec python scripts/plot_rois.py {params.options} > {log} 2>&1"


rule plot_neighbours:
    input:
        table=f"{RESULTS}/tables/neighbours.csv",
        code=program("plot_neighbours"),
    output:
        **figure_files("neighbours"),
        record=record_file("plot_neighbours"),
    log:
        f"{RESULTS}/logs/plot_neighbours.log",
    benchmark:
        f"{RESULTS}/benchmarks/plot_neighbours.tsv"
    conda:
        "../envs/figures.yaml"
    params:
        settings=settings_of("plot_neighbours"),
        options=options("plot_neighbours"),
    shell:
        "exec python scripts/plot_neighbours.py {params.options} > {log} 2>&1"
