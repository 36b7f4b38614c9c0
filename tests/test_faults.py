"""What is killed, starved or started twice ends with the bytes of a study that was left alone."""

import contextlib
import random
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
def test_a_disturbed_study_ends_with_the_same_bytes(fault, finished_toy, toy, tmp_path):
    if FAULTS[fault] is fill_the_disk and not may_mount():
        pytest.skip("a disk of one's own needs root")
    results = shutil.move(toy / "results/toy", tmp_path / "results")
    needs_disk = FAULTS[fault] is fill_the_disk
    with disk_at(toy / "results") if needs_disk else contextlib.nullcontext():
        shutil.move(results, toy / "results/toy")
        undo_trainings(toy / "results/toy")
        moment = random.randrange(8)
        print(f"{fault} after {moment} jobs")
        assert FAULTS[fault](toy, moment)
        finish(toy)
        assert differing_bytes(toy, finished_toy) == 0


def undo_trainings(results: Path) -> None:
    """Leave some thirty jobs to be done: COIN's trainings, and all tables and figures."""
    for folder in (results / "tables", results / "figures", *results.glob("runs/positive*")):
        shutil.rmtree(folder)
    for rule in ("train_coin", "evaluate,run=positive", "make_table", "make_fig", "plot_"):
        for record in results.glob(f"provenance/{rule}*"):
            record.unlink()


def test_bytes_that_differ_are_counted(finished_toy, toy):
    (toy / "results/toy/masses.csv").write_bytes(b"")
    path = toy / "results/toy/rois.npy"
    changed = bytearray(path.read_bytes())
    changed[-3] ^= 1
    path.write_bytes(changed)
    expected = (finished_toy / "results/toy/masses.csv").stat().st_size + 1
    assert differing_bytes(toy, finished_toy) == expected
