"""What all programs share: options from a signature, logging, one-line errors, and the record."""

import errno
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from inspect import get_annotations
from pathlib import Path
from typing import Annotated, Any, get_args

from jsonargparse import ArgumentParser
from threadpoolctl import threadpool_limits

from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.common.lifetime import end_with_parent
from coin.provenance import job_record

Output = Annotated[Path, "written"]
"""A path that a program writes; every other path it reads. The record tells them apart."""


def run(function: Callable[..., None]) -> None:
    """Make `function` the program: its signature gives the options, its docstring the help.

    Options are named as the parameters (`--learning_rate 0.001`); lists, mappings and null are
    written as JSON, and so is a group of settings that the function takes as a dataclass. A user's
    mistake (`BadInput`) is printed as one line, with exit status 1.
    With `--record` the program also writes what it did: see `coin.provenance.job_record`.
    Linear algebra runs on one thread unless the function asks for `threads`: a sum in another order
    is another result, and results must not depend on how many cores a machine has.
    """
    parser = ArgumentParser(prog=Path(sys.argv[0]).name, description=_purpose(function))
    parser.add_function_arguments(function)
    parser.add_argument("--record", type=Path | None, help="written: what this job was")
    options = parser.instantiate(parser.parse_args()).as_dict()
    record = options.pop("record")
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    end_with_parent()
    try:
        with (
            threadpool_limits(limits=job_record.setting(options, "threads", 1)),
            _recorded(record, function, options),
        ):
            function(**options)
    except BadInput as problem:
        sys.exit(f"error: {problem}")
    except MemoryError:
        sys.exit("error: out of memory: give the rule more, or make the study smaller")
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(f"error: {error.filename or 'writing'}: the disk is full; make room, start again")


@contextmanager
def _recorded(
    path: Path | None, function: Callable[..., None], options: dict[str, Any]
) -> Iterator[None]:
    """Write the record of what is done within, once it is done; nothing if it fails."""
    if path is None:
        yield
        return
    outputs = {name for name, hint in get_annotations(function).items() if _is_output(hint)}
    record = job_record.begin(path, options, outputs)
    yield
    job_record.complete(record, options, outputs)
    with written_whole(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _is_output(hint: Any) -> bool:
    return hint == Output or any(_is_output(part) for part in get_args(hint))


def _purpose(function: Callable[..., None]) -> str:
    return (function.__doc__ or "").partition("\n")[0]
