"""What a neighbour is searched for, Section III-B: equations (2) and (3), and their distances."""

import numpy as np

from coin.neighbours.generator import angular_distance, cosines


def objective(
    sign: str,
    realness: np.ndarray,
    to_accepted: np.ndarray,
    to_reals: np.ndarray,
    gamma: float,
    rho: float,
) -> np.ndarray:
    """What a sign's neighbours answer, with the paper's r1 = r2 = rho and r3 = 3 rho.

    Args:
        sign: "positive" is equation (2), "negative" (3).
        realness: (...) P_D in [0, 1].
        to_accepted: (...) angular distance to the nearest accepted; 1 while there is none.
        to_reals: (...) angular distance to the nearest real of the class.
        gamma: Weight of the distances.
        rho: As `smallest_distance` gives it.
    """
    if sign == "positive":
        return positive_objective(realness, to_accepted, gamma, r1=rho)
    return negative_objective(
        realness, to_accepted, to_reals, gamma, r2=rho, r3=greatest_distance(rho)
    )


def positive_objective(
    realness: np.ndarray, to_accepted: np.ndarray, gamma: float, r1: float
) -> np.ndarray:
    """Equation (2), to be maximised: look real, and keep r1 away from the accepted neighbours.

    Args:
        realness: (...) P_D in [0, 1].
        to_accepted: (...) angular distance to the nearest in X+; 1 while there is none.
        gamma: Weight of the distance.
        r1: Least distance between two neighbours.
    """
    return realness - gamma * np.maximum(0, r1 - to_accepted)


def negative_objective(
    realness: np.ndarray,
    to_accepted: np.ndarray,
    to_reals: np.ndarray,
    gamma: float,
    r2: float,
    r3: float,
) -> np.ndarray:
    """Equation (3), to be minimised: look made, keep r2 apart, yet stay within r3 of a real.

    Args:
        realness: (...) P_D in [0, 1].
        to_accepted: (...) angular distance to the nearest in X-; 1 while there is none.
        to_reals: (...) angular distance to the nearest real of the class.
        gamma: Weight of the distances.
        r2: Least distance between two neighbours.
        r3: Greatest distance to the nearest real.
    """
    apart = np.maximum(0, r2 - to_accepted)
    near = np.maximum(0, to_reals - r3)
    return realness + gamma * apart + gamma * near


def smallest_distance(gram: np.ndarray) -> float:
    """The paper's rho: the smallest angular distance between two reals, given their products."""
    return float(angular_distance(cosines(gram)[np.triu_indices(len(gram), 1)].max()))


def greatest_distance(rho: float) -> float:
    """The paper's r3: how far a negative neighbour may lie from the nearest real of its class."""
    return 3 * rho
