"""Why a file of one study is not that of another: followed back from record to record.

From a file that differs to the jobs that made it, here and there, and on to those of their inputs
that differ. What is alike is not followed: it can be no cause. Of a pair of jobs module, parameter
and seed are causes; where they and all inputs are alike, versions, processor and threads are; and
where these are alike too, no cause is recorded.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from coin.provenance.audit import WRAPPER
from coin.provenance.differences import differences
from coin.provenance.study_records import Record, Study

CODE, PARAMETER, SEED, RAW, EDIT = "module", "parameter", "seed", "raw data", "edited by hand"
VERSION, PROCESSOR, THREADS = "version", "processor", "threads"
FILES, NOT_RECORDED = "other files", "no recorded cause"

_NO_FILE = ""
"""In place of a hash."""


class Cause(NamedTuple):
    """One difference between two studies. Values are JSON or hashes; None: no such thing there."""

    kind: str
    name: str
    """The module, parameter, package or file; of no recorded cause the job."""
    here: str | None = None
    there: str | None = None


class Side(NamedTuple):
    """A file of one study, as a job read it or as it lies there."""

    path: str
    sha256: str


Trace = Callable[[Side, Side, frozenset[str]], frozenset[Cause]]
"""From a file here and one there to what makes them differ. Of the inputs of the job that made it,
only those of the given paths here are followed, unless none of these differs; all if none is given.
"""


def trace(here: Study, there: Study) -> tuple[Trace, dict[Cause, set[str]]]:
    """Return what follows files back, and the jobs here in which it has found each cause so far."""
    makers, written = (here.producers(), there.producers()), (_written(here), _written(there))
    jobs: dict[Cause, set[str]] = defaultdict(set)

    @cache
    def of_file(one: Side, other: Side, only: frozenset[str] = frozenset()) -> frozenset[Cause]:
        if one.sha256 == other.sha256:
            return frozenset()
        sides = list(zip(("here", "there"), (one, other), written, strict=True))
        if not all(side.path in of for _, side, of in sides):
            return frozenset({Cause(RAW, one.path, one.sha256 or None, other.sha256 or None)})
        edits = {
            Cause(
                EDIT, side.path, *((side.sha256, None) if where == "here" else (None, side.sha256))
            )
            for where, side, of in sides
            if of[side.path] != side.sha256
        }
        if written[0][one.path] == written[1][other.path]:
            return frozenset(edits)
        return frozenset(edits) | of_jobs(makers[0][one.path], makers[1][other.path], only)

    @cache
    def of_jobs(one: str, other: str, only: frozenset[str]) -> frozenset[Cause]:
        ran = here.records[one], there.records[other]
        found = noted(one, settings_between(*ran))
        pairs, alone = paired_inputs(here, ran[0], there, ran[1])
        causes = {pair: of_file(*pair) for pair in pairs}
        chosen = [causes[pair] for pair in pairs if pair[0].path in only]
        found |= frozenset().union(*chosen) or frozenset().union(*causes.values())
        return (
            found
            or noted(one, alone)
            or noted(one, environment_between(*ran))
            or noted(one, [Cause(NOT_RECORDED, one)])
        )

    def noted(job: str, causes: Iterable[Cause]) -> frozenset[Cause]:
        found = frozenset(causes)
        for cause in found:
            jobs[cause].add(job)
        return found

    return of_file, jobs


def settings_between(one: Record, other: Record) -> Iterator[Cause]:
    """Yield what two jobs were told and ran that is not alike: modules, parameters, seeds."""
    codes = [
        {file["path"]: file["sha256"] for file in record["code"] if file["path"] not in WRAPPER}
        for record in (one, other)
    ]
    changed = [path for path in codes[0] if codes[1].get(path, codes[0][path]) != codes[0][path]]
    # A module that only one has was imported by one that changed.
    for path in changed or sorted(codes[0].keys() ^ codes[1].keys()):
        yield Cause(CODE, path, codes[0].get(path), codes[1].get(path))
    parts = _parts_of_paths(one), _parts_of_paths(other)
    for name, ran, ran_there in differences(_parameters(one), _parameters(other)):
        leaf = name.rpartition(".")[2]
        if leaf == "threads" or (_is_text(ran, parts[0]) and _is_text(ran_there, parts[1])):
            continue
        kind = SEED if leaf.endswith("seed") else PARAMETER
        yield Cause(kind, name, json.dumps(ran), json.dumps(ran_there))


def environment_between(one: Record, other: Record) -> Iterator[Cause]:
    """Yield what two jobs ran on that is not alike: versions, processor, threads."""
    versions = [{"Python": record["python"], **record["packages"]} for record in (one, other)]
    for name, ran, ran_there in differences(versions[0], versions[1]):
        yield Cause(VERSION, name, json.dumps(ran), json.dumps(ran_there))
    for name in ("cpu", "gpu"):
        if _chip(one[name]) != _chip(other[name]):
            yield Cause(PROCESSOR, name, _chip(one[name]), _chip(other[name]))
    threads = [_threads(record["determinism"]) for record in (one, other)]
    if apart := list(differences(threads[0], threads[1])):
        values = [json.dumps({name: values[side] for name, *values in apart}) for side in (0, 1)]
        yield Cause(THREADS, "threads", *values)


def paired_inputs(
    here: Study, one: Record, there: Study, other: Record
) -> tuple[list[tuple[Side, Side]], list[Cause]]:
    """Return the inputs of two jobs that stand for each other, and those that only one has.

    Files are paired by their place in the study or in the folder of raw data; what is left, results
    alone, by order: a seed or a point of the graph is part of a name.
    """
    own, others = _placed(here, one), _placed(there, other)
    pairs = [(own.pop(place), others.pop(place)) for place in [*own] if place in others]
    left, left_there = _results_by_option(own, here), _results_by_option(others, there)
    for option in left:
        while left[option] and left_there[option]:
            pairs.append((left[option].pop(0), left_there[option].pop(0)))
    alone = [Cause(FILES, side.path, side.sha256) for sides in left.values() for side in sides]
    alone += [Cause(FILES, s.path, None, s.sha256) for sides in left_there.values() for s in sides]
    came = [side for side in others.values() if not there.is_result(side.path)]
    went = [side for side in own.values() if not here.is_result(side.path)]
    pairs += [(side, Side(side.path, _NO_FILE)) for side in went]
    pairs += [(Side(side.path, _NO_FILE), side) for side in came]
    return pairs, alone


# ---- helpers -----------------------------------------------------------------------------------


def _written(study: Study) -> dict[str, str]:
    return {
        file["path"]: file["sha256"]
        for record in study.records.values()
        for file in record["outputs"]
    }


def _placed(study: Study, record: Record) -> dict[tuple[str, str], Side]:
    """Return a job's inputs by option and place: in the study, else in the option's folder."""
    placed = {}
    for file in record["inputs"]:
        path, named = PurePosixPath(file["path"]), record["options"].get(file["option"])
        if study.is_result(file["path"]):
            place = path.relative_to(study.results)
        elif isinstance(named, str):
            place = path.relative_to(named)
        else:
            place = path
        placed[file["option"], str(place)] = Side(file["path"], file["sha256"])
    return placed


def _results_by_option(placed: dict[tuple[str, str], Side], study: Study) -> dict[str, list[Side]]:
    left: dict[str, list[Side]] = defaultdict(list)
    for (option, _), side in placed.items():
        if study.is_result(side.path):
            left[option].append(side)
    return left


def _parameters(record: Record) -> dict[str, Any]:
    files = {file["option"] for file in (*record["inputs"], *record["outputs"])}
    return {name: value for name, value in record["options"].items() if name not in files}


def _parts_of_paths(record: Record) -> set[str]:
    files = (*record["inputs"], *record["outputs"])
    return {part for file in files for part in PurePosixPath(file["path"]).parts}


def _is_text(value: Any, texts: set[str]) -> bool:
    """Return whether an option only says what a folder is called, such as that of an arm's run."""
    return isinstance(value, str) and value in texts


def _chip(value: Any) -> str:
    if isinstance(value, dict):
        value = {name: value.get(name) for name in ("name", "driver", "cuda")}
    return json.dumps(value)


def _threads(determinism: Record) -> dict[str, Any]:
    """Return what of the recorded determinism sums may depend on; the number of cores is none."""
    own = {name: determinism[name] for name in ("deterministic", "threads")}
    return {**own, **determinism["environment"]}
