"""What a job of several parts had finished when it was killed, kept aside until all of it is done.

Snakemake removes the outputs of a job that did not end well. So each part's files, once written and
recorded, get a second name in a hidden folder beside its record, which no rule knows of.
"""

import json
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from coin.common.files import written_whole
from coin.provenance.hash_cache import sha256
from coin.provenance.job_record import still_holds

_RECORD = "record.json"


def keep(path: Path, record: dict[str, Any]) -> None:
    """Keep a finished part aside: its outputs and its record, which lies at `path`."""
    folder = _folder(path)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number, file in enumerate(record["outputs"]):
        _second_name(Path(file["path"]), folder / str(number))
    _second_name(path, folder / _RECORD)  # last: without it nothing is taken for finished


def restore(path: Path, begun: dict[str, Any]) -> bool:
    """Put a part's files and record back where they belong, if they are what would be made again.

    Args:
        path: of its record.
        begun: its record as it stands before the work, from `job_record.begin`.

    Returns:
        Whether it was done before. Else what was kept is of no use, and the part is to be done.
    """
    folder = _folder(path)
    try:
        record = json.loads((folder / _RECORD).read_text(encoding="utf-8"))
        kept = [folder / str(number) for number in range(len(record["outputs"]))]
        hashes = [file["sha256"] for file in record["outputs"]]
        if not still_holds(record, begun) or [sha256(file) for file in kept] != hashes:
            return False
    except (OSError, ValueError, KeyError, TypeError):
        return False
    for file, output in zip(kept, record["outputs"], strict=True):
        with written_whole(Path(output["path"])) as partial:
            _second_name(file, partial)
    with written_whole(path) as partial:
        _second_name(folder / _RECORD, partial)
    return True


def forget(paths: Iterable[Path]) -> None:
    """Remove what was kept of parts with these records: the job is done."""
    for path in paths:
        shutil.rmtree(_folder(path), ignore_errors=True)


def _folder(path: Path) -> Path:
    return path.with_name(f".{path.stem}")


def _second_name(file: Path, other: Path) -> None:
    """Give a file another name, or copy it where a file system has no links."""
    try:
        os.link(file, other)
    except OSError:
        shutil.copy2(file, other)
