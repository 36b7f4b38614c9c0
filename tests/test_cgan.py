"""The conditional GAN: its networks, its losses, and what its program writes."""

import logging
import math
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import small_cgan
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from interrupted import interrupted_after
from safetensors.torch import save_file
from torch import nn

from coin.cgan import cgan_training
from coin.cgan.cgan_networks import Discriminator, Generator, load_vgg19, n_stages
from coin.cgan.cgan_training import (
    CganSettings,
    adversarial_loss,
    check_learnable,
    discriminator_loss,
    feature_distance,
    make_images,
    train_cgan,
)
from coin.common.checkpoint import Checkpoint
from coin.common.device import prepare_device
from coin.common.errors import BadInput
from coin.common.files import read_arrays, write_array, write_table
from coin.data.fold_data import POSITIVE, read_expanded_data


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    prepare_device("cpu", threads=1, deterministic=True)
    yield
    torch.set_num_threads(before)
    torch.use_deterministic_algorithms(False)


@pytest.fixture(autouse=True)
def the_same_images_whatever_ran_before():
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    small_cgan.write_fold(folder)
    return folder


def run_program(study, out, **changes):
    return small_cgan.train(study, out, **changes)["images"]


# ---- networks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [16, 31, 32, 48, 65, 96])
def test_a_made_image_has_its_sources_size_and_lies_in_0_to_1(size):
    generator = Generator(size, 0.05, 3, seed=0)
    discriminator = Discriminator(size, 0.05, seed=0)
    made = generator(torch.rand(2, 1, size, size), 5 * torch.randn(2, 3))
    assert made.shape == (2, 1, size, size)
    assert made.min() >= 0
    assert made.max() <= 1
    logits, features = discriminator(made)
    assert logits.shape == (2,)
    assert features.shape == (2, discriminator.real.in_features)


def test_at_the_papers_size_the_trunk_is_vgg19():
    with torch.device("meta"):
        generator, trunk = Generator(224, 1, 8, seed=0), Discriminator(224, 1, seed=0).trunk
        made = generator(torch.empty(1, 1, 224, 224), torch.empty(1, 8))
        assert made.shape == (1, 1, 224, 224)
        assert trunk(made).shape == (1, 512 * 7 * 7)
    layers = [
        layer.out_channels if isinstance(layer, nn.Conv2d) else "M"
        for layer in trunk
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d)
    ]
    # Configuration E of Simonyan and Zisserman's table.
    assert layers == [
        *(64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M"),
        *(512, 512, 512, 512, "M", 512, 512, 512, 512, "M"),
    ]
    assert {layer.kernel_size for layer in trunk if isinstance(layer, nn.Conv2d)} == {(3, 3)}
    # torchvision's features.N: the first and the last convolution of the last stage.
    assert [trunk[number].in_channels for number in (0, 28, 34)] == [1, 512, 512]


def test_stages_that_would_pool_below_a_kernel_are_left_out():
    assert [n_stages(size) for size in (16, 23, 24, 32, 47, 48, 95, 96, 224)] == [
        *(2, 2, 3, 3, 3, 4, 4, 5, 5),
    ]


def test_the_initial_trunk_keeps_the_scale_of_its_input():
    trunk = Discriminator(96, 0.25, seed=0).trunk
    features = trunk(torch.rand(4, 1, 96, 96))
    assert 0.05 < features.square().mean().sqrt() < 20


def test_gradients_reach_image_noise_and_every_weight():
    generator, discriminator = Generator(48, 0.05, 3, seed=0), Discriminator(48, 0.05, seed=0)
    image = torch.rand(2, 1, 48, 48, requires_grad=True)
    noise = torch.randn(2, 3, requires_grad=True)
    logits, features = discriminator(generator(image, noise))
    (adversarial_loss(logits) + features.square().mean()).backward()
    for value in (image, noise, *generator.parameters(), *discriminator.parameters()):
        assert value.grad is not None
        assert value.grad.abs().sum() > 0


def test_noise_and_skips_reach_the_image():
    generator = Generator(32, 0.1, 3, seed=0).eval()
    image = torch.rand(1, 1, 32, 32)
    made = generator(image, torch.zeros(1, 3))
    assert (generator(image, torch.ones(1, 3)) - made).abs().max() > 1e-3
    # One pixel: the encoder alone would spread it over a block of eight.
    other = image.clone()
    other[0, 0, 16, 16] += 0.5
    change = (generator(other, torch.zeros(1, 3)) - made).abs()[0, 0]
    assert change[15:18, 15:18].max() > 2 * change[:8, :8].max()


def test_an_image_does_not_depend_on_what_is_made_beside_it():
    generator = Generator(16, 0.1, 3, seed=0)
    images, noise = torch.rand(5, 1, 16, 16), torch.randn(5, 3)
    together = generator(images, noise)
    alone = torch.cat([generator(images[i : i + 1], noise[i : i + 1]) for i in range(5)])
    torch.testing.assert_close(together, alone)


def test_first_weights_follow_the_seed_and_nothing_else():
    state = torch.get_rng_state()
    first = Generator(16, 0.05, 3, seed=5).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    again, other = (Generator(16, 0.05, 3, seed=seed).state_dict() for seed in (5, 6))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["image.weight"], other["image.weight"])


