"""Whether jobs, run again as their records say, write the same bytes.

Each runs in an empty folder with its recorded inputs alone, so that it can read and spoil nothing
else. A record may be forged: only a program of this checkout is run, as it was recorded, and only
to write where a study's results lie.
"""

import ast
import importlib.metadata
import json
import os
import platform
import random
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from coin.common.errors import BadInput
from coin.provenance.audit import WRAPPER
from coin.provenance.file_distance import distance_between
from coin.provenance.hash_cache import sha256
from coin.provenance.job_record import REPOSITORY
from coin.provenance.lineage import program_of
from coin.provenance.study_records import Record, Study

_OF_SUMS = ("OMP_NUM_THREADS", "CUBLAS_WORKSPACE_CONFIG", "PYTHONHASHSEED")


class Outcome(NamedTuple):
    """What came of running a job again."""

    job: str
    is_same: bool
    lines: list[str]
    """What was found, or why the job was not run."""


def drawn(study: Study, count: int, rule: str | None, seed: int) -> list[str]:
    """Draw some of a study's jobs, or of one rule's, all if there are not more.

    Raises:
        BadInput: no job to draw from.
    """
    jobs = sorted(job for job, record in study.records.items() if rule in (None, record["rule"]))
    if not jobs:
        rules = sorted({record["rule"] for record in study.records.values()})
        raise BadInput(
            f"{study.folder}: no job of rule {rule}; there are {', '.join(rules) or 'none'}"
        )
    return random.Random(seed).sample(jobs, min(count, len(jobs)))


def run_again(study: Study, job: str) -> Outcome:
    """Run a job again, and compare what it writes with what its record says and what lies there."""
    record = study.records[job]
    if refusal := next(_refusals(study, record), None):
        return Outcome(job, False, [f"not run: {refusal}"])
    with TemporaryDirectory(prefix="rerun-") as scratch:
        folder = Path(scratch)
        _lay_out(study, job, folder)
        done = subprocess.run(
            _command(record), cwd=folder, env=_environment(record), capture_output=True, text=True
        )
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.strip()]
            return Outcome(job, False, [f"failed: {said[-1] if said else 'it said nothing'}"])
        found = list(_found(study, record, folder))
    return Outcome(job, not found, found or [f"the same bytes, {len(record['outputs'])} files"])


# ---- may it be run? ----------------------------------------------------------------------------


def _refusals(study: Study, record: Record) -> Iterator[str]:
    """Say why a job cannot be run as it was; what follows the first may not make sense."""
    program = _program(record)
    if f"scripts/{program.name}" not in {file["path"] for file in record["code"]}:
        yield f"its command runs no program of its record: {record['command'][:100]}"
    for file in record["code"]:
        path = REPOSITORY / file["path"]
        if file["path"] not in WRAPPER and not _holds(path, file["sha256"]):
            yield f"{file['path']} is not what was run"
    yield from _other_versions(record)
    for file in record["inputs"]:
        path = study.root / file["path"]
        if not _holds(path, file["sha256"]):
            yield f"its input {file['path']} {'changed' if path.exists() else 'is gone'}"
    yield from _strange_options(study, record, _written(program))


def _other_versions(record: Record) -> Iterator[str]:
    if record["python"] != platform.python_version():
        yield f"Python {record['python']} was used, here is {platform.python_version()}"
    for name, version in record["packages"].items():
        try:
            here = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            here = "none"
        if here != version:
            yield f"{name} {version} was used, here is {here}"


def _strange_options(study: Study, record: Record, written: set[str]) -> Iterator[str]:
    """Find options that are not the record's, and files that it would write elsewhere."""
    outputs = [Path(file["path"]) for file in record["outputs"]]
    for name, value in _options(record).items():
        told = record["options"].get(name)
        if name not in record["options"]:
            yield f"its command has an option that its record has not: {name[:100]}"
        elif name in written and told is not None:
            named = told if isinstance(told, list) else [told]
            is_known = all(any(file.is_relative_to(path) for file in outputs) for path in named)
            if not is_known or not all(map(study.is_result, named)) or _read(value, told) != told:
                yield f"its command writes what its record does not name: {value[:100]}"


def _options(record: Record) -> dict[str, str]:
    """Return the options of a recorded command, but for where the record itself went."""
    words = shlex.split(record["command"])
    words = words[words.index(program_of(dict(record))) + 1 :]
    named = dict(zip((word.removeprefix("--") for word in words[::2]), words[1::2], strict=False))
    return {name: value for name, value in named.items() if name != "record"}


def _read(value: str, told: str | list[str]) -> str | list[str]:
    return json.loads(value) if isinstance(told, list) else value


def _written(program: Path) -> set[str]:
    """Return which options of a program name files that it writes, as its signature has it."""
    tree = ast.parse(program.read_text(encoding="utf-8"))
    return {
        argument.arg
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
        for argument in function.args.kwonlyargs
        if argument.annotation and "Output" in ast.unparse(argument.annotation)
    }


# ---- running -----------------------------------------------------------------------------------


def _lay_out(study: Study, job: str, folder: Path) -> None:
    """Put copies of a job's inputs where its command looks for them; no reader follows a link."""
    record = study.records[job]
    names = [file["path"] for file in record["inputs"]]
    if "records" in record["options"]:  # a text, of which the record does not list the files
        names += [
            f"{study.results}/provenance/{other}.json" for other in study.records if other != job
        ]
    for name in names:
        if not Path(name).is_absolute():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(study.root / name, folder / name)
    for option in {file["option"] for file in record["outputs"]}:
        told = record["options"][option]
        for path in told if isinstance(told, list) else [told]:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)


def _command(record: Record) -> list[str]:
    told = [word for name, value in _options(record).items() for word in (f"--{name}", value)]
    return [sys.executable, "-B", str(_program(record)), *told]


def _program(record: Record) -> Path:
    """Return the program of this checkout that a command names, wherever its own lay."""
    return REPOSITORY / "scripts" / Path(program_of(dict(record))).name


def _environment(record: Record) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in _OF_SUMS}
    return own | record["determinism"]["environment"]


def _found(study: Study, record: Record, folder: Path) -> Iterator[str]:
    for file in record["outputs"]:
        made, lies = folder / file["path"], study.root / file["path"]
        if not made.is_file():
            yield f"{file['path']}: was not written again"
        elif not lies.is_file():
            yield f"{file['path']}: is gone"
        elif not _holds(made, file["sha256"]):
            yield f"{file['path']}: {distance_between(lies, made)}"
        elif not _holds(lies, file["sha256"]):
            yield f"{file['path']}: changed since; {distance_between(lies, made)}"


def _holds(path: Path, digest: str) -> bool:
    try:
        return sha256(path) == digest
    except OSError:
        return False
