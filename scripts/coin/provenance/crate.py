"""A finished study as a Workflow Run RO-Crate, by the Provenance Run Crate profile 0.5.

https://www.researchobject.org/workflow-run-crate/profiles/0.5/provenance_run_crate

Results, records and the workflow are packed. All else that a job read or wrote (raw data, ROIs,
neighbours, models) is named, with its hash, and stays where it is. All dates are the records', so
that the same study gives the same bytes. `SHA256SUMS` lists whatever lies in the crate.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model.entity import Entity

from coin.common.errors import BadInput
from coin.provenance.crate_entities import Entities
from coin.provenance.hash_cache import sha256
from coin.provenance.job_record import files_in
from coin.provenance.lineage import Job, order_of_rules, program_of
from coin.provenance.root import line_of
from coin.provenance.source_files import imported_modules

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.5": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.5": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": "Workflow RO-Crate",
}


def write(
    folder: Path,
    study: str,
    data: str,
    results: list[Path],
    workflow: list[Path],
    citation: Mapping[str, Any],
    records: Path,
    jobs: list[Job],
) -> None:
    """Write the crate of a study: whole, or not at all.

    Args:
        folder: to make; one that is there already is replaced.
        study: its name.
        data: what it was made from, in words.
        results: the tables, figures and other files to pack; jobs made them.
        workflow: the files of the workflow, with the Snakefile and every program of the jobs.
        citation: what CITATION.cff says: the workflow's `authors` and `license`.
        records: the folder of the jobs' records.
        jobs: those behind the results: see `coin.provenance.lineage.jobs_behind`.

    Raises:
        BadInput: a result or a program that is no longer what its records say.
    """
    record_files = [records / f"{job['name']}.json" for job in jobs]
    hashes = {path.as_posix(): sha256(path) for path in [*results, *workflow, *record_files]}
    _check_results(jobs, hashes)
    _check_code(jobs, hashes)
    entities = Entities()
    _describe(entities, study, data, citation, jobs)
    programs = set(map(program_of, jobs))
    for path, digest in hashes.items():
        entities.pack(path, digest, is_program=path in programs)
    for job in jobs:
        entities.declare_parameters(job)
    entities.crate.mainEntity["license"] = entities.crate.root_dataset["license"]
    if "README.md" in entities.files:
        entities.files["README.md"]["about"] = entities.crate.root_dataset
    actions = [_action(entities, job) for job in jobs]
    for file, action in zip(record_files, actions, strict=True):
        entities.files[file.as_posix()]["about"] = action
    _run(entities, jobs, actions, [path.as_posix() for path in results])
    _write_whole(entities, folder)


def _write_whole(entities: Entities, folder: Path) -> None:
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        entities.crate.write(partial)
        names = sorted(path.relative_to(partial).as_posix() for path in files_in([partial]))
        sums = "".join(line_of(name, sha256(partial / name)) for name in names)
        (partial / "SHA256SUMS").write_text(sums, encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


# ---- are the records still true? ---------------------------------------------------------------


def _check_results(jobs: list[Job], hashes: dict[str, str]) -> None:
    for job in jobs:
        for file in job["outputs"]:
            if hashes.get(file["path"], file["sha256"]) != file["sha256"]:
                raise BadInput(
                    f"{file['path']}: changed since {job['name']} made it; remove it and run the "
                    "study again"
                )


def _check_code(jobs: list[Job], hashes: dict[str, str]) -> None:
    """Compare the modules that are inputs of the jobs' rules: no other one changes a result."""
    modules: dict[str, set[str]] = {}
    for job in jobs:
        program = program_of(job)
        if program not in hashes:
            raise BadInput(f"{job['name']}: ran {program}, which is not part of the workflow")
        if program not in modules:
            modules[program] = {path.as_posix() for path in imported_modules(Path(program))}
        for file in job["code"]:
            if file["path"] in modules[program] and file["sha256"] != hashes.get(file["path"]):
                raise BadInput(
                    f"{file['path']}: changed since {job['name']} ran it; run the study again"
                )


# ---- what the crate is -------------------------------------------------------------------------


def _describe(
    entities: Entities, study: str, data: str, citation: Mapping[str, Any], jobs: list[Job]
) -> None:
    root = entities.crate.root_dataset
    root["name"] = f"COIN, study {study}: {data}"
    root["description"] = (
        "Tables and figures of COIN (Contrastive Identifier Network for Breast Mass Diagnosis in "
        f"Mammography), made from: {data}. With the workflow that made them, its settings and the "
        "record of every job. Raw data, ROIs, neighbours and models are named by path and sha256 "
        "only. This is research software; it diagnoses nobody."
    )
    root["datePublished"] = max(job["ended"] for job in jobs)
    root["license"] = entities.add(
        f"https://spdx.org/licenses/{citation['license']}",
        "CreativeWork",
        name=citation["license"],
        description="The workflow's. Figures show the raw data, whose own terms hold for them.",
    )
    authors = [_author(entities, author) for author in citation["authors"]]
    root["author"] = authors if len(authors) > 1 else authors[0]
    root["conformsTo"] = [
        entities.add(uri, "CreativeWork", name=name, version=uri.rpartition("/")[2])
        for uri, name in PROFILES.items()
    ]
    entities.add("#operator", "Person", name="whoever ran the study: its records name nobody")


