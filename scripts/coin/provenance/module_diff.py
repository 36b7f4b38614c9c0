"""What differs between two versions of a module, where the text of both is at hand."""

import subprocess
from collections.abc import Iterator
from difflib import unified_diff
from hashlib import sha256

from coin.provenance.causes import Cause
from coin.provenance.job_record import REPOSITORY
from coin.provenance.study_records import Study


def module_diff(cause: Cause, here: Study, there: Study) -> str | None:
    """Return the unified diff of a module between two studies, None where a text is not at hand.

    Args:
        cause: its path, and its sha256 here and there; None: there was none.
        here: a study; its module may lie in its checkout or crate, in this one, or in git.
        there: likewise.
    """
    text_here, text_there = (
        [] if digest is None else _text(cause.name, digest, (here, there))
        for digest in (cause.here, cause.there)
    )
    if text_here is None or text_there is None:
        return None
    names = f"{cause.name} (here)", f"{cause.name} (there)"
    return "".join(unified_diff(text_here, text_there, *names, n=1))


def _text(path: str, digest: str, studies: tuple[Study, Study]) -> list[str] | None:
    """Return the lines of the version of a module that has a hash."""
    contents = _versions(path, digest, studies)
    found = next((text for text in contents if sha256(text).hexdigest() == digest), None)
    return None if found is None else found.decode(errors="replace").splitlines(keepends=True)


def _versions(path: str, digest: str, studies: tuple[Study, Study]) -> Iterator[bytes]:
    folders = [*(study.root for study in studies), REPOSITORY]
    for folder in folders:
        if (folder / path).is_file():
            yield (folder / path).read_bytes()
    for commit in sorted(_commits(path, digest, studies)):
        for folder in folders:
            command = ["git", "-C", str(folder), "show", f"{commit}:{path}"]
            try:
                yield subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
            except (OSError, subprocess.SubprocessError):
                continue  # no git, no repository, or not this commit


def _commits(path: str, digest: str, studies: tuple[Study, Study]) -> set[str]:
    """Return the commits of the jobs that ran this version."""
    return {
        record["revision"]["commit"]
        for study in studies
        for record in study.records.values()
        if record["revision"]
        for file in record["code"]
        if file["path"] == path and file["sha256"] == digest
    }
