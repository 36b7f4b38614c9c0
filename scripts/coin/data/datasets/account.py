"""The words of data_report.csv, one row a record of the source; and how lines are told."""

import re
from collections import Counter
from collections.abc import Sequence

RECORD_COLUMNS = ["record", "image", "finding", "used", "reason", "warning"]
"""`reason` says why a record is left out, and is empty where it is used; `warning` says what looks
odd about one that is used."""

NOTHING, OTHER, MASS = "nothing", "other", "mass"
"""`finding`: an image without annotations, an annotation of something that is no mass, a mass."""

UNUSABLE = "unusable: "
"""How the reason begins for which a record is left out that should have been used."""

ASSESSMENT, PATHOLOGY = "a radiologist's assessment (BI-RADS), not pathology", "pathology"

LABELS_ARE = {
    "phantom": "drawn with the masses",
    "inbreast": ASSESSMENT,
    "cbis-ddsm": PATHOLOGY,
    "mini-mias": "the severity in Info.txt",
    "vindr-mammo": ASSESSMENT,
    "table": "the column label of masses.csv",
}
"""Where the labels come from, by data format, in words for reports and captions."""

_TOLD = 10  # lines of a kind
_OWN = re.compile(r"\S*/\S*|'[^']*'|[\w.]*\d[\w.]*")  # paths, names and numbers


def told(lines: Sequence[str]) -> list[str]:
    """Return lines as a person reads them: ten of a kind, and how many more there are.

    Of a kind are lines that differ only in paths, quoted names and what has a digit in it.
    """
    kinds = [_OWN.sub("", line) for line in lines]
    of_kind, seen = Counter(kinds), Counter[str]()
    shown = []
    for kind, line in zip(kinds, lines, strict=True):
        seen[kind] += 1
        if seen[kind] <= _TOLD:
            shown.append(line)
        elif seen[kind] == _TOLD + 1:
            shown.append(f"... and {of_kind[kind] - _TOLD:,} more like it")
    return shown
