"""Each process its own GPU, by made-up names: no GPU is needed."""

import signal
import subprocess
import sys
import uuid

import pytest
from study import REPOSITORY

from coin.common import device

HOLDER = (
    "import sys, time; from coin.common.cards import take_card; "
    "print(take_card(sys.argv[1:]), flush=True); time.sleep(60)"
)


@pytest.fixture
def start():
    """Start a process that takes one of the named cards; give it and the place that it took."""
    processes = []

    def started(names):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, *names],
            cwd=REPOSITORY / "scripts",
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process, int(process.stdout.readline())

    yield started
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def test_each_process_has_a_card_until_it_ends_and_then_they_share_evenly(start):
    names = [str(uuid.uuid4()) for _ in range(2)]
    (first, one), (_, other) = start(names), start(names)
    assert (one, other) == (0, 1)
    assert [start(names)[1] for _ in range(2)] == [0, 1]
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert start(names)[1] == 0


def test_a_process_that_sees_one_card_takes_it_and_counts_for_those_that_see_all(start):
    """SLURM shows each job its own; what a job counts as its first is not everyone's first."""
    names = [str(uuid.uuid4()) for _ in range(3)]
    assert start(names[1:2])[1] == 0
    assert [start(names)[1] for _ in range(2)] == [0, 2]


def test_jobs_of_one_process_have_one_card(monkeypatch):
    class Properties:
        def __init__(self, card):
            self.uuid = names[card]

    names = [uuid.uuid4() for _ in range(3)]
    chosen = []
    monkeypatch.setattr(device.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(device.torch.cuda, "device_count", lambda: len(names))
    monkeypatch.setattr(device.torch.cuda, "get_device_properties", Properties)
    monkeypatch.setattr(device.torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(device, "_own_card", device.cache(device._own_card.__wrapped__))
    device.take_card([str(name) for name in names])
    for _ in range(2):
        device.prepare_device("cuda", 1, deterministic=True)
    device.torch.use_deterministic_algorithms(False)
    assert chosen == [1, 1]
