"""Augmentation by the conditional GAN [39] of Section III-B.1, trained class by class.

The generator maps a real mass and noise to a made one, {x, omega} -> x+. The discriminator maps
either to z, the probability of being real, and to the features f, which are to be the same for
what was made as for what it was made from: f(x+) -> f(x).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from coin.cgan.cgan_networks import Discriminator, Generator
from coin.common.adam import Adam, cosine
from coin.common.checkpoint import Checkpoint
from coin.common.conventions import GREY_LEVEL
from coin.common.device import as_images, memory_format, put
from coin.common.errors import BadInput

LEAST_VARIETY = 0.1
"""Below this share of the reals' spread, what is made is one image again and again."""
WATCHED = 16
"""Reals that are made twice after each epoch, always with the same noise, to see how it goes."""
LEAST_LOSS = 0.01
"""Of the discriminator, which is ln 2 while it cannot tell; below, it teaches nothing any more."""
BETA1 = 0.5
"""Adam's short memory, DCGAN's instead of 0.9: each network chases a target that moves."""
FIGURES = (
    *("discriminator_loss", "adversarial_loss", "feature_distance"),
    *("realness_of_reals", "realness_of_made"),
    *("change", "noise_effect", "variety"),
)
"""Of an epoch: means over its steps, and what the watched masses show at its end."""


@dataclass(frozen=True)
class CganSettings:
    """How a conditional GAN is trained; each but the last two is a setting of the config."""

    epochs: int
    batch_size: int
    learning_rate: float
    """Adam's, of both networks, at the first step; it falls to 0 along a half cosine."""
    feature_weight: float
    """Of the distance between f(x+) and f(x) beside the adversarial cross-entropy."""
    noise_size: int
    """K, how many normal numbers the noise omega is."""
    device: Literal["cpu", "cuda"]
    seed: int
    """Of the order of the reals and of the noise."""


