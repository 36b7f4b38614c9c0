"""A synthetic data set, laid out as an INbreast release, for everyone who has no mammograms."""

import logging
import shutil

from coin.datasets import phantom, phantom_release
from coin.errors import BadInput
from coin.program import Output, run


def make_phantom(*, patients: int, masses: int, seed: int, release: Output) -> None:
    """Draw mammograms with benign and malignant masses, and write them as an INbreast release.

    Args:
        patients: Number of patients; about one in ten has no mass.
        masses: Number of masses over all mammograms, one to four a patient that has any.
        seed: The same seed gives the same bytes.
        release: The folder to make; it must not hold anything yet.
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
    logging.info("%d masses of %d patients written to %s", masses, patients, release)


if __name__ == "__main__":
    run(make_phantom)
