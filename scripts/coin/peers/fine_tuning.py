"""Training a pretrained backbone further on a fold: cross-entropy, all weights, as many steps."""

import numpy as np
import torch

from coin.common.adam import Adam
from coin.common.checkpoint import Checkpoint
from coin.common.device import as_images, memory_format
from coin.diagnosis.losses import cross_entropy
from coin.diagnosis.training import (
    TrainingSettings,
    cosine,
    flipped_and_rotated,
    settle_normalisation,
)
from coin.graph.batches import batches
from coin.peers.backbone import Backbone

_FLIPS = 1
"""Draws of their own beside the passes' orders, as in the network's training."""


def fine_tune(
    backbone: Backbone,
    rois: np.ndarray,
    label: np.ndarray,
    seed: int,
    settings: TrainingSettings,
    checkpoint: Checkpoint,
) -> None:
    """Minimise the cross-entropy with Adam for a fixed number of steps, as the network's.

    Args:
        backbone: trained in place; left on the settings' device, its batch normalisation settled.
        rois: (N, S, S) float32 in [0, 1], of the training fold.
        label: (N,) 0 benign, 1 malignant.
        seed: of the batches and the flips.
        settings: see TrainingSettings.
        checkpoint: where a killed training goes on, to the same end.
    """
    # What torch says of the types of `to` lacks memory_format.
    backbone.to(settings.device, memory_format=memory_format(settings.device))  # type: ignore[call-overload]
    backbone.train()
    images = as_images(rois, settings.device)
    labels = torch.from_numpy(label).to(images.device)
    optimiser = Adam(backbone.parameters())
    state = backbone.state_dict() | optimiser.state()
    done = checkpoint.restore(state)
    plan = batches(len(images), None, settings.batch_size, seed, done)
    for step, batch in zip(range(done, settings.steps), plan, strict=False):
        nodes = torch.from_numpy(batch.nodes).to(images.device)
        part = images[nodes]
        if settings.flips_and_rotations:
            turns = np.random.default_rng([seed, step, _FLIPS]).integers(0, 2, (len(part), 3)) == 1
            part = flipped_and_rotated(part, torch.from_numpy(turns).to(images.device))
        cross_entropy(backbone(part)[1], labels[nodes]).backward()
        for weight in optimiser.parameters:
            if weight.grad is None:  # some networks have weights that reach no output
                weight.grad = torch.zeros_like(weight)
        optimiser.step(settings.learning_rate * cosine(step / settings.steps))
        checkpoint.keep(state, step + 1)
    # It asks of a network only what this one has, too.
    settle_normalisation(backbone, images, settings.batch_size, seed)  # type: ignore[arg-type]
