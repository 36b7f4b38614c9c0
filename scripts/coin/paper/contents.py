"""What the paper's template is given of a study's tables, figures and records."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from coin.common.errors import BadInput
from coin.evaluation.tables import Shown, read_markdown
from coin.paper.exhibits import Exhibit
from coin.paper.facts import listed
from coin.provenance.lineage import Job

LIBRARIES = (
    "numpy",
    "scipy",
    "pandas",
    "scikit-learn",
    "zoopt",
    "torch",
    "pydicom",
    "scikit-image",
)
"""Whose versions a study's numbers may depend on."""

ROWS = 50
"""How many rows of a table a page can hold; the others stand in its file alone."""


def contents(
    exhibits: Mapping[str, Sequence[Exhibit]], tables: Sequence[Path], figures: Sequence[Path]
) -> list[dict[str, Any]]:
    """Return the exhibits that the paper shows and the study has, with their tables or pictures.

    Args:
        exhibits: by kind, with the study's facts.
        tables: the study's tables; of these, `.md`.
        figures: its figures, `.pdf`.
    """
    table_files = {path.stem: path for path in tables if path.suffix == ".md"}
    figure_files = {path.stem: path for path in figures}
    return [
        *(
            exhibit._asdict() | of_table(exhibit, read_markdown(table_files[exhibit.name]))
            for exhibit in exhibits["table"]
            if exhibit.section and exhibit.name in table_files
        ),
        *(
            exhibit._asdict() | {"path": str(figure_files[exhibit.name].resolve())}
            for exhibit in exhibits["figure"]
            if exhibit.section and exhibit.name in figure_files
        ),
    ]


def of_table(exhibit: Exhibit, shown: Shown) -> dict[str, Any]:
    """Return what the paper shows of a table.

    Data that all rows share stand in the caption alone, and so do notes that many share.

    Raises:
        BadInput: it has no column that `rows` names.
    """
    table = shown.table
    for column, words in exhibit.rows.items():
        if column not in table:
            raise BadInput(f"{exhibit.name}: no column {column}; found {', '.join(table)}")
        table = table[table[column].isin(words)]
    table, notes = _with_marks(table)
    caption = shown.caption + notes
    if len(table) > ROWS:
        caption += f" The first {ROWS} rows; {len(table) - ROWS:,} more: tables/{exhibit.name}.csv."
        table = table[:ROWS]
    kept = [name != "Data" or table[name].nunique() > 1 for name in table]
    return {
        "title": shown.title,
        "caption": caption,
        "columns": list(table.columns[kept]),
        "rows": table.loc[:, kept].to_numpy().tolist(),
        "is_text": [is_text for is_text, keep in zip(shown.is_text, kept, strict=True) if keep],
    }


def _with_marks(table: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return the table with marks for its notes, and what they say; notes of few rows stay."""
    notes = [note for note in table.get("Note", pd.Series()).unique() if note]
    if not notes or 2 * len(notes) > len(table):
        return table, ""
    marks = {note: f"({number})" for number, note in enumerate(notes, 1)}
    told = "".join(f" {mark} {note[0].upper()}{note[1:]}." for note, mark in marks.items())
    return table.assign(Note=table["Note"].map({"": "", **marks})), told


def made(jobs: Sequence[Job], root: str) -> list[tuple[str, str]]:
    """Return what made some results, without dates and places: the same study, the same words."""
    versions = {name: version for job in jobs for name, version in job["packages"].items()}
    libraries = [f"{name} {versions[name]}" for name in LIBRARIES if name in versions]
    gpus = {job["gpu"]["name"] for job in jobs if job["gpu"]}
    return [
        ("revision", listed(sorted(set(map(_revision, jobs))))),
        ("Python", listed(sorted({job["python"] for job in jobs}))),
        ("libraries", listed(libraries)),
        ("processor", listed(sorted({job["cpu"] for job in jobs}))),
        ("GPU", listed(sorted(gpus)) or "none"),
        ("jobs", f"{len(jobs):,}"),
        ("root", root),
    ]


def _revision(job: Job) -> str:
    revision = job["revision"]
    if not revision:
        return "not under version control"
    return str(revision["commit"]) + ("" if revision["clean"] else ", changed")