# ---- losses --------------------------------------------------------------------------------------


def test_losses_are_the_cross_entropies_of_hand_worked_probabilities():
    # Logits ln 3 and -ln 3 are the probabilities 3/4 and 1/4.
    real = torch.tensor([math.log(3), 0.0])
    made = torch.tensor([-math.log(3), math.log(3)])
    expected_real = -(math.log(3 / 4) + math.log(1 / 2)) / 2
    expected_made = -(math.log(3 / 4) + math.log(1 / 4)) / 2
    assert discriminator_loss(real, made).item() == pytest.approx(
        (expected_real + expected_made) / 2
    )
    assert adversarial_loss(made).item() == pytest.approx(-(math.log(1 / 4) + math.log(3 / 4)) / 2)
    assert discriminator_loss(torch.zeros(3), torch.zeros(3)).item() == pytest.approx(math.log(2))


def test_feature_distance_is_relative_and_squared():
    real = torch.tensor([[3.0, 4.0], [0.0, 2.0], [1.0, 1.0]])
    made = torch.tensor([[3.0, 9.0], [2.0, 2.0], [1.0, 1.0]])
    assert feature_distance(made, real).tolist() == pytest.approx([25 / 25, 4 / 4, 0])
    torch.testing.assert_close(feature_distance(7 * made, 7 * real), feature_distance(made, real))


@given(
    arrays(np.float32, (3, 2), elements=st.floats(-50, 50, width=32)),
    arrays(np.float32, (3, 2), elements=st.floats(-50, 50, width=32)),
)
def test_losses_are_finite_and_never_negative(real, made):
    real, made = torch.from_numpy(real), torch.from_numpy(made)
    for loss in (discriminator_loss(real, made), adversarial_loss(made)):
        assert torch.isfinite(loss)
        assert loss >= 0
    assert (feature_distance(made, real) >= 0).all()


# ---- training ------------------------------------------------------------------------------------


def trained(reals, **changes):
    values = {
        "epochs": 2,
        "batch_size": 4,
        "learning_rate": 0.002,
        "feature_weight": 1.0,
        "noise_size": 3,
        "device": "cpu",
        "seed": 0,
    }
    settings = CganSettings(**{**values, **changes})
    size = reals.shape[1]
    networks = Generator(size, 0.05, 3, seed=0), Discriminator(size, 0.05, seed=0)
    never = Checkpoint(Path("/nowhere"), "", math.inf)
    history = train_cgan(*networks, reals, settings, never)
    return make_images(*networks, reals, 2, settings), history


