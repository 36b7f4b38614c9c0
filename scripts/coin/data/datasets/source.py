"""What every data format becomes: masses to study, and an account of every record."""

import logging
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar
from unicodedata import normalize

import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import MASS_COLUMNS
from coin.common.workers import each
from coin.data.datasets import images
from coin.data.datasets.account import RECORD_COLUMNS, UNUSABLE, told
from coin.data.datasets.shapes import Box

_ANNEX = {".git", "annex"}  # where git-annex and datalad keep content

Task = TypeVar("Task")
Result = TypeVar("Result")


class Source(NamedTuple):
    """A data set as read.

    masses: one row a mass, `MASS_COLUMNS` and then the source's own columns.
    records: one row a record of the source: `RECORD_COLUMNS`.
    problems: a line for each record that should have been usable, naming its file and row. Such
        records are not among the masses.
    """

    masses: pd.DataFrame
    records: pd.DataFrame
    problems: list[str]


class Fault(NamedTuple):
    """What is wrong with one record: its label in the index of the records, and the message."""

    row: object
    message: str


def assemble(masses: pd.DataFrame, records: pd.DataFrame, faults: Iterable[Fault]) -> Source:
    """Split records into the masses to use and those left out.

    Args:
        masses: One row a record: `MASS_COLUMNS`, then the source's own columns.
        records: The same rows: `record`, `image`, `finding` (NOTHING, OTHER or MASS), `where` (file
            and row, for messages) and `reason` (why the record is no mass to study; empty if it
            is one).
        faults: What is wrong with records that should be masses.
    """
    messages: dict[object, list[str]] = {}
    for fault in faults:
        messages.setdefault(fault.row, []).append(fault.message)
    unusable = {row: UNUSABLE + "; ".join(lines) for row, lines in messages.items()}
    reason = records["reason"].mask(records.index.isin(list(messages)))
    reason = reason.fillna(pd.Series(unusable, dtype=str))
    used = reason == ""
    where = records["where"]
    account = records.assign(used=used, reason=reason, warning="")[RECORD_COLUMNS]
    return Source(
        masses.loc[used].reset_index(drop=True),
        account.reset_index(drop=True),
        [
            " ".join(f"{where[row]}: {line}".split())  # a name may hold what breaks a line
            for row in records.index
            for line in messages.get(row, [])
        ],
    )


def without(source: Source, faults: dict[int, str]) -> Source:
    """Leave out masses, given by their place among the masses, each with what is wrong with it."""
    records = source.records
    used = records.index[records["used"]]  # one a mass, in the same order
    reason = records["reason"].copy()
    for place, fault in faults.items():
        reason[used[place]] = UNUSABLE + fault
    return Source(
        source.masses.drop(index=list(faults)).reset_index(drop=True),
        records.assign(used=reason == "", reason=reason),
        source.problems + list(dict.fromkeys(faults.values())),
    )


def image_sizes(
    root: Path, names: Iterable[str], workers: int = 1
) -> tuple[dict[str, tuple[int, int]], dict[str, str]]:
    """Read (width, height) of each image from its header.

    Once a file is missing or its header cannot be read, the other images' pixels are decoded too,
    so that all damaged files are named in one go.

    Args:
        root: The data folder, which no image may leave.
        names: The images' paths in it; repeats are read once.
        workers: Processes to use.

    Returns:
        Sizes by name, and what is wrong with the others by name.
    """
    root = Path(os.path.realpath(root))
    paths, faults = {}, {}
    for name in dict.fromkeys(names):
        try:
            paths[name] = inside(root, name)
        except BadInput as problem:
            faults[name] = str(problem)
    read = partial(attempt, images.size)
    found = dict(zip(paths, each(read, list(paths.values()), workers, "headers"), strict=True))
    sizes = {name: size for name, size in found.items() if not isinstance(size, BadInput)}
    faults |= {name: str(problem) for name, problem in found.items() if name not in sizes}
    if faults:
        logging.warning("%s; looking for more", "; ".join(told(list(faults.values()))))
        faults |= undecodable(root, list(sizes), workers)
    return {name: size for name, size in sizes.items() if name not in faults}, faults


