"""Two studies side by side: which cells of which tables differ, and by which recorded causes."""

import json
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from coin.common.errors import BadInput
from coin.provenance.audit import named_jobs
from coin.provenance.causes import (
    CODE,
    EDIT,
    FILES,
    NOT_RECORDED,
    PARAMETER,
    RAW,
    SEED,
    Cause,
    Side,
    Trace,
    environment_between,
    settings_between,
    trace,
)
from coin.provenance.differences import differences, differing_cells
from coin.provenance.explain import ROW_NAMES, row_labels, sources_of
from coin.provenance.hash_cache import sha256
from coin.provenance.module_diff import module_diff
from coin.provenance.study_records import Study

Config = list[tuple[str, Any, Any]]
"""What differs between two studies' merged settings: name, here, there."""


def against(here: Study, there: Study) -> dict[str, Any]:
    """Compare two studies of the same data.

    Returns:
        `here`, `there`: their folders; `roots`: null where there is none. `tables`: of each its
        `name`, `only` (here or there, else null), `n_cells`, and the `cells` that differ: `row`,
        `column`, `here`, `there`, `distance` (null where one is no number), `causes` (numbers).
        `causes`: of each its `number`, `kind`, `text`, `jobs` (their names here), `n_cells`, the
        `tables` that it moves, and the `diff` of a module, null where not both texts are at hand.
        `besides`: a line for all else that is recorded as different, and is no nearest cause.

    Raises:
        BadInput: a record that cannot be used, a table that is not there, or other data.
    """
    for study in (here, there):
        if study.unusable:
            raise BadInput(study.unusable[0])
    _check_data(here, there)
    of_file, jobs = trace(here, there)
    names = _tables(here), _tables(there)
    tables = [
        _table(name, [of.get(name) for of in names], here, there, of_file)
        for name in sorted(names[0].keys() | names[1].keys())
    ]
    found = sorted(
        {cause for table in tables for cell in table["cells"] for cause in cell["causes"]}
    )
    config = _config(here, there)
    groups = _grouped(found, config)
    numbers = {cause: number for number, group in enumerate(groups, 1) for cause in group}
    for table in tables:
        for cell in table["cells"]:
            cell["causes"] = sorted({numbers[cause] for cause in cell["causes"]})
    return {
        "here": str(here.folder),
        "there": str(there.folder),
        "roots": [_root(here), _root(there)],
        "tables": tables,
        "causes": [
            {
                "number": number,
                "kind": group[0].kind,
                "text": _text(group, config),
                "jobs": sorted(set().union(*(jobs[cause] for cause in group))),
                **_moved(number, tables),
                "diff": module_diff(group[0], here, there) if group[0].kind == CODE else None,
            }
            for number, group in enumerate(groups, 1)
        ],
        "besides": _besides(here, there, set(found), config),
    }


# ---- tables ------------------------------------------------------------------------------------


def _tables(study: Study) -> dict[str, str]:
    """Return the paths of a study's tables by name."""
    paths = [PurePosixPath(path) for path in study.producers()]
    folder = study.results / "tables"
    return {
        path.stem: str(path) for path in paths if path.parent == folder and path.suffix == ".csv"
    }


def _table(
    name: str, paths: list[str | None], here: Study, there: Study, of_file: Trace
) -> dict[str, Any]:
    """Return a table's entry, the causes of its cells still as they were found."""
    one, other = paths
    if one is None or other is None:
        return {"name": name, "only": "here" if one else "there", "n_cells": 0, "cells": []}
    sides = Side(one, _hash(here, one)), Side(other, _hash(there, other))
    if sides[0].sha256 == sides[1].sha256:
        return {"name": name, "only": None, "n_cells": _read(here, one, name).size, "cells": []}
    record = here.records[here.producers()[one]]
    tables = _read(here, one, name), _read(there, other, name)
    cells = []
    for cell in differing_cells(*tables):
        try:
            causes = of_file(*sides, sources_of(record, name, cell.row))
        except RecursionError as error:
            raise BadInput(f"{one}: the records before it lead in a circle") from error
        cells.append({**cell._asdict(), "distance": cell.distance, "causes": causes})
    n_cells = len(tables[0].index.union(tables[1].index)) * len(
        tables[0].columns.union(tables[1].columns)
    )
    return {"name": name, "only": None, "n_cells": n_cells, "cells": cells}


def _hash(study: Study, path: str) -> str:
    try:
        return sha256(study.root / path)
    except OSError as error:
        job = study.producers()[path]
        raise BadInput(
            f"{study.root / path}: not there, but {job} wrote it; make it again"
        ) from error


