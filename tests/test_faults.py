"""What is killed, starved or started twice ends with the bytes of a study that was left alone."""

import random
import sys

import pytest
from disturb import FAULTS, JOBS, differing_bytes, disturb, fill_the_disk, may_mount

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="programs end with Snakemake on Linux only"),
]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disturbed_study_ends_with_the_same_bytes(fault, finished_toy, tmp_path):
    if FAULTS[fault] is fill_the_disk and not may_mount():
        pytest.skip("a disk of one's own needs root")
    moment = random.randrange(JOBS // 2)  # early enough that it has not ended before
    print(f"{fault} after {moment} jobs")
    disturbed, differ = disturb(fault, moment, tmp_path / "study", finished_toy)
    assert disturbed
    assert differ == 0


def test_bytes_that_differ_are_counted(finished_toy, toy):
    (toy / "results/toy/masses.csv").write_bytes(b"")
    path = toy / "results/toy/rois.npy"
    changed = bytearray(path.read_bytes())
    changed[-3] ^= 1
    path.write_bytes(changed)
    expected = (finished_toy / "results/toy/masses.csv").stat().st_size + 1
    assert differing_bytes(toy, finished_toy) == expected
