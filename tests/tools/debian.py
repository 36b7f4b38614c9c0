"""Debian's packages that a test needs beside Python's: installed by root where they are missing."""

import os
import shutil
import subprocess

import pytest


def program(name: str, *packages: str) -> str:
    """Return the path of a program; what it needs is installed, or the test skipped with a reason.

    Args:
        name: of the program.
        packages: what brings it.
    """
    if not (path := shutil.which(name)):
        _install(name, packages)
        path = shutil.which(name)
    assert path, f"{', '.join(packages)}: installed, and no {name} there"
    return path


def _install(name: str, packages: tuple[str, ...]) -> None:
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip(f"no {name} here; root on Debian would install {', '.join(packages)}")
    for options in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        finished = subprocess.run(
            ["apt-get", *options],
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
        )
        if finished.returncode:
            pytest.skip(f"no {name} here; apt-get {options[0]}: {finished.stderr.strip()[:300]}")
