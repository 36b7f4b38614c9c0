"""Derivative-free search, the paper's [44]: ZOOpt, with its global state and traps contained."""

import contextlib
import io
from collections.abc import Callable

import numpy as np

LEAST_BUDGET = 4
"""ZOOpt needs this many evaluations to start, and ends the process when it has not."""


def minimise(
    objective: Callable[[int, np.ndarray], float],
    n_seeds: int,
    basis_size: int,
    budget: int,
    search_seed: int,
) -> tuple[int, np.ndarray]:
    """Search seeds and noise directions with ZOOpt's sequential RACOS, the paper's [44].

    ZOOpt draws from numpy's global generator, prints, takes a seed of 0 for none, and recurses
    without end on NaN: all of that stays in here.

    Args:
        objective: Of a seed's index and a (K,) direction in [-1, 1]; smaller is better.
        n_seeds: Number of seeds.
        basis_size: K.
        budget: How often the objective may be called, at least `LEAST_BUDGET`.
        search_seed: From 1 to 2^32 - 1.

    Returns:
        The best seed and direction found.

    Raises:
        FloatingPointError: The objective is not a finite number.
    """
    from zoopt import Dimension, Objective, Opt, Parameter

    def value(solution: object) -> float:
        point = solution.get_x()
        result = float(objective(int(point[0]), np.array(point[1:])))
        if not np.isfinite(result):
            raise FloatingPointError("the objective of a candidate is not a finite number")
        return result

    if search_seed < 1:
        raise ValueError("the search's seed must be 1 or more")
    box = [[0, n_seeds - 1]] + [[-1, 1]] * basis_size
    space = Dimension(1 + basis_size, box, [False] + [True] * basis_size)
    state = np.random.get_state()  # noqa: NPY002
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            parameter = Parameter(budget=budget, seed=search_seed)
            best = Opt.min(Objective(value, space), parameter).get_x()
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return int(best[0]), np.array(best[1:])
