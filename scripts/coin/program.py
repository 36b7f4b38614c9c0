"""What all programs share: options from a function's signature, logging, and one-line errors."""

import ctypes
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from jsonargparse import ArgumentParser
from threadpoolctl import threadpool_limits

from coin.errors import BadInput


def run(function: Callable[..., None]) -> None:
    """Make `function` the program: its signature gives the options, its docstring the help.

    Options are named as the parameters (`--learning_rate 0.001`); lists, mappings and null are
    written as JSON. A user's mistake (`BadInput`) is printed as one line, with exit status 1.
    Linear algebra runs on one thread unless the function asks for `threads`: a sum in another order
    is another result, and results must not depend on how many cores a machine has.
    """
    parser = ArgumentParser(prog=Path(sys.argv[0]).name, description=_purpose(function))
    parser.add_function_arguments(function)
    options = parser.instantiate_classes(parser.parse_args()).as_dict()
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    _end_with_parent()
    try:
        with threadpool_limits(limits=options.get("threads", 1)):
            function(**options)
    except BadInput as problem:
        sys.exit(f"error: {problem}")
    except MemoryError:
        sys.exit("error: out of memory: give the rule more, or make the study smaller")


def _end_with_parent() -> None:
    """Be killed when the parent is: an orphan would write beside the job that takes its place."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1: PR_SET_PDEATHSIG


def _purpose(function: Callable[..., None]) -> str:
    return (function.__doc__ or "").partition("\n")[0]
