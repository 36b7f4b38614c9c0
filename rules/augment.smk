# Needs: masses.csv, rois.npy, folds.csv.
# Makes: the positive and negative neighbours of each class, from a fold's training part alone.


rule make_neighbours:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        folds=rules.make_folds.output.folds,
        code=program("make_neighbours"),
    output:
        neighbours=f"{RESULTS}/fold{{fold}}/neighbours/{{sign}}_{{label}}.npz",
    log:
        f"{RESULTS}/logs/make_neighbours_fold{{fold}}_{{sign}}_{{label}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_neighbours_fold{{fold}}_{{sign}}_{{label}}.tsv"
    conda:
        "../envs/learn.yaml"
    params:
        settings=neighbour_settings,
        options=options(neighbour_settings),
    shell:
        "python scripts/make_neighbours.py {params.options} > {log} 2>&1"
