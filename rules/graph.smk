# Needs: rois.npy, folds.csv and a fold's neighbours.
# Makes: a fold's graph of nearest nodes, once; trainings cut theirs, at their own (n+, n-), from it.


rule build_graph:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        folds=rules.make_folds.output.folds,
        neighbours=neighbour_files(),
        code=program("build_graph"),
    output:
        nodes=f"{RESULTS}/fold{{fold}}/graph/nodes.csv",
        graph=graph_file(),
        record=record_file("build_graph", "fold"),
    log:
        f"{RESULTS}/logs/build_graph_fold{{fold}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/build_graph_fold{{fold}}.tsv"
    conda:
        "../envs/learn.yaml"
    params:
        settings=settings_of("build_graph"),
        options=options("build_graph"),
    shell:
        "exec python scripts/build_graph.py {params.options} > {log} 2>&1"
