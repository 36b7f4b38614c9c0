"""Tasks are done in order by any number of processes, and a crashed one is said in words."""

import logging
import os
import time

import pytest

from coin.common.errors import BadInput
from coin.common.workers import each


def square(number):
    time.sleep(0.01 * (number % 3))  # so that later tasks end before earlier ones
    return number**2


def crash(number):
    if number == 3:
        os._exit(11)
    return number


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order(workers, caplog):
    caplog.set_level(logging.INFO)
    assert list(each(square, range(50), workers, "numbers squared")) == [n**2 for n in range(50)]
    assert "45 of 50 numbers squared" in caplog.text
    assert list(each(square, [], workers, "nothing")) == []


def test_other_processes_do_the_work():
    assert os.getpid() not in set(each(_process, range(4), 2, "asked"))
    assert set(each(_process, range(4), 1, "asked")) == {os.getpid()}


def _process(_):
    return os.getpid()


def test_a_crash_is_no_traceback_and_no_hang():
    with pytest.raises(BadInput, match="a process died while it decoded images"):
        list(each(crash, range(8), 2, "numbers"))
