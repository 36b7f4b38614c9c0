"""What is killed, starved or started twice ends with the bytes of a study that was left alone."""

import contextlib
import shutil
import sys
from pathlib import Path

import pytest
from disturb import FAULTS, differing_bytes, disk_at, fill_the_disk, finish, may_mount

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="programs end with Snakemake on Linux only"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disturbed_study_ends_with_the_same_bytes(fault, moments, finished_toy, toy, tmp_path):
    if FAULTS[fault] is fill_the_disk and not may_mount():
        pytest.skip("a disk of one's own needs root")
    results = shutil.move(toy / "results/toy", tmp_path / "results")
    needs_disk = FAULTS[fault] is fill_the_disk
    with disk_at(toy / "results") if needs_disk else contextlib.nullcontext():
        shutil.move(results, toy / "results/toy")
        undo_trainings(toy / "results/toy")
        moment = moments.randrange(4)
        print(f"{fault} after {moment} jobs")
        assert FAULTS[fault](toy, moment)
        finish(toy)
        assert differing_bytes(toy, finished_toy) == 0


def undo_trainings(results: Path) -> None:
    """Leave a dozen jobs to be done: four trainings of Table II, and what comes of them."""
    for folder in results.glob("runs/positive1_negative2_*"):
        shutil.rmtree(folder)
    (results / "tables/table2.csv").unlink()
    for job in ("train,run=positive1_negative2", "evaluate,run=positive1_negative2"):
        for record in results.glob(f"provenance/{job}*"):
            record.unlink()


def test_bytes_that_differ_are_counted(finished_toy, toy):
    (toy / "results/toy/masses.csv").write_bytes(b"")
    path = toy / "results/toy/rois.npy"
    changed = bytearray(path.read_bytes())
    changed[-3] ^= 1
    path.write_bytes(changed)
    expected = (finished_toy / "results/toy/masses.csv").stat().st_size + 1
    assert differing_bytes(toy, finished_toy) == expected
