"""Derivative-free search, the paper's [44]: ZOOpt, with its global state and traps contained."""

import contextlib
import io
import math
from collections.abc import Callable

import numpy as np

LEAST_BUDGET = 4
"""ZOOpt needs this many evaluations to start, and ends the process when it has not."""


def minimise(
    objective: Callable[[int, np.ndarray], float],
    seeds: range,
    basis_size: int,
    budget: int,
    search_seed: int,
) -> tuple[int, np.ndarray]:
    """Search a noise direction, and its seed where there are several, with sequential RACOS.

    ZOOpt draws from numpy's global generator, prints, takes a seed of 0 for none, and recurses
    without end on NaN: all of that stays in here.

    Args:
        objective: Of a seed's index and a (K,) direction in [-1, 1]; smaller is better.
        seeds: The indices to choose a seed from; one alone is no dimension of the search.
        basis_size: K.
        budget: How often the objective may be called, at least `LEAST_BUDGET`.
        search_seed: From 1 to 2^32 - 1.

    Returns:
        The best seed and direction found.

    Raises:
        FloatingPointError: The objective is not a finite number.
    """
    from zoopt import Dimension, Objective, Opt, Parameter, Solution

    choices = [[seeds[0], seeds[-1]]] if len(seeds) > 1 else []

    def seed_and_direction(point: list[float]) -> tuple[int, np.ndarray]:
        seed = int(point[0]) if choices else seeds[0]
        return seed, np.array(point[len(choices) :])

    def value(solution: Solution) -> float:
        result = float(objective(*seed_and_direction(solution.get_x())))
        if not math.isfinite(result):
            raise FloatingPointError("the objective of a candidate is not a finite number")
        return result

    if search_seed < 1:
        raise ValueError("the search's seed must be 1 or more")
    box = choices + [[-1, 1]] * basis_size
    # Dimension alone: after a Dimension2, a larger Dimension fails in the same process.
    space = Dimension(len(box), box, [False] * len(choices) + [True] * basis_size)
    state = np.random.get_state()  # noqa: NPY002
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            parameter = Parameter(budget=budget, seed=search_seed)
            best = Opt.min(Objective(value, space), parameter).get_x()
    finally:
        np.random.set_state(state)  # noqa: NPY002
    return seed_and_direction(best)