class Made(NamedTuple):
    """What the generator made, mass by mass."""

    rois: np.ndarray
    """(M, H, W) float32 in [0, 1]."""
    seed: np.ndarray
    """(M,) index of the real that each was made from."""
    realness: np.ndarray
    """(M,) z by the trained discriminator: 1 looks real."""
    feature_distance: np.ndarray
    """(M,) as `feature_distance` gives it, from the real that it was made from."""


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Cross-entropy of z, reals and made weighing the same: ln 2 while they cannot be told apart.

    Args:
        real: (B,) logits of z for reals.
        made: (B,) for made images.
    """
    # -log sigmoid(t) = softplus(-t), and -log(1 - sigmoid(t)) = softplus(t).
    return (functional.softplus(-real).mean() + functional.softplus(made).mean()) / 2


def adversarial_loss(made: Tensor) -> Tensor:
    """Cross-entropy of z against "real", for made images with logits (B,).

    Its gradient does not vanish where the discriminator is sure, as that of -`discriminator_loss`
    would.
    """
    return functional.softplus(-made).mean()


def feature_distance(made: Tensor, real: Tensor) -> Tensor:
    """Squared distance of f(x+) to f(x), over that of f(x) to 0: (B, features) twice, to (B,).

    Relative, so that its weight means the same whatever scale the trunk gives its features, at
    every width.
    """
    return (made - real).square().sum(1) / real.square().sum(1).clamp_min(1e-12)


def check_learnable(reals: np.ndarray) -> None:
    """Refuse ROIs (n, H, W) of a class that nothing can be learned from."""
    if len(reals) < 2:
        raise BadInput(
            f"{len(reals)} mass in the training part, where a GAN needs 2 at least: use fewer "
            "folds, or more masses"
        )
    if not (reals.min() >= 0 and reals.max() <= 1):
        raise BadInput("an ROI has a pixel that is not in [0, 1]: mend or leave it out")
    if (reals == reals[0]).all():
        raise BadInput("all ROIs are the same: there is nothing to learn")


def train_cgan(
    generator: Generator,
    discriminator: Discriminator,
    reals: np.ndarray,
    settings: CganSettings,
    checkpoint: Checkpoint,
) -> list[dict[str, float | str]]:
    """Train both networks in turn, a step each on every batch of the class's reals.

    Args:
        generator, discriminator: trained in place; left on the settings' device.
        reals: (n, H, W) float32 in [0, 1]: one class of one training fold, as `check_learnable`
            wants.
        settings: see CganSettings.
        checkpoint: where a killed training goes on after an epoch, to the same end.

    Returns:
        The history, a row an epoch: the losses' means over its steps; the mean z of reals and of
        made images (`realness_of_...`); of a few masses that are watched, by how many grey levels
        (white is 1, root mean square) what is made differs from its source (`change`), and from
        what other noise makes of it (`noise_effect`), and its spread over that of the reals
        (`variety`); and `collapse`, how the training has failed, or "".

    Raises:
        BadInput: a loss is not finite.
    """
    networks = (generator, discriminator)
    for each in networks:
        # What torch says of the types of `to` lacks memory_format.
        each.to(settings.device, memory_format=memory_format(settings.device)).train()  # type: ignore[call-overload]
    images = as_images(reals, settings.device)
    optimisers = Adam(generator.parameters(), BETA1), Adam(discriminator.parameters(), BETA1)
    random = torch.Generator().manual_seed(settings.seed)
    watched = images[:WATCHED]
    watched_noise = _noise(2 * len(watched), settings, random)
    figures = torch.zeros(settings.epochs, len(FIGURES), dtype=torch.float64)
    state = {"figures": figures, "random": random.get_state()}
    for side, network, optimiser in zip("GD", networks, optimisers, strict=True):
        tensors = network.state_dict() | optimiser.state()
        state |= {f"{side}.{name}": tensor for name, tensor in tensors.items()}
    done = checkpoint.restore(state)
    random.set_state(state["random"])
    for epoch in range(done, settings.epochs):
        rate = settings.learning_rate * cosine(epoch / settings.epochs)
        losses = [
            _step(
                *networks, *optimisers, batch, _noise(len(batch), settings, random), rate, settings
            )
            for batch in _batches(images, settings, random)
        ]
        means = _mean_losses(losses, epoch, settings)
        figures[epoch] = torch.cat((means, _watch(generator, watched, watched_noise)))
        if (epoch + 1) % max(1, settings.epochs // 10) == 0:
            text = ", ".join(
                f"{name} {value:.3g}" for name, value in _named(figures[epoch]).items()
            )
            logging.info("epoch %d of %d: %s", epoch + 1, settings.epochs, text)
        state["random"].copy_(random.get_state())
        checkpoint.keep(state, epoch + 1)
    history = _history(figures, between_reals=(2 * watched.var(0).mean()).sqrt().item())
    if history[-1]["collapse"]:
        logging.warning(
            "the training collapsed: %s. What it makes is of little use; try another "
            "cgan.learning_rate, cgan.feature_weight or cgan.epochs",
            history[-1]["collapse"],
        )
    return history


def make_images(
    generator: Generator,
    discriminator: Discriminator,
    reals: np.ndarray,
    per_mass: int,
    settings: CganSettings,
) -> Made:
    """Make `per_mass` images from each of the reals (n, H, W), with the trained networks."""
    # Not the noise of the training over again.
    random = torch.Generator().manual_seed(settings.seed + 1)
    seed = np.repeat(np.arange(len(reals)), per_mass)
    images = as_images(reals, settings.device)
    parts = []
    with torch.inference_mode():
        for rows in put(seed, settings.device).split(settings.batch_size):
            source = images[rows]
            made = generator(source, _noise(len(rows), settings, random))
            logits, features = discriminator(made)
            distance = feature_distance(features, discriminator(source)[1])
            parts.append((made[:, 0].cpu(), logits.sigmoid().cpu(), distance.cpu()))
    rois, realness, distances = (torch.cat(column).numpy() for column in zip(*parts, strict=True))
    return Made(rois, seed, realness, distances)


def _step(
    generator: Generator,
    discriminator: Discriminator,
    generator_optimiser: Adam,
    discriminator_optimiser: Adam,
    reals: Tensor,
    noise: Tensor,
    learning_rate: float,
    settings: CganSettings,
) -> Tensor:
    """Let the discriminator learn from a batch, then the generator from it; return the losses."""
    made = generator(reals, noise)
    logits, _ = discriminator(torch.cat((reals, made.detach())))
    real_logits, made_logits = logits.chunk(2)
    loss = discriminator_loss(real_logits, made_logits)
    loss.backward()
    discriminator_optimiser.step(learning_rate)

    logits, features = discriminator(made)
    with torch.no_grad():
        _, wanted = discriminator(reals)
    adversarial = adversarial_loss(logits)
    distance = feature_distance(features, wanted).mean()
    total = adversarial + settings.feature_weight * distance
    total.backward(inputs=list(generator.parameters()))
    generator_optimiser.step(learning_rate)
    realness = real_logits.sigmoid().mean(), made_logits.sigmoid().mean()
    return torch.stack((loss, adversarial, distance, *realness)).detach()


def _batches(images: Tensor, settings: CganSettings, random: torch.Generator) -> Iterator[Tensor]:
    """Give every image once, in random order."""
    order = put(torch.randperm(len(images), generator=random), images.device)
    return (images[rows] for rows in order.split(settings.batch_size))


def _noise(count: int, settings: CganSettings, random: torch.Generator) -> Tensor:
    """Draw noise (count, K); on the CPU, so that every device has the same."""
    return put(torch.randn(count, settings.noise_size, generator=random), settings.device)


def _mean_losses(losses: list[Tensor], epoch: int, settings: CganSettings) -> Tensor:
    steps = torch.stack(losses).double().cpu()
    if not steps.isfinite().all():
        raise BadInput(
            f"the GAN's training diverged: a loss is not finite in epoch {epoch + 1}, with "
            f"{settings}; lower cgan.learning_rate or cgan.feature_weight"
        )
    return steps.mean(0)


def _watch(generator: Generator, images: Tensor, noise: Tensor) -> Tensor:
    with torch.inference_mode():
        made, again = (generator(images, part) for part in noise.chunk(2))
        change = (made - images).square().mean().sqrt()
        noise_effect = (made - again).square().mean().sqrt()
        variety = made.std(0).mean() / images.std(0).mean()
        return torch.stack((change, noise_effect, variety)).double().cpu()


def _history(figures: Tensor, between_reals: float) -> list[dict[str, float | str]]:
    rows = [_named(row) for row in figures]
    return [
        {"epoch": epoch} | row | {"collapse": _collapse(row, between_reals)}
        for epoch, row in enumerate(rows, start=1)
    ]


def _named(figures: Tensor) -> dict[str, float]:
    return dict(zip(FIGURES, figures.tolist(), strict=True))


def _collapse(figures: dict[str, float], between_reals: float) -> str:
    """Say how a training has failed that goes on without an error, or "".

    `between_reals` is the root mean square difference of two different reals.
    """
    if figures["discriminator_loss"] < LEAST_LOSS:
        return "the discriminator is always right"
    if figures["variety"] < LEAST_VARIETY:
        return "one image for all masses"
    if figures["change"] > between_reals:
        return "what is made is less like its source than another mass is"
    # Rounded to 8 bits, what other noise makes is the same.
    if figures["noise_effect"] < GREY_LEVEL / 2:
        return "the noise changes nothing"
    return ""
