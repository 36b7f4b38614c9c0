# Needs: the raw data, or nothing at all for the phantom.
# Makes: masses.csv, rois.npy, folds.csv: one row a mass, in the same order; the merged config; and
# what the data are: data_report.csv and data_report.md.

if PHANTOM:

    rule make_phantom:
        input:
            code=program("make_phantom"),
        output:
            release=directory(DATA_ROOT),
            checksums=CHECKSUMS,
            record=record_file("make_phantom"),
        log:
            f"{RESULTS}/logs/make_phantom.log",
        benchmark:
            f"{RESULTS}/benchmarks/make_phantom.tsv"
        conda:
            "../envs/images.yaml"
        params:
            settings=settings_of("make_phantom"),
            options=options("make_phantom"),
        shell:
            "exec python scripts/make_phantom.py {params.options} > {log} 2>&1"


rule read_masses:
    input:
        raw=raw_files,
        code=program("read_masses"),
    output:
        masses=f"{RESULTS}/masses.csv",
        records=f"{RESULTS}/data_report.csv",
        record=record_file("read_masses"),
    log:
        f"{RESULTS}/logs/read_masses.log",
    benchmark:
        f"{RESULTS}/benchmarks/read_masses.tsv"
    conda:
        "../envs/images.yaml"
    threads: 8
    params:
        settings=settings_of("read_masses"),
        options=options("read_masses"),
    shell:
        "exec python scripts/read_masses.py {params.options} --threads {threads} > {log} 2>&1"


rule report_data:
    input:
        masses=rules.read_masses.output.masses,
        records=rules.read_masses.output.records,
        code=program("report_data"),
    output:
        report=f"{RESULTS}/data_report.md",
        record=record_file("report_data"),
    log:
        f"{RESULTS}/logs/report_data.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_data.tsv"
    conda:
        "../envs/tables.yaml"
    params:
        settings=settings_of("report_data"),
        options=options("report_data"),
    shell:
        "exec python scripts/report_data.py {params.options} > {log} 2>&1"


rule crop_rois:
    input:
        masses=rules.read_masses.output.masses,
        raw=raw_files,
        code=program("crop_rois"),
    output:
        rois=f"{RESULTS}/rois.npy",
        record=record_file("crop_rois"),
    log:
        f"{RESULTS}/logs/crop_rois.log",
    benchmark:
        f"{RESULTS}/benchmarks/crop_rois.tsv"
    conda:
        "../envs/images.yaml"
    threads: 8
    params:
        settings=settings_of("crop_rois"),
        options=options("crop_rois"),
    shell:
        "exec python scripts/crop_rois.py {params.options} --threads {threads} > {log} 2>&1"


rule make_folds:
    input:
        masses=rules.read_masses.output.masses,
        code=program("make_folds"),
    output:
        folds=f"{RESULTS}/folds.csv",
        record=record_file("make_folds"),
    log:
        f"{RESULTS}/logs/make_folds.log",
    benchmark:
        f"{RESULTS}/benchmarks/make_folds.tsv"
    conda:
        "../envs/learn.yaml"
    params:
        settings=settings_of("make_folds"),
        options=options("make_folds"),
    shell:
        "exec python scripts/make_folds.py {params.options} > {log} 2>&1"


rule save_config:
    input:
        code=program("save_config"),
    output:
        config=f"{RESULTS}/config.yaml",
        record=record_file("save_config"),
    log:
        f"{RESULTS}/logs/save_config.log",
    benchmark:
        f"{RESULTS}/benchmarks/save_config.tsv"
    conda:
        "../envs/tables.yaml"
    params:
        settings=settings_of("save_config"),
        options=options("save_config"),
        sources=shlex.quote(json.dumps(CONFIG_SOURCES)),
    shell:
        "exec python scripts/save_config.py {params.options} --sources {params.sources} > {log} 2>&1"