def test_training_brings_what_is_made_near_its_sources(study):
    reals = np.load(study / "rois.npy")[::2]
    made, history = trained(reals, epochs=25, learning_rate=0.003)
    first, last = history[0], history[-1]
    assert last["feature_distance"] < first["feature_distance"] / 2
    assert last["change"] < first["change"] / 2
    assert [row["collapse"] for row in history[-5:]] == [""] * 5
    nearest = np.square(made.rois[:, None] - reals[None]).mean((2, 3)).argmin(1)
    assert (nearest == made.seed).mean() > 0.8


def test_the_feature_weight_reaches_the_generator_alone(study):
    reals = np.load(study / "rois.npy")[::2]
    (with_it, history), (without, other) = (
        trained(reals, epochs=1, batch_size=12, feature_weight=weight) for weight in (1.0, 0.0)
    )
    assert history[0]["discriminator_loss"] == other[0]["discriminator_loss"]
    assert not np.array_equal(with_it.rois, without.rois)


@pytest.mark.parametrize(
    ("changes", "collapse"),
    [
        ({"learning_rate": 30.0}, "one image for all masses"),
        ({"learning_rate": 1.0}, "what is made is less like its source than another mass is"),
        ({"learning_rate": 0.003, "epochs": 25, "noiseless": True}, "the noise changes nothing"),
    ],
)
def test_a_collapse_is_said_and_written_down(study, caplog, changes, collapse, monkeypatch):
    if changes.pop("noiseless", False):
        monkeypatch.setattr(cgan_training, "_noise", lambda count, s, _: torch.zeros(count, 3))
    with caplog.at_level(logging.WARNING):
        _, history = trained(np.load(study / "rois.npy")[::2], **changes)
    assert history[-1]["collapse"] == collapse
    assert f"collapsed: {collapse}" in caplog.text


def test_a_discriminator_that_is_always_right_is_said(study, caplog, monkeypatch):
    monkeypatch.setattr("coin.cgan.cgan_training.LEAST_LOSS", 10.0)
    _, history = trained(np.load(study / "rois.npy")[::2])
    assert history[-1]["collapse"] == "the discriminator is always right"
    assert "collapsed: the discriminator is always right" in caplog.text


def test_reals_that_nothing_can_be_learned_from_are_refused():
    for reals, problem in (
        (np.zeros((1, 16, 16), np.float32), "1 mass in the training part"),
        (np.full((3, 16, 16), 0.5, np.float32), "all ROIs are the same"),
        (np.full((3, 16, 16), np.nan, np.float32), "not in"),
        (np.linspace(0, 1.1, 512, dtype=np.float32).reshape(2, 16, 16), "not in"),
    ):
        with pytest.raises(BadInput, match=problem):
            check_learnable(reals)


# ---- the program ---------------------------------------------------------------------------------


def test_it_writes_as_many_images_of_each_mass_as_asked_for(study, tmp_path):
    run_program(study, tmp_path)
    made = read_arrays(tmp_path / "positive_malignant.npz")
    assert made["rois"].shape == (6 * 3, 16, 16)
    assert made["rois"].dtype == np.float32
    assert made["rois"].min() >= 0
    assert made["rois"].max() <= 1
    assert ((made["realness"] >= 0) & (made["realness"] <= 1)).all()
    assert (made["feature_distance"] >= 0).all()
    masses, folds = (pd.read_csv(study / name) for name in ("masses.csv", "folds.csv"))
    training = np.flatnonzero((masses["label"] == 1) & (folds["fold"] != 0))
    assert made["seed"].tolist() == np.repeat(training, 3).tolist()
    history = pd.read_csv(tmp_path / "malignant_history.csv")
    assert history["epoch"].tolist() == [1, 2]
    assert np.isfinite(history.drop(columns="collapse")).all(axis=None)
    data, _ = read_expanded_data(
        *(study / name for name in ("masses.csv", "rois.npy", "folds.csv")),
        fold=0,
        neighbours=[tmp_path / "positive_malignant.npz"],
    )
    assert (data.kind[-18:] == POSITIVE).all()
    assert (data.label[-18:] == 1).all()


