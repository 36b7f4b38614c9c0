"""Reading a study's records, which anybody may have edited: nothing in them is trusted."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator

from coin.common.errors import BadInput
from coin.provenance.job_record import REPOSITORY, job_of

Record = Mapping[str, Any]
"""One job, as `schemas/record.schema.json` describes it."""


class Study(NamedTuple):
    """A study's results and the records of the jobs that made them."""

    root: Path
    """The folder that recorded paths are relative to."""
    results: PurePosixPath
    """The study's folder within it: results/<study>."""
    records: dict[str, Record]
    """By job: a record's file name without its ending."""
    unusable: list[str]
    """A line for every record that cannot be used, and why."""

    @property
    def folder(self) -> Path:
        """The study's folder, where it lies."""
        return self.root / self.results

    def producers(self) -> dict[str, str]:
        """Map the path of every output to the job that wrote it."""
        return {
            file["path"]: job for job, record in self.records.items() for file in record["outputs"]
        }

    def is_result(self, path: str) -> bool:
        """Return whether a recorded path lies in the study's folder."""
        return _is_within(path, str(self.results))


def study_folder(path: Path, name: str) -> Path:
    """Return the folder of a study, which may be given by the checkout or the crate that holds it.

    Args:
        path: of the study, or of what holds `results/<study>`.
        name: the study to take where it holds several.
    """
    held = sorted(folder.parent for folder in path.glob("results/*/provenance"))
    alike = [folder for folder in held if folder.name == name] or held
    return alike[0] if len(alike) == 1 and not (path / "provenance").is_dir() else path


def read_study(results: Path) -> Study:
    """Read all records of a study.

    Args:
        results: its folder, `results/<study>`.

    Raises:
        BadInput: no such folder, or no records in it.
    """
    folder = Path(os.path.abspath(results))  # noqa: PTH100 (results may be a link to elsewhere)
    if not (folder / "provenance").is_dir():
        raise BadInput(
            f"{results}: no folder provenance in it; give the folder of a study, results/<its name>"
        )
    root = folder.parents[1]
    study = Study(root, PurePosixPath(folder.relative_to(root)), {}, [])
    schema = json.loads((REPOSITORY / "schemas/record.schema.json").read_text(encoding="utf-8"))
    validator = Draft202012Validator(schema)
    for path in sorted((folder / "provenance").glob("[!.]*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            problem = next(_problems(study, path, record, validator), None)
        except (OSError, ValueError, RecursionError) as error:
            problem = f"not readable ({error})"
        if problem:
            study.unusable.append(
                f"{study.results}/provenance/{path.name}: no valid record: {problem}"
            )
        else:
            study.records[path.stem] = record
    return study


def _problems(
    study: Study, path: Path, record: Any, validator: Draft202012Validator
) -> Iterator[str]:
    """Say what is wrong with a record; what follows the first may not make sense."""
    for error in validator.iter_errors(record):
        where = ".".join(map(str, error.absolute_path)) or "the file"
        yield f"{where}: {error.message[:200]}"
    if job_of(path) != (record["rule"], record["wildcards"]):
        yield f"it is of rule {record['rule']} {record['wildcards']}, not of what its name says"
    for file in record["outputs"]:
        if not study.is_result(file["path"]):
            yield f"output {file['path']} is not in {study.results}"
    for file in record["code"]:
        if not _is_within(file["path"], "scripts"):
            yield f"code {file['path']} is not in scripts"
    for file in record["inputs"]:
        named = record["options"].get(file["option"])
        folders = [folder for folder in (named if isinstance(named, list) else [named]) if folder]
        if not any(_is_within(file["path"], str(folder)) for folder in folders):
            yield f"input {file['path']} is not what the option {file['option']} names"


def _is_within(path: str, folder: str) -> bool:
    """Return whether a path is a folder, or in it without a way out of it."""
    inner = PurePosixPath(path)
    return inner.is_relative_to(folder) and ".." not in inner.relative_to(folder).parts
