"""CSV tables as programs and spreadsheets write them, every value as text."""

import csv
import io
import logging
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from coin.common.errors import BadInput
from coin.data.datasets.images import one_line

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
_DECIMAL_COMMAS = re.compile(r"-?\d*,?\d+(?:\s+-?\d*,?\d+)*")
"""Numbers with blanks between, some with a decimal comma."""
_POINT = re.compile(r"-?\d+\.\d+")


def text_table(path: Path) -> pd.DataFrame:
    """Read a CSV table with every value as text, stripped of blanks and line ends.

    The header tells the separator (commas, semicolons or tabs), unless a line `sep=;` above it
    does. Where commas do not separate they are the decimal commas of numbers, and become points.
    What is not UTF-8 is taken for the cp1252 of spreadsheets. Empty columns at the end and empty
    rows go. The index is the number of a row's last line in the file.

    Raises BadInput when it is none, or when a line holds more values than the header has names.
    """
    text = _decoded(path)
    separator, above = _separator(path, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        rows = [(reader.line_num, [value.strip() for value in row]) for row in reader]
    except csv.Error as error:
        line = f"line {reader.line_num}"
        raise BadInput(f"{path}, {line}: not a readable CSV table ({one_line(error)})") from error
    (_, header), *rows = rows[above:]
    while len(header) > 1 and not header[-1]:
        header = header[:-1]
    kept = {line: _fitting(path, line, row, header, separator) for line, row in rows if any(row)}
    table = pd.DataFrame(list(kept.values()), index=list(kept), columns=header, dtype=str)
    table = with_columns(path, table)
    return table if separator == "," else table.apply(partial(_with_points, path))


def with_columns(
    path: Path, table: pd.DataFrame, spelt: Callable[[str], str] = str
) -> pd.DataFrame:
    """Respell a table's columns, by `spelt` and with single blanks only.

    Raises BadInput when two then have the same name.
    """
    names = [" ".join(spelt(str(name)).split()) for name in table.columns]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"{path}: more than one column {name!r}; rename or remove the others")
    return table.set_axis(names, axis=1)


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
    except (OSError, MemoryError) as error:
        raise BadInput(f"{path}: not a readable CSV table ({one_line(error)})") from error
    marks = [name for mark, name in _MARKS.items() if content.startswith(mark)]
    for encoding in marks or ["utf-8", "cp1252"]:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252":
            logging.warning("%s: not UTF-8; read as cp1252, as spreadsheets write it", path)
        if not text.strip():
            raise BadInput(f"{path}: empty; expected a CSV table")
        return text
    raise BadInput(
        f"{path}: its text is not {' or '.join(marks or ['UTF-8', 'cp1252'])}; save it as UTF-8"
    )


def _separator(path: Path, text: str) -> tuple[str, int]:
    """Return what separates the values, and how many rows stand above the header."""
    all_lines = re.split(r"\r\n|\r|\n", text)
    lines = [line for line in all_lines if line.strip()]
    said = re.fullmatch(r"\s*\"?sep=(.)\"?\s*", lines[0], re.IGNORECASE)
    above = next(n for n, line in enumerate(all_lines) if line.strip())
    if said:
        if said[1] not in _SEPARATORS or len(lines) < 2:
            raise BadInput(
                f"{path}, line 1: found {lines[0].strip()!r} and {len(lines) - 1} lines below; "
                f"expected one of {' '.join(_SEPARATORS)!r} and a table"
            )
        return said[1], above + 1
    unquoted = re.sub(r'"[^"]*"', "", lines[0])
    counts = {mark: unquoted.count(mark) for mark in _SEPARATORS if mark in unquoted}
    if len(counts) > 1:
        found = " and ".join(f"{count} {_SEPARATORS[mark]}" for mark, count in counts.items())
        raise BadInput(
            f"{path}, line {above + 1}: {found} in the header, which may all separate columns; "
            "put a line such as sep=; above it"
        )
    return next(iter(counts), ","), above


def _fitting(path: Path, line: int, row: list[str], header: list[str], separator: str) -> list[str]:
    """Return a row with as many values as the header has names."""
    if any(row[len(header) :]):
        raise BadInput(
            f"{path}, line {line}: {len(row)} values, separated by {_SEPARATORS[separator]}, under "
            f"{len(header)} names; quote what has the separator in it"
        )
    return (row + [""] * len(header))[: len(header)]


def _with_points(path: Path, values: pd.Series) -> pd.Series:
    has_commas = values.str.fullmatch(_DECIMAL_COMMAS) & values.str.contains(",", regex=False)
    if has_commas.any() and (has_points := values.str.fullmatch(_POINT)).any():
        raise BadInput(
            f"{path}: column {values.name!r} has both {values[has_commas].iloc[0]!r} and "
            f"{values[has_points].iloc[0]!r}; write all decimals alike"
        )
    return values.mask(has_commas, values.str.replace(",", "."))
