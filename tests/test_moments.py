"""A failure at a random moment can be repeated from what the test printed."""

import re

from moments import random_moments


def test_the_printed_seed_gives_the_same_moments_again(capsys):
    first = random_moments()
    (seed,) = re.findall(r"^random moments: seed (\d+)$", capsys.readouterr().out, flags=re.M)
    again = random_moments(int(seed))
    assert [first.random() for _ in range(9)] == [again.random() for _ in range(9)]


def test_without_a_seed_every_run_has_its_own_moments():
    assert random_moments().random() != random_moments().random()
