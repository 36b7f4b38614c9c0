# Needs: the raw data, or nothing at all for the phantom.
# Makes: masses.csv, rois.npy, folds.csv: one row a mass, in the same order; the merged config; and
# what the data are: data_report.csv and data_report.md.

if PHANTOM:

    rule make_phantom:
        input:
            code=program("make_phantom"),
        output:
            release=directory(DATA_ROOT),
        log:
            f"{RESULTS}/logs/make_phantom.log",
        benchmark:
            f"{RESULTS}/benchmarks/make_phantom.tsv"
        conda:
            "../envs/images.yaml"
        params:
            settings=PHANTOM_SETTINGS,
            options=options(PHANTOM_SETTINGS),
        shell:
            "exec python scripts/make_phantom.py {params.options} > {log} 2>&1"


rule read_masses:
    input:
        raw=raw_files,
        code=program("read_masses"),
    output:
        masses=f"{RESULTS}/masses.csv",
        records=f"{RESULTS}/data_report.csv",
    log:
        f"{RESULTS}/logs/read_masses.log",
    benchmark:
        f"{RESULTS}/benchmarks/read_masses.tsv"
    conda:
        "../envs/images.yaml"
    threads: 8
    params:
        settings=READ_SETTINGS,
        options=options(READ_SETTINGS),
    shell:
        "exec python scripts/read_masses.py {params.options} --threads {threads} > {log} 2>&1"


rule report_data:
    input:
        masses=rules.read_masses.output.masses,
        records=rules.read_masses.output.records,
        code=program("report_data"),
    output:
        report=f"{RESULTS}/data_report.md",
    log:
        f"{RESULTS}/logs/report_data.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_data.tsv"
    conda:
        "../envs/tables.yaml"
    params:
        settings=DATA_SETTINGS,
        options=options(DATA_SETTINGS),
    shell:
        "exec python scripts/report_data.py {params.options} > {log} 2>&1"


rule crop_rois:
    input:
        masses=rules.read_masses.output.masses,
        raw=raw_files,
        code=program("crop_rois"),
    output:
        rois=f"{RESULTS}/rois.npy",
    log:
        f"{RESULTS}/logs/crop_rois.log",
    benchmark:
        f"{RESULTS}/benchmarks/crop_rois.tsv"
    conda:
        "../envs/images.yaml"
    threads: 8
    params:
        settings=ROI_SETTINGS,
        options=options(ROI_SETTINGS),
    shell:
        "exec python scripts/crop_rois.py {params.options} --threads {threads} > {log} 2>&1"


rule make_folds:
    input:
        masses=rules.read_masses.output.masses,
        code=program("make_folds"),
    output:
        folds=f"{RESULTS}/folds.csv",
    log:
        f"{RESULTS}/logs/make_folds.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_folds.tsv"
    conda:
        "../envs/learn.yaml"
    params:
        settings=FOLD_SETTINGS,
        options=options(FOLD_SETTINGS),
    shell:
        "exec python scripts/make_folds.py {params.options} > {log} 2>&1"


rule save_config:
    input:
        code=program("save_config"),
    output:
        config=f"{RESULTS}/config.yaml",
    log:
        f"{RESULTS}/logs/save_config.log",
    benchmark:
        f"{RESULTS}/benchmarks/save_config.tsv"
    conda:
        "../envs/tables.yaml"
    params:
        settings=ALL_SETTINGS,
        options=options(ALL_SETTINGS),
    shell:
        "exec python scripts/save_config.py {params.options} > {log} 2>&1"
