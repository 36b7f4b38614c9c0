"""One hash that stands for a study: of its results, and of what made them.

`JOBS` has a line for each job: of its record, what another run on more cores, at another time or on
another machine would say again. `SHA256SUMS` has one for `JOBS` and for every file that the jobs
wrote, and `sha256sum -c` checks it. The root is the sha256 of `SHA256SUMS`.
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from coin.provenance.lineage import Job, jobs_behind
from coin.provenance.study_records import Study

ROOT_JOB = "make_root"
"""Whose record says which results the root stands for: its inputs."""
OF_A_JOB = ("rule", "wildcards", "options", "seeds", "inputs", "outputs", "code")
OF_ITS_SOFTWARE = ("python", "packages")


def account_of(jobs: Iterable[Job]) -> str:
    """Return the text of `JOBS`: a line of JSON a job, keys sorted, lines sorted."""
    return "".join(sorted(f"{_as_json(_lasting(job))}\n" for job in jobs))


def sums_of(jobs: Iterable[Job], account: str, account_path: str) -> str:
    """Return the text of `SHA256SUMS`, sorted by path.

    Args:
        jobs: whose outputs it lists, by the hashes of their records.
        account: the text of `JOBS`.
        account_path: under which that is listed.
    """
    hashes = {file["path"]: file["sha256"] for job in jobs for file in job["outputs"]}
    hashes[account_path] = sha256(account.encode()).hexdigest()
    return "".join(line_of(path, hashes[path]) for path in sorted(hashes))


def line_of(path: str, digest: str) -> str:
    """Return a file's line as `sha256sum` writes it, which marks names that it had to escape."""
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    mark = "\\" if escaped != path else ""
    return f"{mark}{digest}  {escaped}\n"


def root_of(sums: str) -> str:
    """Return the root: the sha256 of the text of `SHA256SUMS`."""
    return sha256(sums.encode()).hexdigest()


def recorded_sums(study: Study) -> str | None:
    """Return what a study's `SHA256SUMS` must be by its records; None if no job made one.

    Raises:
        BadInput: see `jobs_behind`.
    """
    record = study.records.get(ROOT_JOB)
    if record is None:
        return None
    files = [file["path"] for file in record["inputs"] if file["option"] != "records"]
    jobs = jobs_behind(study, files)
    return sums_of(jobs, account_of(jobs), str(study.results / "provenance/JOBS"))


def _lasting(job: Job) -> dict[str, Any]:
    """Return the part of a record that does not depend on where, when and on how many cores.

    The threads of a job that reads in parallel are as many as there are cores; those of a training
    are a setting, which the record of save_config has too.
    """
    lasting = {name: job[name] for name in (*OF_A_JOB, *OF_ITS_SOFTWARE)}
    options = {name: value for name, value in job["options"].items() if name != "threads"}
    code = sorted(job["code"], key=lambda file: file["path"])
    return lasting | {"options": options, "code": code}


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
