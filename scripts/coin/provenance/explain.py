"""What made a cell of a table, or a figure: from the value back to the raw data."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_table
from coin.evaluation.tables import read_metrics
from coin.provenance.lineage import jobs_behind
from coin.provenance.study_records import Record, Study

ROW_NAMES = {
    "table1": ["method"],
    "table2": ["method"],
    "readings": ["arm"],
    "metrics": ["arm", "level", "metric"],
    "comparisons": ["arm", "baseline", "metric"],
    "claims": ["claim"],
    "fig5a": ["n_positive", "n_negative"],
    "fig5b": ["lambda"],
    "neighbours": ["fold", "seed", "label", "sign"],
    "leakage": ["way", "arm", "metric"],
    "subgroups": ["arm", "by", "group"],
}
"""The columns that name a table's rows."""
_FILES_SHOWN = 6
# The option of make_table2 from which a row of Table II comes; those of Table I are named alike.
_TABLE2 = {"COIN": "coin", "COIN, lambda = 0": "no_graph"}


def explain(study: Study, name: str, *cell: str) -> dict:
    """Return what made a cell of a table, or the whole of a table or figure.

    Args:
        study: its records.
        name: of the table or figure: `table2`, `fig6`.
        cell: of a table, its row and its column. A row is named by its method, `1,4` for a point
            (n+, n-), or lambda.

    Returns:
        `what`, `file`, for a cell `value` and `trainings` (fold, seed, figure, predictions), `jobs`
        (the records with their `name`, the last first), and `raw` (the raw data's path, bytes and
        sha256).

    Raises:
        BadInput: no such table, figure, row or column; or a record is missing.
    """
    producers = study.producers()
    path = _file_of(producers, study, name, is_cell=bool(cell))
    record = study.records[producers[path]]
    found: dict[str, Any] = {"what": name, "file": _described(record, path)}
    sources = [file["path"] for file in record["inputs"]]
    if cell:
        row, column = cell
        value, cells = _cell(study, path, name, row, column)
        found |= {"what": f"{name}, {row}, {column}", "value": value, "data": cells["data"]}
        if cells.get("source") == "published":
            return found | {"published": True, "jobs": [], "raw": []}
        try:
            metrics = metrics_of(record, name, row)
            if metrics is not None:
                sources = [metrics]
                found["trainings"] = _trainings(study, metrics, column)
        except (LookupError, ValueError, TypeError) as error:
            raise BadInput(
                f"{producers[path]}: its record does not fit {path}; audit the study first"
            ) from error
    before = jobs_behind(study, filter(study.is_result, sources))
    jobs = [{**record, "name": producers[path]}, *reversed(before)]
    raw = {
        file["path"]: file
        for job in jobs
        for file in job["inputs"]
        if file["option"] == "root" or file["path"] not in producers
    }
    return found | {"jobs": jobs, "raw": list(raw.values())}


def as_text(found: dict) -> str:
    """Write an explanation for people: hashes cut to twelve digits, like jobs together."""
    value = f" = {found['value']}" if "value" in found else ""
    data = f" (data: {found['data']})" if "data" in found else ""
    lines = [f"{found['what']}{value}{data}", f"  in {_hashed(found['file'])}"]
    if found.get("published"):
        return "\n".join([*lines, "  as the paper has it: published, not measured here"])
    for training in found.get("trainings", ()):
        lines.append(
            f"  fold {training['fold']}, seed {training['seed']}: {training['figure']:.6g} of "
            f"{training['n_masses']} masses, from {_hashed(training['predictions'])}"
        )
    by_rule: dict[str, list[Record]] = defaultdict(list)
    for record in found["jobs"]:
        by_rule[record["rule"]].append(record)
    for rule, records in by_rule.items():
        lines += ["", f"{rule}: {len(records)} job{'s' * (len(records) > 1)}"]
        lines += _common_lines(records)
        for record in records:
            lines += _job_lines(record)
    lines += ["", f"raw data: {len(found['raw'])} files"]
    lines += [f"  {_hashed(file)}" for file in found["raw"]]
    return "\n".join(
        [*lines, "", *_code_lines(found["jobs"]), "", *_environment_lines(found["jobs"])]
    )


def row_labels(table: pd.DataFrame, columns: list[str]) -> list[str]:
    """Return what the rows of a table are called: `COIN`, `1,4`."""
    return [_label(values) for values in table[columns].itertuples(index=False)]


def sources_of(record: Record, name: str, row: str) -> frozenset[str]:
    """Return the files that a row of a table was made from; none where that cannot be told.

    Args:
        record: of the job that made the table.
        name: the table's.
        row: as `row_labels` has it.
    """
    arms = record["options"].get("arms")
    try:
        if name not in ("metrics", "comparisons"):
            return frozenset(filter(None, [metrics_of(record, name, row)]))
        runs = {
            arms[arm] for arm in row.split(",")[: ROW_NAMES[name].index("metric")] if arm in arms
        }
    except (LookupError, ValueError, TypeError):
        return frozenset()
    return frozenset(
        file["path"]
        for file in record["inputs"]
        if runs.intersection(PurePosixPath(file["path"]).parts)
    )


# ---- finding -----------------------------------------------------------------------------------


def _file_of(producers: dict[str, str], study: Study, name: str, is_cell: bool) -> str:
    kinds = [("tables", "csv")] if is_cell else [("figures", "pdf"), ("tables", "csv")]
    for folder, suffix in kinds:
        path = f"{study.results}/{folder}/{name}.{suffix}"
        if path in producers:
            return path
    known = {
        PurePosixPath(path).stem
        for path in producers
        if PurePosixPath(path).parent.name in ("tables", "figures")
    }
    raise BadInput(
        f"{study.results}: no record of {'a table' if is_cell else 'a table or figure'} {name}; "
        f"there are {', '.join(sorted(known)) or 'none'}"
    )


