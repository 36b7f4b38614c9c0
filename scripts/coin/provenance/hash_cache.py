"""Hashes of raw files that have not changed since they were hashed, so that each is read once.

A file is taken for unchanged while its size, dates and inode are. Its date of change (ctime) is
among them, which no program can set back.
"""

import json
import time
from collections.abc import Iterable
from hashlib import file_digest
from pathlib import Path
from typing import Any

from coin.common.files import written_whole

NAME = ".raw_hashes.json"
"""In the study's folder. No file of the study: it may be removed at any time."""
_SETTLED = 2e9
"""Nanoseconds after a change during which another one may leave the same dates."""


def sha256(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def sha256_of_raw(paths: Iterable[Path], cache: Path) -> dict[Path, str]:
    """Return the sha256 of files, reading those that are not known; and remember these.

    Args:
        paths: of raw files.
        cache: where hashes are remembered.
    """
    known = read(cache)
    found, new = {}, {}
    for path in paths:
        stamp = _stamp(path)
        found[path] = known_hash(path, known) or sha256(path)
        if stamp == _stamp(path) and time.time_ns() - max(stamp[1:3]) > _SETTLED:
            new[str(path.absolute())] = [*stamp, found[path]]
    if any(known.get(name) != new[name] for name in new):
        with written_whole(cache) as partial:
            partial.write_text(json.dumps({**known, **new}), encoding="utf-8")
    return found


def read(cache: Path) -> dict[str, Any]:
    """Read what is remembered; nothing where that cannot be read."""
    try:
        known = json.loads(cache.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return known if isinstance(known, dict) else {}


def known_hash(path: Path, known: dict[str, Any]) -> str | None:
    """Return the remembered hash of a file, None where it may have changed or is not known.

    Raises:
        OSError: no such file.
    """
    match known.get(str(path.absolute())):
        case [*stamp, str(digest)] if stamp == _stamp(path):
            return digest
    return None


def _stamp(path: Path) -> list[int]:
    """Return size, dates of the content and of any change (ns), and inode."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
