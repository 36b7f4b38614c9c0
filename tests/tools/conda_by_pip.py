"""A stand-in for conda: what Snakemake asks of conda, with the running Python in place of conda's.

`snakemake --sdm conda` then really makes each rule's environment, pip installing in it what conda
would have it install, and runs the rule's program in it alone. What it cannot tell is how a conda
brings Python and pip.
"""

import json
import subprocess
import sys
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def lines_of(environment: Path) -> tuple[list[str], list[str]]:
    """Return what an environment's file has conda install, and what it has pip install."""
    entries = yaml.safe_load(environment.read_text(encoding="utf-8"))["dependencies"]
    by_conda = [entry for entry in entries if isinstance(entry, str)]
    by_pip = [line for entry in entries if isinstance(entry, dict) for line in entry["pip"]]
    return by_conda, by_pip


def packages_of(environment: Path) -> dict[str, Requirement]:
    """Map the canonical name of each package that an environment has by pip to its line."""
    _, by_pip = lines_of(environment)
    return {canonicalize_name(line.name): line for line in map(Requirement, by_pip)}


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
    by_conda, by_pip = lines_of(environment)
    running = f"python={sys.version_info.major}.{sys.version_info.minor}"
    if by_conda not in ([running], [running, "pip"]):
        sys.exit(f"{environment} wants {by_conda} of conda, and this is {running}")
    # Without pip, and so without setuptools: a program could import them unnoticed.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", prefix], check=True)
    if by_pip:
        pip = [sys.executable, "-m", "pip", "--python", prefix / "bin" / "python"]
        subprocess.run([*pip, "install", "--quiet", "--no-compile", *by_pip], check=True)


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