def _cell(study: Study, path: str, name: str, row: str, column: str) -> tuple[Any, dict[str, Any]]:
    keys = ROW_NAMES[name]
    table = read_table(study.root / path, keys)
    labels = row_labels(table, keys)
    if row not in labels:
        raise BadInput(f"{path}: no row {row}; there are {'; '.join(labels)}")
    if column not in table.columns:
        raise BadInput(f"{path}: no column {column}; there are {', '.join(table.columns)}")
    cells = table.iloc[labels.index(row)]
    value = cells[column]
    return None if pd.isna(value) else getattr(value, "item", lambda: value)(), dict(cells)


def _label(values: Iterable[Any]) -> str:
    return ",".join(value if isinstance(value, str) else f"{value:.12g}" for value in values)


def metrics_of(record: Record, name: str, row: str) -> str | None:
    """Return the metrics.csv that a row was made from, None where it was made from all inputs."""
    options = record["options"]
    match name:
        case "table1":
            return options[row]
        case "table2":
            own = dict(zip(options["names"], options["others"], strict=True))
            return own[row] if row in own else options[_TABLE2[row]]
        case "readings":
            return options["runs"][list(options["arms"]).index(row)]
        case "fig5a":
            return options["grid"][[_label(point) for point in options["points"]].index(row)]
        case "fig5b":
            return options["sweep"][[_label([weight]) for weight in options["weights"]].index(row)]
        case _:
            return None


def _trainings(study: Study, metrics: str, column: str) -> list[dict[str, Any]]:
    """Return each training's figure behind a mean or deviation, with its predictions."""
    record = study.records[study.producers()[metrics]]
    measure = column.rpartition("_")[0]
    rows = read_metrics(study.root / metrics).to_dict("records")
    of_training = {PurePosixPath(file["path"]).parent.name: file for file in record["inputs"]}
    return [
        {
            "fold": row["fold"],
            "seed": row["seed"],
            "n_masses": row["n_masses"],
            "figure": row[measure],
            "predictions": of_training[f"fold{row['fold']}_seed{row['seed']}"],
        }
        for row in rows
        if measure in row
    ]


def _described(record: Record, path: str) -> dict[str, Any]:
    return next(file for file in record["outputs"] if file["path"] == path)


# ---- text --------------------------------------------------------------------------------------


def _hashed(file: Record) -> str:
    return f"{file['path']} (sha256 {file['sha256'][:12]})"


def _parameters(record: Record) -> dict[str, Any]:
    files = {file["option"] for file in (*record["inputs"], *record["outputs"])}
    return {name: value for name, value in record["options"].items() if name not in files}


def _common_lines(records: list[Record]) -> list[str]:
    """Write what all jobs of a rule have in common: their program and their parameters."""
    program, *_ = (file for file in records[0]["code"] if file["path"].count("/") == 1)
    common = _shared([_parameters(record) for record in records])
    lines = [f"  program: {_hashed(program)}, with {len(records[0]['code']) - 1} modules"]
    return [*lines, f"  parameters: {_named(common)}"] if common else lines


def _job_lines(record: Record) -> list[str]:
    started, ended = (datetime.fromisoformat(record[name]) for name in ("started", "ended"))
    wildcards = _named(record["wildcards"]) or "the job"
    slurm = f", SLURM job {record['slurm_job_id']}" if record["slurm_job_id"] else ""
    lines = [
        f"  {wildcards}: {record['ended']}, {(ended - started).total_seconds():.1f} s on "
        f"{record['host']}{slurm}" + (f"; seeds: {_named(record['seeds'])}" * bool(record["seeds"]))
    ]
    if len(record["outputs"]) > _FILES_SHOWN:
        return [*lines, f"    wrote {len(record['outputs'])} files"]
    return [*lines, *(f"    wrote {_hashed(file)}" for file in record["outputs"])]


def _code_lines(jobs: list[Record]) -> list[str]:
    """Write every module that ran, once for each version of it."""
    modules = sorted({_hashed(file) for job in jobs for file in job["code"]})
    return [f"code: {len(modules)} files", *(f"  {module}" for module in modules)]


def _environment_lines(jobs: list[Record]) -> list[str]:
    """Write versions, revisions and processors, each with how many jobs had it."""
    lines = []
    versions = [{"Python": job["python"], **job["packages"]} for job in jobs]
    shared = _shared(versions)
    lines.append(f"versions: {_named(shared)}")
    for job, of_job in zip(jobs, versions, strict=True):
        if own := {name: value for name, value in of_job.items() if shared.get(name) != value}:
            lines.append(f"  {job['rule']} {_named(job['wildcards'])}: {_named(own)}")
    lines.append(f"revision: {_counted(_revision(job['revision']) for job in jobs)}")
    gpus = (job["gpu"]["name"] if job["gpu"] else job["cpu"] for job in jobs)
    return [*lines, f"processors: {_counted(gpus)}"]


def _shared(mappings: list[dict[str, Any]]) -> dict[str, Any]:
    first, *others = mappings
    return {
        name: value
        for name, value in first.items()
        if all(name in other and other[name] == value for other in others)
    }


def _revision(revision: Record | None) -> str:
    if revision is None:
        return "not known"
    return revision["commit"] + ("" if revision["clean"] else " with uncommitted changes")


def _counted(values: Iterable[str]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for value in values:
        counts[value] += 1
    return ", ".join(f"{value} ({count} jobs)" for value, count in counts.items())


def _named(values: Record) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
