"""A training that is interrupted once it has kept its state."""

from collections.abc import Callable

import pytest

from coin.common.checkpoint import Checkpoint


def interrupted_after(step: int, training: Callable[[], object]) -> None:
    """Run a training that keeps its state after every step, and end it after this one."""
    keep = Checkpoint.keep

    def keep_and_end(checkpoint: Checkpoint, tensors: dict, done: int) -> None:
        keep(checkpoint, tensors, done)
        if done == step:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoint, "keep", keep_and_end)
        with pytest.raises(KeyboardInterrupt):
            training()
