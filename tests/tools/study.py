"""Run the workflow in a copy of the checkout, as a person would."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PARTS = [
    "Snakefile",
    "config.yaml",
    "rules",
    "schemas",
    "profiles",
    "scripts",
    "envs",
    "studies",
    "report",
    "requirements.txt",
    "CITATION.cff",
]
TOY = REPOSITORY / "tests" / "toy.yaml"


def copy_checkout(folder: Path) -> Path:
    """Copy what the workflow is made of into `folder`, without results."""
    folder.mkdir(parents=True, exist_ok=True)
    ignore = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        source = REPOSITORY / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            shutil.copy2(source, folder / part)
    return folder


def command_line(*arguments: str, configfiles: tuple = (TOY,)) -> list[str]:
    """Return the command that runs the study; on all cores, unless the arguments say where."""
    command = ["snakemake", *arguments]
    if not {"--cores", "--workflow-profile"} & set(arguments):
        command += ["--cores", "all"]
    if configfiles:
        command += ["--configfile", *map(str, configfiles)]
    return command


def environment() -> dict[str, str]:
    """Return the environment in which `snakemake` and `python` are those that run the tests."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


def snakemake(
    folder: Path, *arguments: str, configfiles: tuple = (TOY,)
) -> subprocess.CompletedProcess:
    """Run snakemake in `folder`; standard output and error come back as one text in `stdout`."""
    return subprocess.run(
        command_line(*arguments, configfiles=configfiles),
        cwd=folder,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=900,
    )


def wait_for(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait until the condition holds; fail after some time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.2)


def digests(folder: Path, *patterns: str) -> dict[str, str]:
    """Return the sha256 of each file that matches a pattern, by its path within `folder`."""
    files = sorted({file for pattern in patterns for file in folder.glob(pattern)})
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in files
        if file.is_file()
    }


def toy_digests(folder: Path) -> dict[str, str]:
    """Return the digests of the toy study's results: all but records, logs and hidden files."""
    shown = ("tables/*", "figures/*", "captions/*", "checklists/*")
    ends = ("[!.]*.*", *shown, "fold*/**/*", "runs/**/*", "leaky/**/*")
    found = digests(folder, *(f"results/toy/{end}" for end in ends))
    assert len(found) > 100, "the toy study is not there"
    return found


def rules_to_run(folder: Path, *arguments: str, configfiles: tuple = (TOY,)) -> set[str]:
    """Return the rules that a dry run would run; none if there is nothing to be done."""
    finished = snakemake(folder, "--dry-run", *arguments, configfiles=configfiles)
    assert finished.returncode == 0, finished.stdout
    if "Nothing to be done" in finished.stdout:
        return set()
    table = finished.stdout.split("Job stats:", 1)[1].split("\n\n", 1)[0]
    names = {line.split()[0] for line in table.strip().splitlines()[2:]}
    return names - {"all", "total"}
