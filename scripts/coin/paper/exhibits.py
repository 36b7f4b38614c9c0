"""What a study shows, its tables, figures and documents, and the words that go with each."""

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from coin.common.errors import BadInput
from coin.evaluation.tables import Shown, read_markdown

KINDS = ("table", "figure", "document")


class Exhibit(NamedTuple):
    """One entry of report/exhibits.yaml."""

    name: str
    """Of its file, without the ending."""
    kind: str
    """Of `KINDS`."""
    category: str
    """Where the report has it."""
    shows: str
    """What it shows, in a few words."""
    section: str = ""
    """Where the paper has it; nowhere if empty."""
    title: str = ""
    caption: str = ""
    alt: str = ""
    """Of a figure: what is to be seen, for who cannot see it."""
    rows: Mapping[str, list[str]] = {}
    """Of a table: show only rows with one of these words in a column."""

    def with_facts(self, facts: Mapping[str, Any]) -> "Exhibit":
        """Return the exhibit with the study's facts in its words."""
        return self._replace(
            caption=_filled(self.caption, facts), alt=_filled(self.alt, facts)
        )


def read_exhibits(path: Path) -> dict[str, list[Exhibit]]:
    """Read report/exhibits.yaml: the exhibits of each of `KINDS`, in the paper's order."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        kind: [Exhibit(name, kind, **words) for name, words in entries[f"{kind}s"].items()]
        for kind in KINDS
    }


def of_table(exhibit: Exhibit, shown: Shown) -> dict[str, Any]:
    """Return what the paper shows of a table.

    Data that all rows share stand in the caption alone, and so do notes, by letters.

    Raises:
        BadInput: it has no column that `rows` names.
    """
    table = shown.table
    for column, words in exhibit.rows.items():
        if column not in table:
            raise BadInput(f"{exhibit.name}: no column {column}; found {', '.join(table)}")
        table = table[table[column].isin(words)]
    caption = shown.caption
    if "Note" in table:
        notes = [note for note in table["Note"].unique() if note]
        marks = {note: f"({number})" for number, note in enumerate(notes, 1)}
        table = table.assign(Note=table["Note"].map({"": "", **marks}))
        caption += "".join(f" {mark} {note[0].upper()}{note[1:]}." for note, mark in marks.items())
    kept = [name != "Data" or table[name].nunique() > 1 for name in table]
    return {
        "title": shown.title,
        "caption": caption,
        "columns": list(table.columns[kept]),
        "rows": table.loc[:, kept].to_numpy().tolist(),
        "is_text": [is_text for is_text, keep in zip(shown.is_text, kept, strict=True) if keep],
    }


def as_restructured(title: str, caption: str, alt: str = "") -> str:
    """Return a caption in reStructuredText, as Snakemake's report shows it."""
    text = f"**{_plain(title)}.** {_plain(caption)}\n"
    return f"{text}\n*In words:* {_plain(alt)}\n" if alt else text


def _filled(text: str, facts: Mapping[str, Any]) -> str:
    """Fill facts in; where a study lacks one, its tables lack it too, and so does the text."""
    named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return text.format_map({**dict.fromkeys(named, "not known"), **facts})


def _plain(text: str) -> str:
    """Escape all that is markup in reStructuredText, and in Snakemake's templates."""
    return "".join(f"\\{sign}" if sign in "\\*`|_[{" else sign for sign in " ".join(text.split()))
