# Needs: the raw data, or nothing at all for the phantom.
# Makes: masses.csv, rois.npy, folds.csv: one row a mass, in the same order; the merged config; and
# what the data are: data_report.csv and data_report.md.

# The phantom's files, with their hashes: Snakemake compares a file by content, a folder by date.
CHECKSUMS = f"{DATA_ROOT}.sha256"


# What the study is made from; a changed file is read again.
RAW = [CHECKSUMS] if PHANTOM else [str(path) for path in files_in([Path(DATA_ROOT)])]
if braced := next((file for file in RAW if "{" in file), None):
    sys.exit(f"config: data.root: {braced}: Snakemake takes braces for wildcards; rename it")

if PHANTOM:

    use rule job as make_phantom with:
        input:
            code=program("make_phantom"),
        output:
            release=directory(DATA_ROOT),
            checksums=CHECKSUMS,
            record="<record>",
        pathvars:
            job="make_phantom",
        conda:
            "../envs/images.yaml"
        params:
            settings=options(**config["data"]["phantom"]),


FORMAT = "inbreast" if PHANTOM else config["data"]["format"]
ON_ERROR, OF_FORMAT = config["data"]["on_error"], config["data"].get(FORMAT, {})


use rule job as read_masses with:
    input:
        raw=RAW,
        code=program("read_masses"),
    output:
        masses="<results>/masses.csv",
        records="<results>/data_report.csv",
        record="<record>",
    pathvars:
        job="read_masses",
    conda:
        "../envs/images.yaml"
    threads: 8
    params:
        files=files_and_threads,
        settings=options(format=FORMAT, root=DATA_ROOT, on_error=ON_ERROR, settings=OF_FORMAT),


use rule read_masses as crop_rois with:
    input:
        masses=rules.read_masses.output.masses,
        raw=RAW,
        code=program("crop_rois"),
    output:
        rois="<results>/rois.npy",
        record="<record>",
    pathvars:
        job="crop_rois",
    params:
        settings=options(root=DATA_ROOT, **config["roi"]),


use rule job as report_data with:
    input:
        masses=rules.read_masses.output.masses,
        records=rules.read_masses.output.records,
        code=program("report_data"),
    output:
        report="<results>/data_report.md",
        record="<record>",
    pathvars:
        job="report_data",
    params:
        settings=options(data=DATA, split=SPLIT, labels_are=LABELS_ARE[config["data"]["format"]]),


GROUP, SPLIT_SEED = config["protocol"]["group_by"], config["protocol"]["split_seed"]


use rule job as make_folds with:
    input:
        masses=rules.read_masses.output.masses,
        code=program("make_folds"),
    output:
        folds="<results>/folds.csv",
        record="<record>",
    pathvars:
        job="make_folds",
    conda:
        "../envs/learn.yaml"
    params:
        settings=options(split=SPLIT, group_by=GROUP, count=len(FOLDS), split_seed=SPLIT_SEED),


use rule job as save_config with:
    input:
        code=program("save_config"),
    output:
        config="<results>/config.yaml",
        record="<record>",
    pathvars:
        job="save_config",
    params:
        settings=options(settings=config, sources=CONFIG_SOURCES),


STUDY_DATA = dict(masses=rules.read_masses.output.masses, rois=rules.crop_rois.output.rois)
FOLD_DATA = dict(**STUDY_DATA, folds=rules.make_folds.output.folds)
