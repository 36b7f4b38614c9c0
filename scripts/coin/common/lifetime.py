"""No process outlives the one that started it."""

import ctypes
import signal
import sys

_DIE_WITH_PARENT = 1  # Linux's PR_SET_PDEATHSIG


def end_with_parent() -> None:
    """Be killed when the parent is: an orphan would write beside the job that takes its place.

    On Linux; elsewhere there is no such thing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
