"""From a rule's inputs, outputs and settings to the command line of its program."""

import json
import os
import shlex
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from coin.common.conventions import CLASS_NAMES

THEN = "--then"
"""Between the parts of a job. What stands before the first is said to each of them."""
NO_OPTIONS = ("code", "raw", "watched")
"""Inputs that are there to be watched for changes, and that no option names."""
_OF_WILDCARDS: dict[str, Callable[[str], int | str]] = {
    "fold": int,
    "seed": int,
    "sign": str,
    "label": CLASS_NAMES.index,
}


class Options(dict):
    """Settings by name, which Snakemake watches as a mapping and writes as `--name value`."""

    def __str__(self) -> str:
        """Return the options as a shell takes them; lists, mappings and null as JSON."""
        return " ".join(f"--{name} {shlex.quote(_text(value))}" for name, value in self.items())


def options(wildcards: Any = None, **settings: Any) -> Options:
    """Return what a rule's program is told: the job's fold, seed, sign and class, then settings."""
    own = dict(wildcards.items()) if wildcards else {}
    of_job = {name: read(own[name]) for name, read in _OF_WILDCARDS.items() if name in own}
    return Options({**of_job, **settings})


def files(wildcards: Any, input: Any, output: Any) -> Options:
    """Return a rule's named inputs and outputs as options of its program."""
    named = [*input.items(), *output.items()]
    return Options((name, value) for name, value in named if name not in NO_OPTIONS)


def files_and_threads(wildcards: Any, input: Any, output: Any, threads: int) -> Options:
    """Return the same, and the threads that the job was given."""
    return Options({**files(wildcards, input, output), "threads": threads})


def files_of_parts(
    *parts: dict[str, Any], lists: Collection[str] = ()
) -> Callable[[Any, Any, Any], str]:
    """Return what renders the files of a job that does several things one after the other.

    Each part is told its own settings and, of every list of files, its own share in order; what is
    one file is common to all. An empty list is said only where a list is asked for.

    Args:
        parts: what differs from part to part.
        lists: options that take a list even where a part has one file.
    """

    def render(wildcards: Any, input: Any, output: Any) -> str:
        named = files(wildcards, input, output)
        shared = {
            name: value for name, value in named.items() if isinstance(value, str) or not value
        }
        common = Options((name, shared[name]) for name in shared if shared[name] or name in lists)
        own = [
            Options(
                {**part}
                | {
                    name: _share(value, number, len(parts), name in lists)
                    for name, value in named.items()
                    if name not in shared
                }
            )
            for number, part in enumerate(parts)
        ]
        return " ".join([str(common), *(f"{THEN} {part}" for part in own)])

    return render


def prefer_own_python() -> None:
    """Let rules run the Python that runs Snakemake; conda puts an environment's before it."""
    own = str(Path(sys.executable).parent)
    os.environ["PATH"] = os.pathsep.join([own, os.environ.get("PATH", os.defpath)])


def commands_of(arguments: list[str]) -> list[list[str]]:
    """Return the arguments of each part of a command line; those of the whole where it has none."""
    groups: list[list[str]] = [[]]
    for argument in arguments:
        if argument == THEN:
            groups.append([])
        else:
            groups[-1].append(argument)
    common, *parts = groups
    return [[*common, *part] for part in parts] or [common]


def _share(files: Sequence[str], number: int, count: int, as_list: bool) -> Any:
    size = len(files) // count
    share = list(files[number * size : (number + 1) * size])
    return share[0] if size == 1 and not as_list else share


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(list(value) if isinstance(value, (list, tuple)) else value)
