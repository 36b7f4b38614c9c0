"""Adam, with its state in plain sight, and its learning rate's way to 0."""

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.optim.adam import adam


class Adam:
    """Adam by torch's own fused kernel.

    `torch.optim.Adam` would do the same, but imports torch's compiler, which takes a second of
    every training.
    """

    def __init__(self, parameters: Iterable[Tensor], beta1: float = 0.9):
        self.parameters, self.beta1 = list(parameters), beta1
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.steps = [torch.zeros((), device=mean.device) for mean in self.means]

    def step(self, learning_rate: float) -> None:
        """Move the parameters by their gradients, and forget the gradients."""
        adam(
            self.parameters,
            [parameter.grad for parameter in self.parameters],  # type: ignore[misc] # all are set
            self.means,
            self.squares,
            [],
            self.steps,
            fused=True,
            amsgrad=False,
            beta1=self.beta1,
            beta2=0.999,
            lr=learning_rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )
        for parameter in self.parameters:
            parameter.grad = None

    def state(self) -> dict[str, Tensor]:
        """Return all tensors of the state by name; to overwrite them is to restore it."""
        lists = {"mean": self.means, "square": self.squares, "step": self.steps}
        return {
            f"adam.{name}.{number}": tensor
            for name, tensors in lists.items()
            for number, tensor in enumerate(tensors)
        }


def cosine(done: float) -> float:
    """Return the share of the learning rate left when the share `done` of all steps is behind."""
    return (1 + math.cos(math.pi * done)) / 2
