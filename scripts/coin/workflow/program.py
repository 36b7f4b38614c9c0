"""What all programs share: options from a signature, logging, one-line errors, and the record."""

import errno
import json
import logging
import os
import shlex
import sys
import time
from collections.abc import Callable
from inspect import get_annotations
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

from jsonargparse import ArgumentParser
from threadpoolctl import threadpool_limits

from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.common.lifetime import end_with_parent
from coin.provenance import job_record
from coin.workflow import finished_parts
from coin.workflow.command_line import commands_of

Output = Annotated[Path, "written"]
"""A path that a program writes; every other path it reads. The record tells them apart."""


def run(function: Callable[..., None]) -> NoReturn:
    """Make `function` the program: its signature gives the options, its docstring the help.

    The process ends with it; after its work at once, without what is registered with `atexit`.

    Options are named as the parameters (`--learning_rate 0.001`); lists, mappings and null are
    written as JSON, and so is a group of settings that the function takes as a dataclass. A user's
    mistake (`BadInput`) is printed as one line, with exit status 1.
    With `--record` the program also writes what it did: see `coin.provenance.job_record`.
    A command line of several parts (`coin.workflow.command_line`) is as many jobs, one after the
    other, each with its own options, outputs and record. A killed one goes on where it was.
    Linear algebra runs on one thread unless the function asks for `threads`: a sum in another order
    is another result, and results must not depend on how many cores a machine has.
    """
    parser = ArgumentParser(prog=Path(sys.argv[0]).name, description=_purpose(function))
    parser.add_function_arguments(function)
    parser.add_argument("--record", type=Path | None, help="written: what this job was")
    commands = commands_of(sys.argv[1:])
    jobs = [parser.instantiate(parser.parse_args(command)).as_dict() for command in commands]
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    end_with_parent()
    try:
        for command, options in zip(commands, jobs, strict=True):
            with threadpool_limits(limits=job_record.setting(options, "threads", 1)):
                _do(function, options, command, is_part=len(jobs) > 1)
        finished_parts.forget([job["record"] for job in jobs if job["record"]])
    except BadInput as problem:
        sys.exit(f"error: {problem}")
    except MemoryError:
        sys.exit("error: out of memory: give the rule more, or make the study smaller")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(f"error: {error.filename or 'writing'}: the disk is full; make room, start again")
    _end()


def _do(
    function: Callable[..., None], options: dict[str, Any], command: list[str], is_part: bool
) -> None:
    """Do a job, and then write its record if it is to have one; nothing of that if it fails."""
    path, options = options["record"], {**options}
    del options["record"]
    if path is None:
        function(**options)
        return
    python = sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]
    started = time.time() if is_part else job_record.start_of_process()
    outputs = {name for name, hint in get_annotations(function).items() if _is_output(hint)}
    record = job_record.begin(path, options, outputs, shlex.join([*python, *command]), started)
    if is_part and finished_parts.restore(path, record):
        logging.info("%s: done before", path.stem)
        return
    function(**options)
    job_record.complete(record, options, outputs)
    with written_whole(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if is_part:
        finished_parts.keep(path, record)


def _end() -> NoReturn:
    """End at once: all is written, and taking torch apart would cost a quarter of a second."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _is_output(hint: Any) -> bool:
    return hint == Output or any(_is_output(part) for part in get_args(hint))


def _purpose(function: Callable[..., None]) -> str:
    return (function.__doc__ or "").partition("\n")[0]