def _author(entities: Entities, author: Mapping[str, str]) -> Entity:
    """Add an author of the workflow: a person's names, or that of those who have no other."""
    parts = [author[part] for part in ("given-names", "family-names") if part in author]
    name = " ".join(parts) or author["name"]
    kind = "Person" if parts else "Organization"
    return entities.add(f"#author/{quote(name)}", kind, name=name)


# ---- what was done -----------------------------------------------------------------------------


def _action(entities: Entities, job: Job) -> Entity:
    """Add what a job did."""
    identifier = f"#job/{quote(job['name'])}"
    wildcards = ", ".join(f"{name}={value}" for name, value in job["wildcards"].items())
    memory = entities.add(
        f"{identifier}/memory",
        "PropertyValue",
        name="peak memory",
        propertyID="peak_memory_bytes",
        unitCode="https://qudt.org/vocab/unit/BYTE",
        value=job["peak_memory_bytes"],
    )
    return entities.add(
        identifier,
        "CreateAction",
        name=f"{job['rule']} {wildcards}".strip(),
        description=job["command"],
        instrument=entities.files[program_of(job)],
        object=[*entities.named(job, job["inputs"]), *entities.values(job)],
        result=entities.named(job, job["outputs"]),
        startTime=job["started"],
        endTime=job["ended"],
        agent=entities.crate.get("#operator"),
        resourceUsage=memory,
    )


def _run(entities: Entities, jobs: list[Job], actions: list[Entity], results: list[str]) -> None:
    """Add the run of the workflow as a whole, and that of the engine that ran its steps."""
    span = {
        "startTime": min(job["started"] for job in jobs),
        "endTime": max(job["ended"] for job in jobs),
        "agent": entities.crate.get("#operator"),
    }
    run = entities.add(
        "#run",
        "CreateAction",
        name="run of the workflow",
        description="from raw data and settings to tables and figures",
        instrument=entities.crate.mainEntity,
        object=_given(entities, jobs),
        result=[entities.files[path] for path in results],
        **span,
    )
    steps = _steps(entities, jobs)
    controls = [
        entities.add(
            f"#control/{quote(job['name'])}",
            "ControlAction",
            name=f"Snakemake starts {action['name']}",
            instrument=steps[job["rule"]],
            object=action,
        )
        for job, action in zip(jobs, actions, strict=True)
    ]
    entities.add(
        "#engine",
        "OrganizeAction",
        name="run of Snakemake",
        instrument=_snakemake(entities, jobs),
        object=controls,
        result=run,
        **span,
    )
    entities.crate.root_dataset["mentions"] = [run, *actions]


def _given(entities: Entities, jobs: list[Job]) -> list[Entity]:
    """Return what the run began with: files that no job made, options of jobs that read no file."""
    made = {file["path"] for job in jobs for file in job["outputs"]}
    given: dict[str, Entity] = {}
    for job in jobs:
        raw = [file for file in job["inputs"] if file["path"] not in made]
        options = [] if job["inputs"] else entities.values(job)
        given |= {entity.id: entity for entity in [*entities.named(job, raw), *options]}
    return list(given.values())


def _steps(entities: Entities, jobs: list[Job]) -> dict[str, Entity]:
    """Add a step for each rule; the workflow names them, and their programs as its parts."""
    programs = {job["rule"]: entities.files[program_of(job)] for job in jobs}
    steps = {
        rule: entities.add(
            f"#rule/{rule}",
            "HowToStep",
            name=rule,
            position=str(position),
            workExample=programs[rule],
        )
        for position, rule in enumerate(order_of_rules(jobs), start=1)
    }
    workflow = entities.crate.mainEntity
    workflow["hasPart"] = list({program.id: program for program in programs.values()}.values())
    workflow["step"] = list(steps.values())
    if revisions := dict.fromkeys(_revision(job) for job in jobs if job["revision"]):
        workflow["version"] = ", ".join(revisions)
    return steps


def _revision(job: Job) -> str:
    revision = job["revision"]
    return revision["commit"] if revision["clean"] else f"{revision['commit']} with changes"


def _snakemake(entities: Entities, jobs: list[Job]) -> Entity:
    versions = [job["packages"]["snakemake"] for job in jobs if "snakemake" in job["packages"]]
    engine = entities.add(
        "https://snakemake.github.io",
        "SoftwareApplication",
        name="Snakemake",
        url="https://snakemake.github.io",
    )
    if versions:  # a rule's own conda environment has none
        engine["softwareVersion"] = versions[-1]
    return engine
