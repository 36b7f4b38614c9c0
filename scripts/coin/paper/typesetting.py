"""From a template and a study's words to a PDF, by typst: nothing of the machine enters it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typst

from coin.common.errors import BadInput


def typeset(template: Path, study: Mapping[str, Any]) -> bytes:
    """Return the PDF of a template that is given a study as JSON, `sys.inputs.study`.

    The same input gives the same bytes: typst's own fonts alone are used, and the date is fixed.
    The study is data, never markup: whatever its names hold stands there as it is.

    Args:
        template: the file, beside what it includes.
        study: what the template asks for; paths in it are absolute.

    Raises:
        BadInput: typst cannot typeset it.
    """
    try:
        pdf, warnings = typst.compile_with_warnings(
            str(template.resolve()),
            root="/",
            ignore_system_fonts=True,
            sys_inputs={"study": json.dumps(study, ensure_ascii=False)},
            timestamp=0,
        )
    except typst.TypstError as error:
        raise BadInput(f"{template}: {error.message}") from error
    if warnings:
        raise BadInput(f"{template}: {warnings[0].message}")
    return pdf
