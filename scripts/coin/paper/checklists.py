"""Reporting checklists of a study: each item with the place in its files that answers it."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from coin.common.errors import BadInput

FOR_AUTHORS = "for the authors of a study"


def checklist(items: Mapping[str, Any], folder: Path, files: Sequence[Path], data: str) -> str:
    """Return a checklist in Markdown.

    An answer whose file is none of the study's is left out, since not every study has every table;
    one whose file is there and lacks what is pointed at is an error.

    Args:
        items: of report/checklists/, by number: what each `asks`, and its `answers`.
        folder: the study's.
        files: of the study, and the template of its paper, of which sections are named.
        data: what was measured, in words.

    Raises:
        BadInput: an answer points at what is not there.
    """
    known = {str(path.relative_to(folder)): path for path in files if path.is_relative_to(folder)}
    template = next((path for path in files if path.suffix == ".typ"), None)
    lines = [f"| {items['title']} | asks for | answer |", "|---|---|---|"]
    for number, item in items["items"].items():
        answers = [
            _answer(answer, known[answer["file"]], template)
            for answer in item.get("answers", [])
            if answer["file"] in known
        ]
        lines.append(f"| {number} | {item['asks']} | {'; '.join(answers) or FOR_AUTHORS} |")
    table = "\n".join(lines)
    return (
        f"# {items['title']}\n\nData: {data}. Items are in our own words, with the checklist's "
        "numbers. A workflow can say where some are answered, by files of this study; the others "
        f"are {FOR_AUTHORS}.\n\n{table}\n"
    )


def _answer(answer: Mapping[str, Any], path: Path, template: Path | None) -> str:
    """Return an answer in Markdown, once what it points at is found."""
    match answer:
        case {"key": key}:
            place = f" `{key}`: {_setting(path, key)}"
        case {"heading": heading}:
            _check(f"## {heading}" in _lines(path), path, f"heading {heading}")
            place = f", {heading}"
        case {"section": section}:
            wanted = template is not None and any(
                line.lstrip("=") == f" {section}" for line in _lines(template)
            )
            _check(wanted, path, f"section {section}")
            place = f", section {section}"
        case {"column": column}:
            place = _cell(path, answer.get("row", {}), column)
        case _:
            place = ""
    said = f" ({answer['says']})" if "says" in answer else ""
    return f"`{answer['file']}`{place}{said}"


def _setting(path: Path, key: str) -> str:
    value = yaml.safe_load(path.read_text(encoding="utf-8"))
    for part in key.split("."):
        _check(isinstance(value, Mapping) and part in value, path, f"key {key}")
        value = value[part]
    return str(value)


def _cell(path: Path, row: Mapping[str, str], column: str) -> str:
    """Return a column of a table in words; or, where a row is named, its cell with the value."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    _check(bool(rows) and column in rows[0], path, f"column {column}")
    if not row:
        return f", column `{column}`"
    found = [each for each in rows if all(each.get(name) == said for name, said in row.items())]
    where = ", ".join(row.values())
    _check(len(found) == 1, path, f"row {where}")
    return f", {where}, `{column}`: {found[0][column] or 'n/a'}"


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _check(is_there: bool, path: Path, what: str) -> None:
    if not is_there:
        raise BadInput(f"{path}: no {what}, which a checklist points at; mend report/checklists/")