def test_the_same_seed_gives_the_same_bytes_and_another_others(study, tmp_path):
    first = run_program(study, tmp_path / "first")
    torch.manual_seed(99)
    torch.rand(7)
    assert run_program(study, tmp_path / "again") == first
    assert run_program(study, tmp_path / "other", seed=1) != first
    histories = [
        (tmp_path / name / "malignant_history.csv").read_bytes() for name in ("first", "again")
    ]
    assert histories[0] == histories[1]


def test_a_killed_training_ends_with_the_bytes_of_one_never_killed(study, tmp_path, caplog):
    whole = small_cgan.train(study, tmp_path / "whole", epochs=5)
    out = tmp_path / "killed"
    arguments = {"epochs": 5, "checkpoint_every": 0}
    interrupted_after(3, lambda: small_cgan.train(study, out, **arguments))
    with caplog.at_level(logging.INFO):
        assert small_cgan.train(study, out, **arguments) == whole
    assert "going on after step 3" in caplog.text
    assert len(list(out.iterdir())) == 2, "the checkpoint is left"


def test_a_killed_training_of_other_weights_is_not_gone_on_with(
    study, tmp_path, caplog, monkeypatch, vgg19_file
):
    """What the trunk starts from is in no setting of the loop."""
    changes = {"width": 1.0, "epochs": 1, "batch_size": 12, "checkpoint_every": 0}
    monkeypatch.setattr(Checkpoint, "remove", lambda checkpoint: None)
    run_program(study, tmp_path, **changes)
    with caplog.at_level(logging.INFO):
        run_program(study, tmp_path, vgg19_weights=vgg19_file[0], **changes)
    assert "going on" not in caplog.text
    with caplog.at_level(logging.INFO):
        run_program(study, tmp_path, vgg19_weights=vgg19_file[0], **changes)
    assert "going on after step 1" in caplog.text


