# Needs: masses.csv, rois.npy, folds.csv.
# Makes: the positive and negative neighbours of each class, and the images of the conditional GAN,
# each from a fold's training part alone.


rule make_neighbours:
    input:
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        folds=rules.make_folds.output.folds,
        code=program("make_neighbours"),
    output:
        neighbours=f"{RESULTS}/fold{{fold}}/neighbours/{{sign}}_{{label}}.npz",
        record=record_file("make_neighbours", "fold", "sign", "label"),
    log:
        f"{RESULTS}/logs/make_neighbours_fold{{fold}}_{{sign}}_{{label}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_neighbours_fold{{fold}}_{{sign}}_{{label}}.tsv"
    conda:
        "../envs/learn.yaml"
    params:
        settings=settings_of("make_neighbours"),
        options=options("make_neighbours"),
    shell:
        "exec python scripts/make_neighbours.py {params.options} > {log} 2>&1"


rule train_cgan:
    input:
        **VGG19_WEIGHTS,
        masses=rules.read_masses.output.masses,
        rois=rules.crop_rois.output.rois,
        folds=rules.make_folds.output.folds,
        code=program("train_cgan"),
    output:
        images=f"{RESULTS}/fold{{fold}}/cgan/positive_{{label}}.npz",
        history=f"{RESULTS}/fold{{fold}}/cgan/{{label}}_history.csv",
        record=record_file("train_cgan", "fold", "label"),
    log:
        f"{RESULTS}/logs/train_cgan_fold{{fold}}_{{label}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_cgan_fold{{fold}}_{{label}}.tsv"
    conda:
        "../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        **TRAINING_RESOURCES,
    params:
        settings=settings_of("train_cgan"),
        options=options("train_cgan"),
    shell:
        "exec python scripts/train_cgan.py {params.options} > {log} 2>&1"
