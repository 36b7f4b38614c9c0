"""A synthetic data set, laid out as an INbreast release, for everyone who has no mammograms."""

import logging
import shutil
from hashlib import sha256
from pathlib import Path

from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.data.datasets import phantom, phantom_release
from coin.workflow.program import Output, run


def make_phantom(
    *, patients: int, masses: int, seed: int, release: Output, checksums: Output | None = None
) -> None:
    """Draw mammograms with benign and malignant masses, and write them as an INbreast release.

    Args:
        patients: Number of patients; about one in ten has no mass.
        masses: Number of masses over all mammograms, one to four a patient that has any.
        seed: The same seed gives the same bytes.
        release: The folder to make; it must not hold anything yet.
        checksums: The file to write, as sha256sum does: what is in the folder. Snakemake compares
            it by content, where of a folder it would compare the date.
    """
    if release.exists() and (not release.is_dir() or any(release.iterdir())):
        raise BadInput(f"{release} exists already; remove it or name another folder")
    partial = release.with_name(f".{release.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        phantom_release.write(partial, phantom.mammograms(patients, masses, seed), seed)
        partial.replace(release)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    if checksums is not None:
        with written_whole(checksums) as partial:
            partial.write_text(_checksums(release), encoding="utf-8")
    logging.info("%d masses of %d patients written to %s", masses, patients, release)


def _checksums(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return "".join(
        f"{sha256(file.read_bytes()).hexdigest()}  {file.relative_to(folder).as_posix()}\n"
        for file in files
    )


if __name__ == "__main__":
    run(make_phantom)
