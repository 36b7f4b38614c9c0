"""Whether a study's results are what its records say: from the raw data to every table and figure.

Each check looks at one way in which they may not be, and reports all that it finds, a line each.
Who forges a result and all records after it changes the study's root, and is found out by whoever
knows that: see `coin.provenance.root` and `coin.provenance.signature`.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from coin.common.errors import BadInput
from coin.provenance import hash_cache
from coin.provenance.differences import differences
from coin.provenance.hash_cache import sha256
from coin.provenance.job_record import REPOSITORY, files_in, name_of
from coin.provenance.root import ROOT_JOB, recorded_sums, root_of
from coin.provenance.study_records import Study

WRAPPER = (
    "scripts/coin/workflow/program.py",
    "scripts/coin/provenance/hash_cache.py",
    "scripts/coin/provenance/job_record.py",
    "scripts/coin/workflow/command_line.py",
    "scripts/coin/workflow/finished_parts.py",
    "scripts/coin/common/lifetime.py",
)
"""Recorded, but no rule's input: they start programs and write records, and compute nothing."""
_NOT_RESULTS = ("provenance", "logs", "benchmarks", "crate")
_SHOWN = 3


class Finding(NamedTuple):
    """One thing that is not as it should be."""

    is_error: bool
    """Otherwise a warning: nothing is known to be wrong, but not all is as alike as it could be."""
    text: str


SettingsOf = Callable[[str, Mapping[str, str]], dict[str, Any]]
"""From a rule and a job's wildcards to what its program is told today; KeyError: no such job."""


def audit(study: Study, settings_of: SettingsOf | None, strict: bool = False) -> list[Finding]:
    """Return everything that is wrong with a study, the errors first.

    Args:
        study: its records.
        settings_of: what the rules tell their programs today; None: that is not looked at.
        strict: read every file; else raw ones of known size, dates and inode are taken as hashed.
    """
    on_disk = _hashes(study, {} if strict else hash_cache.read(study.folder / hash_cache.NAME))
    errors = [
        *study.unusable,
        *changed_outputs(study, on_disk),
        *unrecorded_files(study),
        *broken_links(study, on_disk),
        *changed_code(study, lambda path: path not in WRAPPER),
        *new_raw_files(study),
        *(changed_parameters(study, settings_of) if settings_of else ()),
    ]
    if not errors:  # what is not in order has no root
        errors = list(wrong_root(study))
    warnings = [
        *changed_code(study, lambda path: path in WRAPPER),
        *mixed_versions(study),
        *mixed_revisions(study),
    ]
    return [*(Finding(True, text) for text in errors), *(Finding(False, text) for text in warnings)]


def config_sources(study: Study) -> tuple[list[str], dict[str, Any]]:
    """Return what a study's config was merged from: files over the defaults, and what came last.

    Raises:
        BadInput: no record says so.
    """
    match study.records.get("save_config"):
        case {"options": {"sources": {"files": [_, *files], "config": dict(config)}}}:
            return files, config
    raise BadInput(f"{study.results}/config.yaml: no record of what it was merged from")


def changed_outputs(study: Study, on_disk: Mapping[str, str | None]) -> Iterator[str]:
    """Find results that are not the bytes that their job wrote."""
    written = [file for record in study.records.values() for file in record["outputs"]]
    names = {file["sha256"]: file["path"] for file in written}
    for job, record in study.records.items():
        for file in record["outputs"]:
            found = on_disk[file["path"]]
            if found is None:
                yield f"{file['path']}: missing; {job} wrote it"
            elif found != file["sha256"]:
                other = names.get(found)
                swapped = f"; it holds what was written as {other}" if other else ""
                yield f"{file['path']}: changed since {job} wrote it{swapped}"


def unrecorded_files(study: Study) -> Iterator[str]:
    """Find files among the results that no record knows."""
    known = study.producers()
    for path in files_in([study.root / study.results]):
        name = path.relative_to(study.root).as_posix()
        if path.relative_to(study.root / study.results).parts[0] in _NOT_RESULTS or name in known:
            continue
        yield f"{name}: no record says what wrote it"


def broken_links(study: Study, on_disk: Mapping[str, str | None]) -> Iterator[str]:
    """Find inputs that are not what was written under their names, or have changed (raw data)."""
    written = {
        file["path"]: (job, file["sha256"])
        for job, record in study.records.items()
        for file in record["outputs"]
    }
    readers: dict[tuple[str, str], list[str]] = defaultdict(list)
    for job, record in study.records.items():
        for file in record["inputs"] if job != ROOT_JOB else ():  # see wrong_root
            readers[file["path"], file["sha256"]].append(job)
    for (path, read), jobs in sorted(readers.items()):
        if path in written:
            job, sha = written[path]
            if read != sha:
                yield f"{path}: {named_jobs(jobs)} read other bytes than {job} wrote; run again"
        elif study.is_result(path):
            yield f"{path}: {named_jobs(jobs)} read it, and no record says what wrote it"
        elif on_disk[path] != read:
            what = "gone" if on_disk[path] is None else "changed"
            yield f"{path}: {what} since {named_jobs(jobs)} read it"


