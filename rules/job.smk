# The tail of every rule: what one need not say because all do it alike.


# A rule that is used for leaky folds puts its results elsewhere, and its name and wildcards say so.
pathvars:
    results=RESULTS,
    study=RESULTS,
    leaky="",
    record="<study>/provenance/<job>.json",


# A rule says its inputs, outputs, environment and settings; <job>, its name and wildcards, names its
# record, log and benchmark. Snakemake watches `settings`, which come from wildcards and config
# alone; `files` are the rest of the command line. `exec` makes the program Snakemake's own child, so
# that it can end with it.
rule job:
    log:
        "<study>/logs/<job>.log",
    benchmark:
        "<study>/benchmarks/<job>.tsv"
    pathvars:
        job="job",
    conda:
        "../envs/tables.yaml"
    params:
        files=files,
        settings=options(),
    shell:
        "exec python {input.code[0]:q} {params.settings} {params.files} > {log:q} 2>&1"
