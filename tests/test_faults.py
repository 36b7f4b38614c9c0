"""What is killed goes on where it stopped, and ends with the same bytes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from study import command_line, copy_checkout, digests, environment, snakemake

PATTERNS = [f"results/toy/{end}" for end in ("tables/*", "figures/*", "runs/**/*.*")]


def programs_in(folder: Path) -> list[int]:
    """Return the ids of the processes that work in `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == folder.resolve():
                found.append(int(process.name))
        except OSError:  # it has just ended
            continue
    return found


def wait_for(condition, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_a_killed_snakemake_takes_its_programs_along_and_can_be_started_again(
    finished_toy, tmp_path
):
    checkout = copy_checkout(tmp_path)
    with (tmp_path / "log").open("w") as log:
        running = subprocess.Popen(
            command_line(),
            cwd=checkout,
            env=environment(),
            stdout=log,
            stderr=log,
        )
    logs = checkout / "results/toy/logs"
    assert wait_for(lambda: any(logs.glob("train_positive*")), seconds=600)
    running.send_signal(signal.SIGKILL)
    running.wait()
    assert wait_for(lambda: not programs_in(checkout), seconds=10), "a program outlived Snakemake"
    assert snakemake(checkout, "--unlock").returncode == 0
    finished = snakemake(checkout)
    assert finished.returncode == 0, finished.stdout
    assert digests(checkout, *PATTERNS) == digests(finished_toy, *PATTERNS)