def new_raw_files(study: Study) -> Iterator[str]:
    """Find raw data that was not there when the folder of it was read."""
    for job, record in study.records.items():
        if "root" in record["options"]:
            folder = record["options"]["root"]
            now = {name_of(path, study.root) for path in files_in([study.root / folder])}
            known = {file["path"] for file in record["inputs"] if file["option"] == "root"}
            for name in sorted(now - known):
                yield f"{name}: raw data that was not there when {job} read {folder}"


def changed_code(study: Study, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Find modules that are not what ran, and which jobs ran the others."""
    now = {}
    ran_otherwise: dict[str, list[str]] = defaultdict(list)
    for job, record in study.records.items():
        for module in filter(lambda module: wanted(module["path"]), record["code"]):
            path = module["path"]
            if path not in now:
                now[path] = _hash_of(REPOSITORY / path, {})
            if now[path] != module["sha256"]:
                ran_otherwise[path].append(job)
    for path, jobs in sorted(ran_otherwise.items()):
        what = "is gone, but was run" if now[path] is None else "differs from what was run"
        yield f"{path}: {what} by {named_jobs(jobs)}"


def changed_parameters(study: Study, settings_of: SettingsOf) -> Iterator[str]:
    """Find parameters that are not what the rules would tell the job's program today."""
    differing: dict[str, list[str]] = defaultdict(list)
    for job, record in study.records.items():
        try:
            today = settings_of(record["rule"], record["wildcards"])
        except (LookupError, ValueError, AttributeError, TypeError) as error:
            yield f"{job}: the workflow has no such job today ({error!r})"
            continue
        told = {name: record["options"].get(name) for name in today}
        if isinstance(today.get("root"), str):
            today = {**today, "root": name_of(Path(today["root"]), study.root)}
        for name, ran, expected in differences(told, json.loads(json.dumps(today))):
            differing[f"{name} was {_short(ran)}, the config says {_short(expected)}"].append(job)
    for text, jobs in differing.items():
        yield f"parameter {text}: {named_jobs(jobs)}"


def wrong_root(study: Study) -> Iterator[str]:
    """Find that a study's root is not that of its records."""
    path = study.root / study.results / "provenance/ROOT"
    try:
        sums = recorded_sums(study)
    except BadInput as problem:
        yield f"{study.results}: its records have no root: {problem}"
        return
    if sums is not None and path.read_text(encoding="utf-8") != f"{root_of(sums)}\n":
        yield f"{study.results}/provenance/ROOT: not the root of these records; run the study again"


def mixed_versions(study: Study) -> Iterator[str]:
    """Find packages, or Pythons, of which jobs of this study used different versions."""
    users: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for job, record in study.records.items():
        for name, version in {"Python": record["python"], **record["packages"]}.items():
            users[name][version].append(job)
    for name, versions in users.items():
        if len(versions) > 1:
            yield f"{name}: {_by_value(versions)}"


def mixed_revisions(study: Study) -> Iterator[str]:
    """Find jobs of different commits, of a tree with uncommitted changes, or of no known commit."""
    commits: dict[str, list[str]] = defaultdict(list)
    dirty = []
    for job, record in study.records.items():
        revision = record["revision"]
        commits["no commit known" if revision is None else revision["commit"][:12]].append(job)
        if revision is not None and not revision["clean"]:
            dirty.append(job)
    if len(commits) > 1:
        yield f"revision: {_by_value(commits)}"
    elif "no commit known" in commits:
        yield f"revision: no commit is known of {named_jobs(commits['no commit known'])}"
    if dirty:
        yield f"revision: uncommitted changes when {named_jobs(dirty)} ran"


# ---- helpers -----------------------------------------------------------------------------------


def _hashes(study: Study, known: dict[str, Any]) -> dict[str, str | None]:
    """Hash every file that a record names; None where there is none. Several at once."""
    paths = sorted(
        {
            file["path"]
            for record in study.records.values()
            for file in (*record["inputs"], *record["outputs"])
        }
    )
    with ThreadPoolExecutor() as pool:
        hashes = pool.map(lambda path: _hash_of(study.root / path, known), paths)
        return dict(zip(paths, hashes, strict=True))


def _hash_of(path: Path, known: dict[str, Any]) -> str | None:
    try:
        return hash_cache.known_hash(path, known) or sha256(path) if path.is_file() else None
    except OSError:
        return None


def named_jobs(jobs: list[str]) -> str:
    """Name a few jobs, and say how many there are."""
    named = "; ".join(jobs[:_SHOWN])
    more = f"; and {len(jobs) - _SHOWN} more" if len(jobs) > _SHOWN else ""
    return f"{len(jobs)} jobs ({named}{more})" if len(jobs) > 1 else jobs[0]


def _by_value(users: Mapping[str, list[str]]) -> str:
    rarest_last = sorted(users.items(), key=lambda item: -len(item[1]))
    return ", ".join(f"{value} in {named_jobs(jobs)}" for value, jobs in rarest_last)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 100 else f"{text[:100]}..."