def _read(study: Study, path: str, name: str) -> pd.DataFrame:
    """Read a table as text, its rows named as those of explanations, or numbered."""
    try:
        table = pd.read_csv(study.root / path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise BadInput(f"{study.root / path}: not a readable CSV table ({error})") from error
    columns = ROW_NAMES.get(name, [])
    labels = row_labels(table, columns) if columns and {*columns} <= {*table.columns} else []
    if len(set(labels)) < len(table):
        labels = [f"row {number}" for number in range(1, len(table) + 1)]
    return table.set_index(pd.Index(labels, dtype=object))


def _check_data(here: Study, there: Study) -> None:
    of_here, of_there = (
        {
            record["options"]["data"]
            for record in study.records.values()
            if "data" in record["options"]
        }
        for study in (here, there)
    )
    if of_here.isdisjoint(of_there):
        said = [", ".join(sorted(map(str, names))) or "nothing" for names in (of_here, of_there)]
        raise BadInput(
            f"{there.folder}: made from {said[1]}, {here.folder} from {said[0]}: figures of "
            "different data are not compared; give a study of the same data"
        )


def _root(study: Study) -> str | None:
    path = study.folder / "provenance/ROOT"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


# ---- causes ------------------------------------------------------------------------------------


def _grouped(causes: Iterable[Cause], config: Config) -> list[list[Cause]]:
    """Put together what is one cause under several names, the group that has most first."""
    groups: dict[tuple, list[Cause]] = defaultdict(list)
    for cause in causes:
        groups[_identity(cause, config)].append(cause)
    return list(groups.values())


def _identity(cause: Cause, config: Config) -> tuple:
    if cause.kind in (RAW, NOT_RECORDED):
        return (cause.kind,)
    if cause.kind == FILES:
        return cause.kind, cause.here is None
    if cause.kind == CODE:
        return cause.kind, cause.name
    if cause.kind in (PARAMETER, SEED):
        return "setting", *(_settings(cause, config) or cause[1:])
    return tuple(cause)


def _settings(cause: Cause, config: Config) -> list[tuple[str, str | None, str | None]]:
    """Return the settings of the config behind what a job was told: those of its name and values.

    What a rule works out from settings has neither; where one setting alone differs, it is that.
    """
    told: list[tuple[str, str | None, str | None]] = [
        (name, json.dumps(here), json.dumps(there)) for name, here, there in config
    ]
    alike = [entry for entry in told if _is_told(cause, *entry)]
    return alike or (told if len(told) == 1 else [])


def _is_told(cause: Cause, name: str, *values: str | None) -> bool:
    """Return whether a job was told a setting; 1 and 1.0 are one number."""
    ran = [json.loads(value or "null") for value in (cause.here, cause.there)]
    return _leaf(name) == _leaf(cause.name) and ran == [
        json.loads(value or "null") for value in values
    ]


def _leaf(name: str) -> str:
    return name.rpartition(".")[2]


def _config(here: Study, there: Study) -> Config:
    """Return what differs between the merged settings, but for names that the study itself has."""
    settings = [
        study.records["save_config"]["options"].get("settings")
        if "save_config" in study.records
        else {}
        for study in (here, there)
    ]
    return [entry for entry in differences(*settings) if entry[0] not in ("study", "data.root")]


def _text(group: list[Cause], config: Config) -> str:
    """Say in one line what a cause is."""
    cause = group[0]
    names = [cause.name for cause in group]
    if cause.kind == RAW:
        return f"raw data: {_named(names)}: other bytes, or only here or there"
    if cause.kind == FILES:
        where = "there" if cause.here is None else "here"
        return f"other files: {_named(names)}, which only a job {where} read"
    if cause.kind == NOT_RECORDED:
        return f"no recorded cause: {named_jobs(names)} wrote other bytes from the same"
    if cause.kind == EDIT:
        where = "there" if cause.here is None else "here"
        return f"edited by hand: {cause.name}, {where}: not what its job wrote"
    if cause.kind == CODE:
        lacks = {(one.here is None, one.there is None) for one in group}
        what = {(True, False): "only there", (False, True): "only here"}
        return f"module {cause.name}: {what.get(lacks.pop(), 'differs')}"
    if cause.kind in (PARAMETER, SEED):
        settings = [*_settings(cause, config)] or [cause[1:]]
        values = "; ".join(f"{name}: {_apart(*values)}" for name, *values in settings)
        return f"{cause.kind} {values}"
    return f"{cause.kind} {cause.name}: {_apart(cause.here, cause.there)}"


def _apart(here: str | None, there: str | None) -> str:
    return f"{_cut(here)} here, {_cut(there)} there"


def _cut(text: str | None) -> str:
    text = str(text).strip('"')
    return text if len(text) < 100 else f"{text[:100]}..."


def _named(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} files ({names[0]} ... {names[-1]})"


def _moved(number: int, tables: list[dict[str, Any]]) -> dict[str, Any]:
    moved = {
        table["name"]: sum(number in cell["causes"] for cell in table["cells"]) for table in tables
    }
    return {
        "n_cells": sum(moved.values()),
        "tables": [name for name, count in moved.items() if count],
    }


def _besides(here: Study, there: Study, found: set[Cause], config: Config) -> list[str]:
    """Say what else is recorded as different of jobs that both studies have."""
    users: dict[Cause, list[str]] = defaultdict(list)
    for job, record in here.records.items():
        if other := there.records.get(job):
            for between in (settings_between, environment_between):
                for cause in set(between(record, other)) - found:
                    if not cause.name.startswith("sources."):  # the settings are there, merged
                        users[cause].append(job)
    known = {_identity(cause, config) for cause in found}
    return [
        f"{_text(group, config)}: {named_jobs(sorted({*chain(*map(users.__getitem__, group))}))}"
        for group in _grouped(sorted(users), config)
        if _identity(group[0], config) not in known
    ]
