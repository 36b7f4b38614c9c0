"""A comparison of two studies, for people: as text, and as Markdown for a pull request."""

from collections.abc import Iterator
from typing import Any

_DIFF_LINES = 12
_DIFFS = 5  # of more modules at once no diff says much
_CELLS = 3


def as_text(found: dict[str, Any]) -> str:
    """Write a comparison of `coin.provenance.against` as text: causes first, then tables."""
    lines = [_summary(found)]
    shows_diffs = sum(cause["diff"] is not None for cause in found["causes"]) <= _DIFFS
    for cause in found["causes"]:
        lines.append(f"{cause['number']}. {_cause(cause)}")
        diff = (cause["diff"] or "").splitlines() if shows_diffs else []
        lines += [f"     {line}" for line in diff[:_DIFF_LINES]]
        if len(diff) > _DIFF_LINES:
            lines.append(f"     and {len(diff) - _DIFF_LINES} more lines (--md, --json)")
    lines += [f"besides: {line}" for line in found["besides"]]
    for table in found["tables"]:
        if table["only"]:
            lines.append(f"{table['name']}: only {table['only']}")
        elif table["cells"]:
            lines.append(f"{table['name']}: {_count(table)}")
            lines += [f"  {_cell(cell)}" for cell in _largest(table)]
    return "\n".join(lines)


def as_markdown(found: dict[str, Any]) -> str:
    """Write a comparison as Markdown; diffs and cells fold away."""
    lines = [f"**{_summary(found)}**", ""]
    lines += [f"{cause['number']}. {_cause(cause)}" for cause in found["causes"]]
    lines += ["", *(f"- besides: {line}" for line in found["besides"]), ""]
    for cause in found["causes"]:
        if cause["diff"]:
            text = f"```diff\n{cause['diff'].rstrip()}\n```"
            lines += _folded(f"{cause['number']}: diff", [text])
    for table in found["tables"]:
        if table["only"]:
            lines += [f"{table['name']}: only {table['only']}", ""]
        elif table["cells"]:
            head = ["| row | column | here | there | difference | causes |", "|---" * 6 + "|"]
            rows = map(_row, table["cells"])
            lines += _folded(f"{table['name']}: {_count(table)}", ["\n".join([*head, *rows])])
    return "\n".join(lines)


def _summary(found: dict[str, Any]) -> str:
    touched = [table["name"] for table in found["tables"] if table["cells"]]
    total = sum(table["n_cells"] for table in found["tables"])
    cells = sum(len(table["cells"]) for table in found["tables"])
    causes = len(found["causes"])
    by = f" of {_plural(len(touched), 'table')} differ, by {_plural(causes, 'cause')}"
    return f"{found['here']} against {found['there']}: {cells} of {total} cells" + (
        by if cells else " differ"
    )


def _cause(cause: dict[str, Any]) -> str:
    rules = sorted({job.partition(",")[0] for job in cause["jobs"]})
    jobs = f" ({', '.join(rules)}: {_plural(len(cause['jobs']), 'job')})" if rules else ""
    moved = f"moves {_plural(cause['n_cells'], 'cell')} of {', '.join(cause['tables'])}"
    return f"{cause['text']}{jobs}; {moved}"


def _count(table: dict[str, Any]) -> str:
    text = f"{len(table['cells'])} of {table['n_cells']} cells differ"
    for place, other in (("here", "there"), ("there", "here")):
        rows = {cell["row"] for cell in table["cells"] if cell[other] is None}
        text += f", some or all of {_plural(len(rows), 'row')} only {place}" if rows else ""
    return text


def _largest(table: dict[str, Any]) -> list[dict[str, Any]]:
    both = [cell for cell in table["cells"] if None not in (cell["here"], cell["there"])]
    return sorted(both, key=lambda cell: -abs(cell["distance"] or 0))[:_CELLS]


def _cell(cell: dict[str, Any]) -> str:
    apart = "" if cell["distance"] is None else f" ({cell['distance']:+.6g})"
    causes = ", ".join(map(str, cell["causes"]))
    values = f"{_value(cell['here'])} here, {_value(cell['there'])} there"
    return f"{cell['row']}, {cell['column']}: {values}{apart} [{causes}]"


def _row(cell: dict[str, Any]) -> str:
    apart = "" if cell["distance"] is None else f"{cell['distance']:+.6g}"
    causes = ", ".join(map(str, cell["causes"]))
    parts = cell["row"], cell["column"], _value(cell["here"]), _value(cell["there"]), apart, causes
    return "| " + " | ".join(part.replace("|", "\\|") for part in parts) + " |"


def _value(text: str | None) -> str:
    return "no such cell" if text is None else text or "empty"


def _plural(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def _folded(title: str, lines: list[str]) -> Iterator[str]:
    yield from ("<details>", f"<summary>{title}</summary>", "", *lines, "", "</details>", "")
