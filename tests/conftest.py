"""Fixtures that several test files share."""

import os
import random
import shutil
from pathlib import Path

import conda_by_pip
import pytest
import study
from filelock import FileLock
from moments import random_moments

if "PYTEST_XDIST_WORKER" in os.environ:  # a core each
    os.environ.setdefault("OMP_NUM_THREADS", "1")
pytest.register_assert_rewrite("releases")  # as in a test file, to say what differs
REAL_MASSES = study.REPOSITORY.parent / "shared" / "data" / "cbis-ddsm-mass"


@pytest.fixture(scope="session")
def real_masses() -> Path:
    """The folder of 1,304 real masses, where it is there."""
    if not (REAL_MASSES / "masses.csv").is_file():
        pytest.skip(f"the real masses are not here: no {REAL_MASSES}/masses.csv")
    return REAL_MASSES


@pytest.fixture(scope="session")
def finished_toy(tmp_path_factory, worker_id) -> Path:
    """A checkout in which the toy study was run to its end. Tests must not change it.

    The first of xdist's workers that needs it makes it for all.
    """
    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent
    checkout, done = folder / "toy", folder / "toy.done"
    with FileLock(folder / "toy.lock"):
        if not done.exists():
            shutil.rmtree(checkout, ignore_errors=True)
            finished = study.snakemake(study.copy_checkout(checkout))
            assert finished.returncode == 0, finished.stdout
            done.touch()
    return checkout


@pytest.fixture
def toy(finished_toy, tmp_path) -> Path:
    """A copy of the finished toy study, to be changed as a test likes."""
    return Path(shutil.copytree(finished_toy, tmp_path / "study", symlinks=True))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a failure at a random moment be repeated, and a program of one's own be tested."""
    parser.addoption("--moments-seed", type=int, help="the seed that a failed test printed")
    parser.addoption("--arms", type=Path, help="a config with arms whose programs are tested too")


@pytest.fixture
def moments(request: pytest.FixtureRequest) -> random.Random:
    """Random moments; pytest shows their seed when the test fails."""
    return random_moments(request.config.getoption("moments_seed"))


@pytest.fixture
def conda(tmp_path_factory, monkeypatch) -> None:
    """Put a conda that installs with pip on PATH, for `snakemake --sdm conda`."""
    programs = conda_by_pip.install(tmp_path_factory.mktemp("conda"))
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