def test_folds_and_classes_draw_images_of_their_own(study, tmp_path):
    # The reals are the same for every fold and class: what differs was drawn.
    copy = tmp_path / "study"
    copy.mkdir()
    for name in ("masses.csv", "folds.csv"):
        (copy / name).write_bytes((study / name).read_bytes())
    write_array(copy / "rois.npy", np.load(study / "rois.npy")[np.arange(24) // 4])
    for fold, label in product((0, 1), (0, 1)):
        run_program(copy, tmp_path / f"{fold}{label}", fold=fold, label=label, epochs=1)
    rois = [read_arrays(path)["rois"].tobytes() for path in tmp_path.glob("*/positive*.npz")]
    assert len(set(rois)) == len(rois) == 4


def test_only_the_class_in_the_training_fold_is_touched(study, tmp_path):
    masses, folds = (pd.read_csv(study / name) for name in ("masses.csv", "folds.csv"))
    copy = tmp_path / "study"
    copy.mkdir()
    for path in study.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    rois = np.load(study / "rois.npy")
    others = ((masses["label"] != 1) | (folds["fold"] == 0)).to_numpy()
    rois[others] = np.nan
    write_array(copy / "rois.npy", rois)
    assert run_program(copy, tmp_path / "blind") == run_program(study, tmp_path / "seeing")


def test_a_training_that_diverges_names_the_settings_and_leaves_nothing(study, tmp_path):
    with pytest.raises(BadInput, match=r"diverged.*epoch \d.*learning_rate=1e\+30.*lower cgan"):
        run_program(study, tmp_path / "out", learning_rate=1e30)
    assert not (tmp_path / "out").exists()


def test_a_class_without_masses_to_train_on_is_named(study, tmp_path):
    masses = pd.read_csv(study / "masses.csv")
    write_table(tmp_path / "masses.csv", masses.assign(label=0))
    for name in ("rois.npy", "folds.csv"):
        (tmp_path / name).write_bytes((study / name).read_bytes())
    with pytest.raises(BadInput, match="fold 0, malignant: 0 mass"):
        run_program(tmp_path, tmp_path / "out")
    write_table(tmp_path / "folds.csv", pd.read_csv(study / "folds.csv").iloc[::-1])
    with pytest.raises(BadInput, match="its masses are not those of"):
        run_program(tmp_path, tmp_path / "out")


# ---- VGG-19's weights ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vgg19_file(tmp_path_factory):
    """The first two stages in torchvision's names, of three input channels; and a layer more."""
    random = torch.Generator().manual_seed(0)
    tensors = {"classifier.6.bias": torch.zeros(4)}
    for number, (inputs, outputs) in {
        0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256),
    }.items():  # fmt: skip
        tensors[f"features.{number}.weight"] = torch.randn(outputs, inputs, 3, 3, generator=random)
        tensors[f"features.{number}.bias"] = torch.randn(outputs, generator=random)
    path = tmp_path_factory.mktemp("weights") / "vgg19.safetensors"
    save_file(tensors, path)
    return path, tensors


def test_a_weights_file_sets_the_trunk_and_sums_the_first_layers_colours(vgg19_file):
    path, tensors = vgg19_file
    discriminator = Discriminator(16, 1, seed=0)
    load_vgg19(discriminator, path)
    for number in (2, 5, 7):
        own = discriminator.trunk[number]
        assert torch.equal(own.weight, tensors[f"features.{number}.weight"])
        assert torch.equal(own.bias, tensors[f"features.{number}.bias"])
    grey = torch.rand(1, 1, 8, 8)
    colour = nn.functional.conv2d(
        grey.expand(1, 3, 8, 8), tensors["features.0.weight"], tensors["features.0.bias"]
    )
    own = discriminator.trunk[0]
    found = nn.functional.conv2d(grey, own.weight, own.bias)
    torch.testing.assert_close(found, colour, rtol=1e-4, atol=1e-4)


def test_weights_that_do_not_fit_are_refused(vgg19_file, tmp_path):
    path, tensors = vgg19_file
    with pytest.raises(BadInput, match=r"cgan\.vgg19_weights.*set cgan\.width to 1"):
        load_vgg19(Discriminator(16, 0.5, seed=0), path)
    with pytest.raises(BadInput, match=r"not VGG-19's weights.*features\.12"):
        load_vgg19(Discriminator(24, 1, seed=0), path)
    with pytest.raises(BadInput, match="not VGG-19's weights"):
        load_vgg19(Discriminator(16, 1, seed=0), tmp_path / "none.safetensors")
    (tmp_path / "pickle.pth").write_bytes(b"\x80\x02not tensors")
    with pytest.raises(BadInput, match="not VGG-19's weights"):
        load_vgg19(Discriminator(16, 1, seed=0), tmp_path / "pickle.pth")
    wrong = {**tensors, "features.5.weight": torch.zeros(128, 64, 1, 1)}
    save_file(wrong, tmp_path / "wrong.safetensors")
    with pytest.raises(BadInput, match=r"\(128, 64, 1, 1\) under features\.5\.weight"):
        load_vgg19(Discriminator(16, 1, seed=0), tmp_path / "wrong.safetensors")


def test_the_program_starts_from_the_weights_file(study, tmp_path, vgg19_file):
    path, _ = vgg19_file
    changes = {"width": 1.0, "epochs": 1, "batch_size": 6, "learning_rate": 1e-4}
    first = run_program(study, tmp_path / "without", **changes)
    assert run_program(study, tmp_path / "with", vgg19_weights=path, **changes) != first
