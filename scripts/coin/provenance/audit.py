"""Whether a study's results are what its records say: from the raw data to every table and figure.

Each check looks at one way in which they may not be, and reports all that it finds, a line each.
Records are not signed: who forges a result and all records after it is not found out.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from coin.provenance.job_record import REPOSITORY, files_in, name_of, sha256
from coin.provenance.study_records import Study
from coin.workflow import plan
from coin.workflow.schema import problems, with_types

WRAPPER = (
    "scripts/coin/workflow/program.py",
    "scripts/coin/provenance/job_record.py",
)
"""Recorded, but no rule's input: they start programs and write records, and compute nothing."""
_NOT_RESULTS = ("provenance", "logs", "benchmarks", "crate")
_SHOWN = 3


class Finding(NamedTuple):
    """One thing that is not as it should be."""

    is_error: bool
    """Otherwise a warning: nothing is known to be wrong, but not all is as alike as it could be."""
    text: str


def audit(study: Study) -> list[Finding]:
    """Return everything that is wrong with a study, the errors first."""
    on_disk = _hashes(study)
    config, wrong_config = todays_config(study)
    errors = [
        *study.unusable,
        *changed_outputs(study, on_disk),
        *unrecorded_files(study),
        *broken_links(study, on_disk),
        *changed_code(study, lambda path: path not in WRAPPER),
        *wrong_config,
        *(new_raw_files(study, config) if config else ()),
        *(changed_parameters(study, config) if config else ()),
    ]
    warnings = [
        *changed_code(study, lambda path: path in WRAPPER),
        *mixed_versions(study),
        *mixed_revisions(study),
    ]
    return [*(Finding(True, text) for text in errors), *(Finding(False, text) for text in warnings)]


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
        for file in record["inputs"]:
            readers[file["path"], file["sha256"]].append(job)
    for (path, read), jobs in sorted(readers.items()):
        if path in written:
            job, sha = written[path]
            if read != sha:
                yield f"{path}: {_jobs(jobs)} read other bytes than {job} wrote; run again"
        elif study.is_result(path):
            yield f"{path}: {_jobs(jobs)} read it, and no record says what wrote it"
        elif on_disk[path] != read:
            what = "gone" if on_disk[path] is None else "changed"
            yield f"{path}: {what} since {_jobs(jobs)} read it"


def new_raw_files(study: Study, config: plan.Config) -> Iterator[str]:
    """Find raw data that was not there when the folder of it was read."""
    folder = plan.data_root(config)
    now = {name_of(path, study.root) for path in files_in([study.root / folder])}
    for job, record in study.records.items():
        if "root" in record["options"]:
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
                now[path] = _hash_of(REPOSITORY / path)
            if now[path] != module["sha256"]:
                ran_otherwise[path].append(job)
    for path, jobs in sorted(ran_otherwise.items()):
        what = "is gone, but was run" if now[path] is None else "differs from what was run"
        yield f"{path}: {what} by {_jobs(jobs)}"


def changed_parameters(study: Study, config: plan.Config) -> Iterator[str]:
    """Find parameters that are not what the config says today."""
    differing: dict[str, list[str]] = defaultdict(list)
    for job, record in study.records.items():
        try:
            expected = plan.settings(record["rule"], record["wildcards"], config)
        except (KeyError, ValueError, IndexError) as error:
            yield f"{job}: the workflow has no such job today ({error!r})"
            continue
        for name, value in expected.items():
            ran = record["options"].get(name)
            if not _same(study, name, ran, value):
                differing[f"{name} was {_short(ran)}, the config says {_short(value)}"].append(job)
    for text, jobs in differing.items():
        yield f"parameter {text}: {_jobs(jobs)}"


def todays_config(study: Study) -> tuple[dict[str, Any] | None, list[str]]:
    """Merge the files that the study's config came from once more, as they are today.

    Returns:
        The config, None where it cannot be had; and what is wrong with it, a line each.
    """
    record = study.records.get("save_config")
    sources = record and record["options"].get("sources")
    if not isinstance(sources, dict):
        return None, [f"{study.results}/config.yaml: no record of what it was merged from"]
    config: dict[str, Any] = {}
    try:
        for name in sources["files"]:
            text = (study.root / name).read_text(encoding="utf-8")
            config = merged(config, yaml.safe_load(text))
        config = merged(config, sources["config"])
    except (OSError, KeyError, TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
        return None, [f"the config cannot be merged again: {' '.join(str(error).split())}"]
    schema = yaml.safe_load((REPOSITORY / "schemas/config.schema.yaml").read_text(encoding="utf-8"))
    config = with_types(config, schema)
    wrong = [f"config today: {line}" for line in problems(config, schema)]
    return (None if wrong else config), wrong


def merged(under: Any, over: Any) -> Any:
    """Lay one mapping over another, as Snakemake does: mappings merge, all else is replaced."""
    if not isinstance(over, Mapping):
        return over
    base = under if isinstance(under, Mapping) else {}
    return {**base, **{name: merged(base.get(name), value) for name, value in over.items()}}


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
        yield f"revision: no commit is known of {_jobs(commits['no commit known'])}"
    if dirty:
        yield f"revision: uncommitted changes when {_jobs(dirty)} ran"


# ---- helpers -----------------------------------------------------------------------------------


def _hashes(study: Study) -> dict[str, str | None]:
    """Hash every file that a record names; None where there is none. Several at once."""
    paths = sorted(
        {
            file["path"]
            for record in study.records.values()
            for file in (*record["inputs"], *record["outputs"])
        }
    )
    with ThreadPoolExecutor() as pool:
        return dict(
            zip(paths, pool.map(lambda path: _hash_of(study.root / path), paths), strict=True)
        )


def _hash_of(path: Path) -> str | None:
    try:
        return sha256(path) if path.is_file() else None
    except OSError:
        return None


def _same(study: Study, name: str, ran: Any, expected: Any) -> bool:
    if name == "root" and isinstance(ran, str) and isinstance(expected, str):
        return ran == name_of(Path(expected), study.root)
    return ran == json.loads(json.dumps(expected))


def _jobs(jobs: list[str]) -> str:
    """Name a few jobs, and say how many there are."""
    named = "; ".join(jobs[:_SHOWN])
    more = f"; and {len(jobs) - _SHOWN} more" if len(jobs) > _SHOWN else ""
    return f"{len(jobs)} jobs ({named}{more})" if len(jobs) > 1 else jobs[0]


def _by_value(users: Mapping[str, list[str]]) -> str:
    rarest_last = sorted(users.items(), key=lambda item: -len(item[1]))
    return ", ".join(f"{value} in {_jobs(jobs)}" for value, jobs in rarest_last)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 100 else f"{text[:100]}..."
