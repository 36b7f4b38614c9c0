"""From a rule's inputs, outputs and settings to the options of its program."""

import json
import shlex
from typing import Any

from coin.common.conventions import CLASS_NAMES

NO_OPTIONS = ("code", "raw")
"""Inputs that are there to be watched for changes, and that no option names."""


_OF_WILDCARDS = {"fold": int, "seed": int, "sign": str, "label": CLASS_NAMES.index}


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


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(list(value) if isinstance(value, (list, tuple)) else value)