def undecodable(root: Path, names: Sequence[str], workers: int) -> dict[str, str]:
    """Decode images inside `root`; say by name what is wrong with those that cannot be."""
    read = partial(attempt, _decode)
    found = each(read, [inside(root, name) for name in names], workers, "images checked")
    return {name: str(fault) for name, fault in zip(names, found, strict=True) if fault}


def attempt(function: Callable[[Task], Result], task: Task) -> Result | BadInput:
    """Return `function(task)`, or the BadInput that it raises."""
    try:
        return function(task)
    except BadInput as problem:
        return problem


def _decode(path: Path) -> None:
    images.read(path)


def files_below(root: Path, *suffixes: str) -> list[Path]:
    """List a folder's files of some suffixes (lower case), however deep, without hidden ones.

    What begins with a dot, a file or a folder, is a file manager's or a program's, and no data.

    Raises BadInput when one has a name that is not UTF-8.
    """
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(folder, name) for name in sorted(names) if not name.startswith("."))
        found += [_printable(path) for path in paths if path.suffix.lower() in suffixes]
    return found


def is_folder(path: Path) -> bool:
    """Tell whether a path is a folder of data: one that is not hidden."""
    return path.is_dir() and not path.name.startswith(".")


def by_name(paths: Iterable[Path], name: Callable[[Path], str]) -> dict[str, list[Path]]:
    """Gather files by what they are called; `only` picks the one of a name."""
    found = defaultdict(list)
    for path in paths:
        found[name(path)].append(path)
    return dict(found)


def only(name: str, found: Sequence[Path]) -> Path:
    """Return the one file or folder of a name; raises BadInput when there are several."""
    if len(found) > 1:
        raise BadInput(
            f"{name} is there {'twice' if len(found) == 2 else f'{len(found)} times'}: "
            f"{', '.join(map(str, found))}; leave one in the data folder"
        )
    return found[0]


def repeated(mass_id: pd.Series) -> list[Fault]:
    """Find names that were given before."""
    again = mass_id[mass_id.duplicated() & (mass_id != "")]
    return [
        Fault(row, f"mass_id {name!r} was given before; it must be unique")
        for row, name in again.items()
    ]


def boxes_or_faults(
    rows: pd.Index, found: dict[object, Box | BadInput]
) -> tuple[pd.DataFrame, list[Fault]]:
    """Part what was found by row: boxes (x, y, width, height; NaN elsewhere), and faults."""
    boxes = {row: box for row, box in found.items() if not isinstance(box, BadInput)}
    faults = [Fault(row, str(found[row])) for row in found if row not in boxes]
    table = pd.DataFrame.from_dict(boxes, "index", float, MASS_COLUMNS[-4:])
    return table.reindex(rows), faults


def inside(root: Path, name: str) -> Path:
    """Return the path of a file in the data folder; raises BadInput when it leaves the folder.

    Letters with accents may be composed in the one name and not in the other.

    Args:
        root: The data folder, its own links resolved.
        name: A path in it.
    """
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise BadInput(f"{name!r} leaves the data folder; give a path inside {root}")
    for spelt in dict.fromkeys([name, normalize("NFC", name), normalize("NFD", name)]):
        path = root / spelt
        try:
            target = Path(os.path.realpath(path))
            if path.is_symlink() and {*target.parts} >= _ANNEX and not target.is_file():
                raise BadInput(
                    f"{name!r} is a link to nothing, its content was not fetched; get it "
                    "(datalad get, git annex get)"
                )
            if not target.is_relative_to(root):
                raise BadInput(f"{name!r} is a link out of {root}; put the file itself there")
            if path.is_file():
                return path
            if path.is_symlink():
                raise BadInput(f"{name!r} is a link to nothing; put the file itself there")
        except (OSError, ValueError):  # a name that no file can have
            pass
    raise BadInput(f"{name!r} is not there; expected it in {root}")


def _printable(path: Path) -> Path:
    """Return a path; raises BadInput when no table can hold its name."""
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise BadInput(f"{str(path)!a}: a name that is not UTF-8; rename it") from error
    return path
