"""The project's own files behind a result: a program's modules, and all of the workflow's."""

import ast
from functools import cache
from pathlib import Path

from coin.provenance.job_record import files_in

WRAPPER = "coin.workflow.program"
"""Recorded with every job, but no input of any: else its every edit would retrain everything."""


def imported_modules(program: Path) -> list[Path]:
    """Find the project's modules that `program` imports, itself first, then through each other.

    Read from the source, so that nothing is run. Imports inside functions count. Modules are looked
    for beside `program`; what is not there is a library's, and is pinned by version instead.
    """
    root = program.parent
    found: dict[Path, None] = {program: None}
    waiting = [program]
    while waiting:
        for name in sorted(_imported_names(waiting.pop())):
            path = root.joinpath(*name.split(".")).with_suffix(".py")
            if name != WRAPPER and path.is_file() and path not in found:
                found[path] = None
                waiting.append(path)
    return [program, *sorted(path for path in found if path != program)]


def workflow_files(folder: Path) -> list[Path]:
    """Return what the workflow and its environments are made of, as far as it is there.

    Args:
        folder: the checkout.
    """
    parts = (
        *("Snakefile", "config.yaml", "README.md", "Makefile", "pyproject.toml", "LICENSE"),
        *("CITATION.cff", "CHANGELOG.md", "CONTRIBUTING.md", "docs", "report"),
        *("requirements.txt", "requirements-slurm.txt", "requirements-test.txt", "constraints.txt"),
        *("rules", "scripts", "schemas", "envs", "profiles", "studies"),
    )
    found = files_in(folder / part for part in parts)
    return [file for file in found if "__pycache__" not in file.parts]


@cache
def _imported_names(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"), filename=str(module))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names
