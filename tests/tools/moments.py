"""Random moments that can be had again: they come from a seed that is printed."""

import random


def random_moments(seed: int | None = None) -> random.Random:
    """Return a generator of moments; print its seed, which is drawn unless given."""
    if seed is None:
        seed = random.SystemRandom().randrange(2**32)
    print(f"random moments: seed {seed}", flush=True)
    return random.Random(seed)
