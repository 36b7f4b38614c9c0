"""The jobs behind some results of a study, followed from record to record."""

import shlex
from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from typing import Any

from coin.common.errors import BadInput
from coin.provenance.study_records import Study

Job = dict[str, Any]
"""A record, and its `name`: the record's file name without its ending."""


def jobs_behind(study: Study, files: Iterable[str]) -> list[Job]:
    """Return the jobs that led to results, in the order in which they started.

    Args:
        study: with all its records.
        files: the results, by their recorded paths.

    Raises:
        BadInput: a record that cannot be used, a result that no job made, or a file that was not
            the same for all jobs.
    """
    if study.unusable:
        raise BadInput(f"{study.unusable[0]}; remove it and run the study again")
    producers = study.producers()
    known = {
        file["path"]: file["sha256"]
        for record in study.records.values()
        for file in record["outputs"]
    }
    found: dict[str, Job] = {}
    waiting = list(files)
    while waiting:
        path = waiting.pop()
        if path not in producers:
            raise BadInput(f"{path}: no record says which job made it; run the study again")
        name = producers[path]
        if name in found:
            continue
        found[name] = {**study.records[name], "name": name}
        for file in found[name]["inputs"]:
            if known.setdefault(file["path"], file["sha256"]) != file["sha256"]:
                raise BadInput(
                    f"{file['path']}: {name} read other bytes than another job knows; "
                    "run the study again"
                )
            if study.is_result(file["path"]):
                waiting.append(file["path"])
    return sorted(found.values(), key=lambda job: (job["started"], job["name"]))


def order_of_rules(jobs: list[Job]) -> list[str]:
    """Return the rules of the jobs, each after those that it needs files from.

    Raises:
        BadInput: two rules need each other's files.
    """
    makers = {file["path"]: job["rule"] for job in jobs for file in job["outputs"]}
    needs: dict[str, list[str]] = {job["rule"]: [] for job in jobs}
    for job in jobs:
        needs[job["rule"]] += [
            makers[file["path"]] for file in job["inputs"] if file["path"] in makers
        ]
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        raise BadInput(f"rules need each other's files: {', '.join(error.args[1])}") from error


def program_of(job: Job) -> str:
    """Return the path of the program that a job ran, or nothing if its command names none."""
    return next((word for word in shlex.split(job["command"]) if word.endswith(".py")), "")
