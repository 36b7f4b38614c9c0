"""A stand-in for conda: what Snakemake asks of conda, with pip in the place of the solver.

`snakemake --sdm conda` then really makes each rule's environment and runs its program in it alone,
with the same versions from PyPI. What it cannot tell is whether conda-forge has them.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml
from packaging.utils import canonicalize_name

CONSTRAINTS = Path(__file__).resolve().parents[2] / "constraints.txt"
PYPI_NAMES = {"pytorch": "torch", "matplotlib-base": "matplotlib"}
# Not from PyPI: the language, and what installs the rest.
GIVEN = {"python", "pip"}


def lines_of(environment: Path) -> tuple[list[str], list[str]]:
    """Return what an environment's file has conda install, and what it has pip install."""
    entries = yaml.safe_load(environment.read_text(encoding="utf-8"))["dependencies"]
    by_conda = [entry for entry in entries if isinstance(entry, str)]
    by_pip = [line for entry in entries if isinstance(entry, dict) for line in entry["pip"]]
    return by_conda, by_pip


def packages_of(environment: Path) -> dict[str, str]:
    """Map each package that an environment's file names, by its name on PyPI, to its version."""
    by_conda, by_pip = lines_of(environment)
    pins = [re.fullmatch(r"([^=]+)=*(.*)", line).groups() for line in by_conda + by_pip]
    return {canonicalize_name(PYPI_NAMES.get(name, name)): version for name, version in pins}


def install(folder: Path) -> Path:
    """Put the stand-in into `folder`, laid out as conda's own; return what goes on PATH."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    conda = programs / "conda"
    # Nothing that PYTHONPATH names may count as installed.
    conda.write_text(
        f'#!/bin/sh\nunset PYTHONPATH\nexec "{sys.executable}" "{__file__}" "{folder}" "$@"\n',
        encoding="utf-8",
    )
    conda.chmod(0o755)
    (programs / "activate").write_text('PATH="$1/bin:$PATH"\n', encoding="utf-8")
    return programs


def create(environment: Path, prefix: Path) -> None:
    """Make a virtual environment of what an environment's file names and what that requires."""
    packages = packages_of(environment)
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if packages["python"] != running:
        sys.exit(f"{environment} wants Python {packages['python']}, and this is {running}")
    # Without pip, and so without setuptools: a program could import them unnoticed.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    wanted = [f"{name}=={packages[name]}" for name in sorted(packages.keys() - GIVEN)]
    if wanted:
        pip = [sys.executable, "-m", "pip", "--python", prefix / "bin" / "python"]
        options = ["--quiet", "--no-compile", "--constraint", CONSTRAINTS]
        subprocess.run([*pip, "install", *options, *wanted], check=True)


def main(folder: str, *call: str) -> None:
    """Answer one of the calls that Snakemake makes; any other is an error."""
    match call:
        case ["--version"]:
            print("conda 24.7.1")  # the oldest that Snakemake takes
        case ["info", "--json"]:
            print(json.dumps({"conda_prefix": folder, "platform": "linux-64"}))
        case ["config", "--get", "channel_priority", "--json"]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["env", "create", *_, "--file", environment, "--prefix", prefix]:
            create(Path(environment), Path(prefix))
        case ["clean", *_]:
            pass  # pip leaves no archives
        case _:
            sys.exit(f"the stand-in for conda knows no {call}")


if __name__ == "__main__":
    main(*sys.argv[1:])
