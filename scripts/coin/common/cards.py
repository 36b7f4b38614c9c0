"""One GPU a process, where a machine has several: Snakemake counts them, and says not which."""

import errno
import socket
from collections.abc import Sequence
from itertools import count

_TAKEN: list[socket.socket] = []
"""What this process has taken. The kernel gives it back when the process ends, however it ends."""


def take_card(names: Sequence[str]) -> int:
    """Return the place of a GPU that no other process has taken, and take it until this one ends.

    If all are taken they are shared, evenly. Every process of the machine that asks here counts,
    of any study and user.

    Args:
        names: of the GPUs that this process sees, at least one; the same in every process.
    """
    return next(
        place
        for others in count()
        for place, name in enumerate(names)
        if _took(f"coin GPU {name} {others}")
    )


def _took(name: str) -> bool:
    """Take a name that only one process of the machine can have: a socket's, without a file."""
    taken = socket.socket(socket.AF_UNIX)
    try:
        taken.bind(f"\0{name}")  # the zero: Linux's names that are no paths
    except OSError as error:
        taken.close()
        if error.errno != errno.EADDRINUSE:
            raise
        return False
    _TAKEN.append(taken)
    return True
