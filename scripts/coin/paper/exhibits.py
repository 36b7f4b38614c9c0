"""What a study shows, its tables, figures and documents, and the words that go with each."""

import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

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
    title: str
    section: str = ""
    """Where the paper has it; nowhere if empty."""
    caption: str = ""
    """Of a table: what its own file says."""
    finding: str = ""
    """What this study found, in numbers; the report shows it below the caption."""
    alt: str = ""
    """Of a figure: what is to be seen, for who cannot see it."""
    rows: Mapping[str, list[str]] = {}
    """Of a table: show only rows with one of these words in a column."""

    @property
    def caption_file(self) -> str:
        """The name of its caption for the report."""
        return f"{self.kind}_{self.name}.rst"

    def with_facts(self, facts: Mapping[str, Any]) -> "Exhibit":
        """Return the exhibit with the study's facts in its words."""
        return self._replace(
            caption=_filled(self.caption, facts),
            finding=_filled(self.finding, facts),
            alt=_filled(self.alt, facts),
        )


def read_exhibits(path: Path) -> dict[str, list[Exhibit]]:
    """Read report/exhibits.yaml: the exhibits of each of `KINDS`, in the paper's order."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {
        kind: [Exhibit(name, kind, **words) for name, words in entries[f"{kind}s"].items()]
        for kind in KINDS
    }


def as_restructured(exhibit: Exhibit) -> str:
    """Return an exhibit's words in reStructuredText, as Snakemake's report shows them."""
    paragraphs = [
        f"**{plain(exhibit.title)}.** {plain(exhibit.caption)}",
        plain(exhibit.finding) and f"*In this study:* {plain(exhibit.finding)}",
        plain(exhibit.alt) and f"*In words:* {plain(exhibit.alt)}",
    ]
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def _filled(text: str, facts: Mapping[str, Any]) -> str:
    """Fill facts in; where a study lacks one, its tables lack it too, and so does the text."""
    named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return text.format_map({**dict.fromkeys(named, "not known"), **facts})


def plain(text: str) -> str:
    """Escape all that is markup in reStructuredText, and in Snakemake's templates."""
    return "".join(f"\\{sign}" if sign in "\\*`|_[{" else sign for sign in " ".join(text.split()))
