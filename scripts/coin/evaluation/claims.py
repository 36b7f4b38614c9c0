"""The paper's quantitative claims, as data: what is claimed, of which arms, and by how much."""

from typing import NamedTuple

from coin.evaluation.published import TABLE1, TABLE2

TOLD_APART = "told_apart"
"""The metric of claims on neighbours: the share of reals and neighbours that a discriminator tells
from each other; 0.5 is chance."""


class Claim(NamedTuple):
    """A claim: arms that are better than others, by some size, or reach a value themselves.

    Arms are names, or patterns of the shell's kind. With several on either side the claim is of
    every pair, and so of the smallest difference.
    """

    claim: str
    """In our words."""
    section: str
    """Where the paper makes it."""
    metric: str
    published: float | None
    """The size; None where the paper prints none."""
    better: tuple[str, ...]
    """Of a claim on neighbours: their sign."""
    worse: tuple[str, ...] = ()
    """Empty where the claim is the value of the better itself."""


_GRID = "positive[0-9]*_negative[0-9]*"
_COIN = TABLE2["COIN (Li et al.)"]
_WORDS = {
    "none": "no augmentation",
    "conventional": "flips and rotations",
    "cgan": "the conditional GAN",
    "adversarial": "adversarial augmentation",
}


def _auc(arm: str) -> float:
    """Return the AUC that Table I prints for every row."""
    printed = TABLE1[arm].auc
    assert printed is not None
    return printed


def _gain(arm: str, over: str) -> Claim:
    """Return the claim of a gain in Table I."""
    size = round(_auc(arm) - _auc(over), 3)
    words = f"AUC: {_WORDS[arm]} over {_WORDS[over]}"
    return Claim(words, "IV-A, Table I", "auc", size, (arm,), (over,))


def _best_point(words: str, metric: str, rivals: str) -> Claim:
    """Return a claim that the point (1, 4) of Fig. 5a beats others."""
    return Claim(words, "IV-B, Fig. 5a", metric, None, ("positive1_negative4",), (rivals,))


def _best_weight(words: str, metric: str) -> Claim:
    """Return the claim that lambda = 1 beats the other weights of Fig. 5b."""
    return Claim(words, "IV-B, Fig. 5b", metric, None, ("weight1",), ("weight[0-9]*",))


def _graph_gains(words: str, metric: str, size: float) -> Claim:
    """Return a claim of what the signed graph is worth."""
    return Claim(words, "IV-B, Fig. 5a", metric, size, ("coin",), ("no_graph",))


def _coin_reaches(words: str, metric: str, size: float | None) -> Claim:
    return Claim(words, "IV-C, Table II", metric, size, ("coin",))


def _diagnosed(words: str, share: float | None, arms: tuple[str, ...], *worse: str) -> Claim:
    """Return a claim of Fig. 6 and its text."""
    return Claim(words, "IV-B, Fig. 6", "accuracy", share, arms, worse)


CLAIMS = [
    _gain("conventional", over="none"),
    _gain("cgan", over="none"),
    _gain("adversarial", over="none"),
    _gain("adversarial", over="conventional"),
    _gain("adversarial", over="cgan"),
    _best_point("accuracy: (n+, n-) = (1, 4) over the grid's best other", "accuracy", _GRID),
    _best_point("AUC: (n+, n-) = (1, 4) over the grid's best other", "auc", _GRID),
    _graph_gains("accuracy: COIN over no graph, by at least 8 points", "accuracy", 0.08),
    _graph_gains("AUC: COIN over no graph, by at least 0.12", "auc", 0.12),
    _best_point("AUC: (1, 4) over the best point without n+", "auc", "positive0_negative[0-9]*"),
    _best_point("AUC: (1, 4) over the best point without n-", "auc", "positive[0-9]*_negative0"),
    _best_weight("accuracy: λ = 1 over the best other weight", "accuracy"),
    _best_weight("AUC: λ = 1 over the best other weight", "auc"),
    _coin_reaches("accuracy: COIN reaches 93.4 ± 1.9 %", "accuracy", _COIN.accuracy),
    _coin_reaches("AUC: COIN reaches 0.950 ± 0.02", "auc", _COIN.auc),
    _diagnosed(
        "no graph is the worst: n+ alone, and both, over it",
        None,
        ("no_negatives", "coin"),
        "no_graph",
    ),
    _diagnosed("n+ alone misdiagnoses 15 % of the masses", 0.85, ("no_negatives",)),
    _diagnosed("n+ and n- diagnose 82 of 88 masses rightly", round(82 / 88, 3), ("coin",)),
    Claim(
        "discriminators cannot tell positive neighbours from reals",
        "III-A",
        TOLD_APART,
        0.5,
        ("positive",),
    ),
    Claim(
        "discriminators can tell negative neighbours from reals",
        "III-A",
        TOLD_APART,
        None,
        ("negative",),
    ),
]
"""Every one that the paper puts a number or an order to, and that a study can measure."""
