"""Disturb the toy study at random moments, finish it, and hold it against one that was left alone.

python tests/tools/disturb.py 20 disturbs twenty runs, each study by every fault in turn, and prints
how many bytes of the results differ in the end. Filling a disk needs root, for a disk of one's own.
The moments' seed is printed; given as a second argument, it disturbs at the same moments again.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from moments import random_moments
from study import command_line, copy_checkout, environment, snakemake, toy_digests, wait_for

JOBS = 60
"""In the toy study."""


def kill_a_job(folder: Path, moment: int) -> bool:
    """Kill one of the programs that are running, as an out-of-memory killer does."""
    with started(folder, moment) as running:
        while running.poll() is None:
            if programs := programs_in(folder, unfinished=True):
                with contextlib.suppress(ProcessLookupError):
                    # Which one is as random as the moment.
                    os.kill(programs[moment % len(programs)], signal.SIGKILL)
                    break
    return running.returncode != 0


def kill_snakemake(folder: Path, moment: int) -> bool:
    """Kill Snakemake itself; its programs must end with it, or they would write beside the next."""
    with started(folder, moment) as running:
        running.kill()
    wait_for(lambda: not programs_in(folder), "the programs' end", seconds=10)
    assert snakemake(folder, "--unlock").returncode == 0
    return running.returncode == -signal.SIGKILL


def start_another(folder: Path, moment: int) -> bool:
    """Start a second Snakemake in the same folder: the lock must turn one of the two away."""
    with started(folder, moment) as running:
        second = snakemake(folder)
    first = (folder / "log").read_text(encoding="utf-8")
    failed = [
        said
        for status, said in ((running.returncode, first), (second.returncode, second.stdout))
        if status != 0
    ]
    assert len(failed) < 2 and all("cannot be locked" in said for said in failed), failed
    return len(failed) == 1


def fill_the_disk(folder: Path, moment: int) -> bool:
    """Fill the disk that the results are on until the study has failed, then make room again."""
    ballast = folder / "results" / ".ballast"
    with started(folder, moment) as running, ballast.open("wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(2**20))
        running.wait()
    ballast.unlink()
    return running.returncode != 0


FAULTS: dict[str, Callable[[Path, int], bool]] = {
    "Snakemake is killed": kill_snakemake,
    "the disk is full": fill_the_disk,
    # These let the run go on as far as it can: last, so that there is something left to disturb.
    "a job is killed": kill_a_job,
    "a second Snakemake": start_another,
}
"""What may happen to a study in a folder once so many more jobs are done.

Each runs the study, disturbs it, and returns whether it did: the study may have ended before.
"""


def finish(folder: Path) -> None:
    """Run a disturbed study to its end, and audit it.

    Raises:
        AssertionError: it cannot be finished, or does not pass its audit.
    """
    finished = snakemake(folder)
    assert finished.returncode == 0, finished.stdout
    audit = [sys.executable, "scripts/audit.py", "results/toy"]
    audited = subprocess.run(audit, cwd=folder, capture_output=True, text=True)
    assert audited.returncode == 0, audited.stdout


def differing_bytes(one: Path, other: Path) -> int:
    """Count the bytes in which two toy studies' results differ, a missing one as such."""
    count = 0
    for name in toy_digests(one).keys() | toy_digests(other).keys():
        contents = [
            (folder / name).read_bytes() if (folder / name).is_file() else b""
            for folder in (one, other)
        ]
        longest, shortest = max(map(len, contents)), min(map(len, contents))
        count += longest - shortest + sum(a != b for a, b in zip(*contents, strict=False))
    return count


def may_mount() -> bool:
    """Return whether this process may have a disk of its own."""
    return sys.platform == "linux" and os.geteuid() == 0


@contextlib.contextmanager
def disk_at(folder: Path) -> Iterator[None]:
    """Give a folder a small disk of its own, to be filled."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def started(folder: Path, moment: int) -> Iterator[subprocess.Popen]:
    """Start the study and wait until so many more jobs are done; at last wait for its end."""
    records = folder / "results/toy/provenance"

    def done() -> int:
        return len(list(records.glob("[!.]*")))

    before = done()
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(
            command_line(), cwd=folder, env=environment(), stdout=log, stderr=log
        )
    wait_for(
        lambda: done() >= before + moment or running.poll() is not None,
        f"{moment} more jobs' end",
        seconds=900,
    )
    yield running
    running.wait(timeout=900)


def programs_in(folder: Path, unfinished: bool = False) -> list[int]:
    """Return the ids of the study's programs, ascending, or of those that have no record yet."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has just ended
            words = (process / "cmdline").read_bytes().decode().split("\0")
            is_ours = (process / "cwd").resolve() == folder.resolve()
            if is_ours and any(word.startswith("scripts/") for word in words):
                record = folder / words[words.index("--record") + 1]
                if not (unfinished and record.exists()):
                    found.append(int(process.name))
    return sorted(found)


def main(count: int, seed: int | None = None) -> None:
    """Disturb runs of studies, a study several times in turn, and print what came of it."""
    moments = random_moments(seed)
    faults = [fault for fault in FAULTS if may_mount() or FAULTS[fault] is not fill_the_disk]
    n_disturbed = n_studies = n_bytes = 0
    with tempfile.TemporaryDirectory() as folder:
        undisturbed = copy_checkout(Path(folder, "undisturbed"))
        assert snakemake(undisturbed).returncode == 0
        while n_disturbed < count:
            checkout = copy_checkout(Path(folder, f"study{n_studies}"))
            with disk_at(checkout / "results") if may_mount() else contextlib.nullcontext():
                for fault in faults:
                    moment = moments.randrange(JOBS // len(faults))
                    if n_disturbed < count and FAULTS[fault](checkout, moment):
                        n_disturbed += 1
                        print(f"{n_disturbed}: {fault} after {moment} more jobs", flush=True)
                finish(checkout)
                differ = differing_bytes(checkout, undisturbed)
            n_studies, n_bytes = n_studies + 1, n_bytes + differ
            print(f"study {n_studies} finished and audited: {differ} bytes differ", flush=True)
    print(f"{n_disturbed} disturbed runs of {n_studies} studies: {n_bytes} bytes differ")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
