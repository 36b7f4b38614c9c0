"""Program: train the conditional GAN on one fold and class, and make images with it."""

from dataclasses import asdict
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch

from coin.cgan.cgan_networks import Discriminator, Generator, load_vgg19
from coin.cgan.cgan_training import CganSettings, check_learnable, make_images, train_cgan
from coin.common.checkpoint import Checkpoint, fingerprint
from coin.common.conventions import CLASS_NAMES
from coin.common.device import prepare_device
from coin.common.errors import BadInput
from coin.common.files import write_arrays, write_table
from coin.common.timing import loop_timed
from coin.data.fold_data import read_training_reals
from coin.workflow.program import Output, run


def train(
    *,
    masses: Path,
    rois: Path,
    folds: Path,
    fold: int,
    label: int,
    per_mass: int,
    width: float,
    epochs: int,
    batch_size: int,
    learning_rate: float,
    noise_size: int,
    feature_weight: float,
    seed: int,
    device: Literal["cpu", "cuda"],
    threads: int,
    images: Output,
    history: Output,
    vgg19_weights: Path | None = None,
    deterministic: bool = True,
    checkpoint_every: float = 60.0,
) -> None:
    """Train the conditional GAN on one fold and class, and make images with it.

    Args:
        masses: the study's masses.csv
        rois: its rois.npy, in the same order
        folds: its folds.csv, in the same order
        fold: the fold that is held out: its masses are not touched
        label: the class: 0 (benign) or 1 (malignant)
        per_mass: images to make from each of the class's training masses
        width: scale of VGG-19's numbers of channels, in both networks
        epochs: how often every mass is seen
        batch_size: masses a step
        learning_rate: of Adam, at the start
        noise_size: K, how many normal numbers the noise is
        feature_weight: of the distance of f(x+) to f(x) beside the adversarial cross-entropy
        seed: the protocol's, of all randomness; each fold and class draws its own
        device: `cpu` or `cuda`
        threads: of the CPU; the last bits of a result depend on them
        images: written: `rois` (M, H, W), `seed` (each one's row in masses.csv), and what else
            `coin.cgan.cgan_training.Made` holds
        history: written: a row an epoch
        vgg19_weights: VGG-19's weights to start the discriminator's trunk from; null: untrained
        deterministic: the same bits for the same seed; false is faster on a GPU
        checkpoint_every: seconds between two checkpoints, from which a killed training goes on
    """
    prepare_device(device, threads, deterministic)
    reals, rows, _ = read_training_reals(masses, rois, folds, fold, label)
    try:
        check_learnable(reals)
    except BadInput as problem:
        raise BadInput(f"{rois}, fold {fold}, {CLASS_NAMES[label]}: {problem}") from problem
    own_seed = int(np.random.SeedSequence([seed, fold, label]).generate_state(1)[0])
    generator = Generator(reals.shape[1], width, noise_size, seed=own_seed)
    discriminator = Discriminator(reals.shape[1], width, seed=own_seed)
    if vgg19_weights is not None:
        load_vgg19(discriminator, vgg19_weights)
    settings = CganSettings(
        epochs, batch_size, learning_rate, feature_weight, noise_size, device, own_seed
    )
    weights = [*generator.state_dict().values(), *discriminator.state_dict().values()]
    told = [asdict(settings), threads, deterministic, torch.__version__]
    checkpoint = Checkpoint(
        images.with_name(f".{images.stem}.checkpoint.safetensors"),
        fingerprint(told, [reals, *(tensor.numpy() for tensor in weights)]),
        checkpoint_every,
    )
    with loop_timed():
        figures = train_cgan(generator, discriminator, reals, settings, checkpoint)
        made = make_images(generator, discriminator, reals, per_mass, settings)
    write_arrays(images, **made._replace(seed=rows[made.seed])._asdict())
    write_table(history, pd.DataFrame(figures))
    checkpoint.remove()


if __name__ == "__main__":
    run(train)
