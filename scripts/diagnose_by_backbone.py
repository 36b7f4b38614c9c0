"""Program: diagnose a fold's held-out masses by a pretrained backbone."""

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from coin.common.checkpoint import Checkpoint, fingerprint
from coin.common.device import prepare_device
from coin.common.timing import loop_timed
from coin.diagnosis.training import TrainingSettings, predict
from coin.peers.backbone import Backbone, load_backbone
from coin.peers.classifiers import fit, probability
from coin.peers.fine_tuning import fine_tune
from coin.peers.parts import Part, own_seed, read_parts, write_predictions
from coin.workflow.program import Output, run


def diagnose_by_backbone(
    *,
    masses: Path,
    rois: Path,
    folds: Path,
    fold: int,
    seed: int,
    name: str,
    weights: Path,
    frozen: bool,
    training: TrainingSettings,
    predictions: Output,
    checkpoint_every: float = 60.0,
) -> None:
    """Diagnose a fold's held-out masses by a pretrained backbone of timm's.

    Args:
        masses: the study's masses.csv
        rois: its rois.npy
        folds: its folds.csv
        fold: the fold that is held out
        seed: of the inner folds, or of the last layer, the batches and the flips; each fold draws
            its own
        name: of the network, as timm has it
        weights: its weights, a safetensors file with timm's names
        frozen: true: a logistic regression on its features, C chosen inside the training fold;
            false: all its weights are trained further, with a new last layer
        training: how; of a frozen one the batch size and the device alone count
        predictions: written: `mass_id,label,probability` of the held-out masses
        checkpoint_every: seconds between two checkpoints, from which a killed training goes on
    """
    prepare_device(training.device, training.threads, training.deterministic)
    fitted, held_out = read_parts(masses, rois, folds, fold)
    chance = own_seed(seed, fold)
    backbone = load_backbone(name, weights, chance).to(training.device)
    start = [weight.numpy(force=True) for weight in backbone.state_dict().values()]
    checkpoint = Checkpoint(
        predictions.with_name(f".{predictions.stem}.checkpoint.safetensors"),
        fingerprint(
            [chance, name, asdict(training), torch.__version__],
            [fitted.rois, fitted.label, *start],
        ),
        checkpoint_every,
    )
    with loop_timed():
        if frozen:
            found = _probe(backbone, fitted, held_out, chance, training)
        else:
            fine_tune(backbone, fitted.rois, fitted.label, chance, training, checkpoint)
            found, _ = _see(backbone, held_out, training)
    write_predictions(predictions, held_out, found)
    checkpoint.remove()


def _probe(
    backbone: Backbone, fitted: Part, held_out: Part, seed: int, training: TrainingSettings
) -> np.ndarray:
    """Return the held-out masses' probabilities (M,) by a regression on a frozen backbone."""
    features, unseen = (
        _see(backbone, part, training)[1].astype(float) for part in (fitted, held_out)
    )
    return probability(fit("logistic", features, fitted.label, fitted.patient, seed), unseen)


def _see(
    backbone: Backbone, part: Part, training: TrainingSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability (M,) and the features (M, F) of each mass."""
    return predict(backbone, part.rois, training.batch_size, training.device)


if __name__ == "__main__":
    run(diagnose_by_backbone)
