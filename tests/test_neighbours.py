"""Equations (1)-(3): the fast search against a direct transcription, and what always holds."""

import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from study import REPOSITORY

from coin.common.conventions import GREY_LEVEL, SIGNS
from coin.common.errors import BadInput
from coin.common.files import MASS_COLUMNS, read_arrays
from coin.neighbours.discriminator import kernel_of, separability
from coin.neighbours.generator import Span, draw, landmarks_of, noise_fields
from coin.neighbours.making import (
    SEEDS,
    NeighbourSettings,
    check_searchable,
    find_neighbours,
    seeds_of,
)
from coin.neighbours.objectives import negative_objective, positive_objective, smallest_distance
from coin.neighbours.search import LEAST_BUDGET, minimise
from make_neighbours import make_neighbours

sys.path.append(str(REPOSITORY / "benchmarks"))
from direct_neighbours import direct_neighbours

SMALL = NeighbourSettings(
    amplitude=0.05, correlation_length=0.2, basis_size=6, candidates=15, gamma=0.01, budget=30
)


def blobs(count: int, size: int = 12, seed: int = 0) -> np.ndarray:
    """Bright blobs on textured tissue, (count, size, size) in [0, 1], some of it saturated."""
    generator = np.random.default_rng(seed)
    axis = np.linspace(-1, 1, size)
    centre = generator.uniform(-0.3, 0.3, (2, count, 1, 1))
    radius = generator.uniform(0.3, 0.7, (count, 1, 1))
    distance = np.hypot(axis[:, None] - centre[0], axis - centre[1]) / radius
    texture = noise_fields(count, (size, size), 0.2, generator).reshape(count, size, size)
    return np.clip(0.9 * np.exp(-(distance**2)) + 0.1 * texture + 0.1, 0, 1).astype(np.float32)


def found(sign: str = "positive", reals: np.ndarray | None = None, count: int = 6, seed: int = 0):
    reals = blobs(10) if reals is None else reals
    return find_neighbours(reals, sign, count, SMALL, np.random.default_rng(seed))


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("kernel", ["rbf", "linear"])
@pytest.mark.parametrize(
    "reals",
    [blobs(8), blobs(20), 0.4 + 0.05 * blobs(20)],
    ids=["drawn-with-replacement", "drawn-without", "alike-so-that-r3-binds"],
)
@pytest.mark.parametrize("gamma", [0.01, 10])
@pytest.mark.parametrize("seeds", SEEDS)
def test_it_is_the_method_of_the_direct_transcription(sign, kernel, reals, gamma, seeds):
    chosen = SMALL._replace(kernel=kernel, gamma=gamma, seeds=seeds)
    fast = find_neighbours(reals, sign, 5, chosen, np.random.default_rng(1))
    direct = direct_neighbours(reals, sign, 5, chosen, np.random.default_rng(1))
    np.testing.assert_array_equal(fast.seed, direct["seed"])
    for name in ("rois", "realness", "objective", "clipped_realness"):
        np.testing.assert_allclose(getattr(fast, name), direct[name], rtol=0, atol=1e-6)


def test_positive_objective_by_hand():
    # 0.6 - 0.1 * (0.3 - 0.1); nothing to pay at 0.3 or beyond.
    values = positive_objective(0.6, np.array([0.1, 0.3, 1.0]), gamma=0.1, r1=0.3)
    np.testing.assert_allclose(values, [0.58, 0.6, 0.6])


def test_negative_objective_by_hand():
    # 0.4 + 0.1 * (0.3 - 0.1) + 0.1 * (1.0 - 0.9), then each penalty alone, then none.
    values = negative_objective(
        0.4,
        to_accepted=np.array([0.1, 0.1, 0.5, 0.5]),
        to_reals=np.array([1.0, 0.2, 1.0, 0.2]),
        gamma=0.1,
        r2=0.3,
        r3=0.9,
    )
    np.testing.assert_allclose(values, [0.43, 0.42, 0.41, 0.4])


def test_rho_is_the_smallest_angle_between_two_reals():
    reals = np.array([[1.0, 0], [0, 2], [3, 3 * np.sqrt(3)]])  # at 0, 90 and 60 degrees
    assert smallest_distance(reals @ reals.T) == pytest.approx(30 / 180)


@pytest.mark.parametrize("size", [40, 80])
def test_noise_has_the_correlation_length_asked_for(size):
    fields = noise_fields(200, (size, size), 0.1, np.random.default_rng(0))
    np.testing.assert_allclose(fields.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(np.mean(fields**2, axis=1), 1, rtol=1e-5)
    images = fields.reshape(-1, size, size)
    for distance, correlation in ((0.1, np.exp(-1)), (0.2, np.exp(-4))):
        shifted = np.roll(images, round(distance * size), axis=2)
        # 0.03 of its energy went with the mean.
        assert np.mean(images * shifted) == pytest.approx(correlation, abs=0.04)


def test_noise_without_a_correlation_length_is_white():
    # Sides odd and even: every wave is there, the constant alone left out.
    fields = noise_fields(600, (15, 22), 0, np.random.default_rng(0))
    assert np.linalg.matrix_rank(fields) == 15 * 22 - 1
    images = fields.reshape(-1, 15, 22)
    np.testing.assert_allclose(np.mean(images**2, axis=0), 1, atol=0.3)
    for axis in (1, 2):
        assert abs(np.mean(images * np.roll(images, 1, axis=axis))) < 0.01


@given(st.integers(0, 2**32 - 1), st.floats(GREY_LEVEL, 0.5))
@settings(max_examples=20, deadline=None)
def test_cached_products_are_those_of_the_pixels(seed, amplitude):
    generator = np.random.default_rng(seed)
    reals = blobs(5, size=8, seed=seed).reshape(5, -1)
    span = Span(noise_fields(12, (8, 8), 0.2, generator), reals, 3)
    for start in range(2):
        span.accept(start, np.array([start, 5]), np.array([0.5, -0.4]))
    assert span.accepted.min() == 0 and span.accepted.max() == 1  # clipped
    held = span.images[: span.size].astype(float)
    np.testing.assert_allclose(span.gram[:19, :19], held @ held.T, rtol=1e-6, atol=1e-5)
    chosen = draw(5, 12, candidates=7, basis_size=4, generator=generator)
    landmarks = landmarks_of(span, chosen, amplitude)
    noise = landmarks.noise(chosen.directions)
    basis = span.images[chosen.fields].astype(float)
    drawn = reals[chosen.seeds] + noise @ basis
    size = np.sqrt(np.mean((drawn - reals[chosen.seeds]) ** 2, axis=1))
    np.testing.assert_allclose(size, amplitude, rtol=1e-5)
    everything = np.concatenate([reals, span.accepted, drawn])
    expected = everything @ everything.T
    np.testing.assert_allclose(landmarks.by_real, expected[:5], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(landmarks.by_candidate, expected[-7:], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(landmarks.squared_norms, np.diag(expected), rtol=1e-6)
    # Fresh candidates, one and many, compare with the landmarks alike.
    seeds, noise = generator.integers(5, size=3), landmarks.noise(generator.uniform(-1, 1, (3, 4)))
    fresh = reals[seeds] + noise @ basis
    products, norms = landmarks.products(seeds, noise)
    np.testing.assert_allclose(products, fresh @ everything.T, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(norms, np.sum(fresh**2, axis=1), rtol=1e-6)
    one, norm = landmarks.products(seeds[0], noise[0])
    np.testing.assert_allclose(one, products[0])
    assert norm == pytest.approx(norms[0])


@pytest.mark.parametrize("sign", SIGNS)
def test_neighbours_are_images_and_never_a_real(sign):
    reals = blobs(10)
    made = found(sign, reals)
    assert made.rois.shape == (6, 12, 12) and made.rois.dtype == np.float32
    assert made.rois.min() >= 0 and made.rois.max() <= 1
    differences = np.abs(made.rois[:, None] - reals[None]).max(axis=(2, 3))
    assert differences.min() > GREY_LEVEL
    noise = made.rois - reals[made.seed]
    assert np.sqrt(np.mean(noise**2, axis=(1, 2))).max() <= SMALL.amplitude * (1 + 1e-5)
    assert (made.evaluations == SMALL.budget).all()


def test_the_search_makes_positive_neighbours_more_real_and_negative_ones_less():
    for sign, better in (("positive", 1), ("negative", -1)):
        each = found(sign, count=10)
        assert np.min(better * (each.realness - each.searched_realness)) > 0.002
        # A seed that was searched as well goes beyond the candidates that trained the SVM.
        chosen = SMALL._replace(seeds="searched")
        searched = find_neighbours(blobs(10), sign, 10, chosen, np.random.default_rng(0))
        assert np.mean(better * (searched.realness - searched.candidate_realness)) > 0.02


def test_the_seed_decides_everything():
    once, again, other = found(), found(), found(seed=1)
    for name in once._fields:
        np.testing.assert_array_equal(getattr(once, name), getattr(again, name))
    assert not np.array_equal(once.rois, other.rois)


def test_numpys_global_generator_is_left_as_it_was(capsys):
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    found()
    assert np.random.random() == expected  # noqa: NPY002
    assert capsys.readouterr().out == ""


def test_the_search_finds_the_better_seed_and_keeps_to_its_budget():
    calls = []

    def cost(seed: int, direction: np.ndarray) -> float:
        calls.append(seed)
        assert np.all(np.abs(direction) <= 1)
        return abs(seed - 3) + np.sum(direction**2)

    seed, direction = minimise(cost, range(8), basis_size=2, budget=200, search_seed=5)
    assert seed == 3 and np.sum(direction**2) < 0.1
    assert len(calls) == 200 and set(calls) <= set(range(8))
    calls.clear()
    seed, direction = minimise(cost, range(5, 6), basis_size=2, budget=200, search_seed=5)
    assert seed == 5 and np.sum(direction**2) < 0.1
    assert calls == [5] * 200


@given(st.integers(1, 40), st.integers(2, 12))
def test_each_real_is_the_seed_of_as_many_neighbours_up_to_one(count, n_reals):
    served = [seeds_of(number, n_reals, SMALL) for number in range(count)]
    assert all(len(seeds) == 1 for seeds in served)
    times = np.bincount([seeds[0] for seeds in served], minlength=n_reals)
    assert times.max() - times.min() <= 1


@pytest.mark.parametrize("sign", SIGNS)
def test_no_real_is_left_without_neighbours_unless_seeds_are_searched(sign):
    # One noise field and the least budget are enough for a search without a seed.
    least = SMALL._replace(basis_size=1, budget=LEAST_BUDGET)
    for chosen in (SMALL, least):
        made = find_neighbours(blobs(10), sign, 23, chosen, np.random.default_rng(0))
        np.testing.assert_array_equal(made.seed, np.arange(23) % 10)
    searched = SMALL._replace(seeds="searched")
    made = find_neighbours(blobs(10), sign, 23, searched, np.random.default_rng(0))
    assert np.ptp(np.bincount(made.seed, minlength=10)) > 1


def test_the_search_refuses_what_would_make_zoopt_unseeded_or_endless():
    with pytest.raises(ValueError, match="seed"):
        minimise(lambda s, z: 0.0, range(2), 2, 20, search_seed=0)
    with pytest.raises(FloatingPointError):
        minimise(lambda s, z: np.nan, range(2), 2, 20, search_seed=1)


def test_separability_of_what_is_apart_and_of_what_is_not():
    generator = np.random.default_rng(0)
    reals, seeds = generator.random((40, 5)), np.arange(40)
    kernel = kernel_of("rbf", reals)
    for offset, least, most in ((3, 1, 1), (0, 0.3, 0.7)):
        both = np.concatenate([reals, generator.random((40, 5)) + offset])
        assert least <= separability(kernel, both @ both.T, seeds, 40) <= most


def test_two_equal_rois_are_reported_and_do_no_harm(caplog):
    reals = blobs(4)
    reals[1] = reals[0]
    made = found("negative", reals)
    assert np.isfinite(made.objective).all() and "rho is 0" in caplog.text


def test_more_neighbours_than_can_be_kept_apart_are_reported(caplog):
    # Two reals at right angles: rho is 1/2, and noise of one grey level keeps nothing that far.
    reals = np.zeros((2, 8, 8), np.float32)
    reals[0, :4], reals[1, 4:] = 1, 1
    find_neighbours(
        reals, "positive", 4, SMALL._replace(amplitude=GREY_LEVEL), np.random.default_rng(0)
    )
    assert "100.0 % of the neighbours lie less than rho" in caplog.text


@pytest.mark.parametrize(
    "change",
    [
        {"amplitude": 0.001},
        {"amplitude": float("nan")},
        {"correlation_length": -1},
        {"basis_size": 0},
        {"basis_size": 1000},
        {"candidates": 0},
        {"gamma": -1},
        {"budget": 3},
        {"kernel": "cubic"},
        {"seeds": "none"},
    ],
    ids=str,
)
def test_a_setting_out_of_range_is_named(change):
    with pytest.raises(BadInput, match=rf"neighbours\.{next(iter(change))}"):
        find_neighbours(blobs(4), "positive", 1, SMALL._replace(**change), np.random.default_rng(0))


def test_rois_without_neighbours_are_refused():
    for spoil, message in (
        (lambda r: r[:1], "1 mass"),
        (lambda r: r * 0 + 0.5, "flat"),
        (lambda r: np.where(np.arange(4)[:, None, None] == 2, 0, r), "mass c has only black"),
        (lambda r: np.where(np.arange(4)[:, None, None] == 1, np.nan, r), "mass b has NaN"),
        (lambda r: r * 2, "outside 0 to 1"),
    ):
        with pytest.raises(BadInput, match=message):
            check_searchable(spoil(blobs(4)), "abcd")


def test_folds_classes_signs_and_seeds_draw_neighbours_of_their_own(study):
    # The reals are the same for every fold and class: what differs was drawn.
    np.save(study / "rois.npy", np.repeat(blobs(4), 2, axis=0)[np.arange(16) % 8])
    drawn = {
        made_by_program(
            study, **dict(zip(("seed", "fold", "label", "sign"), changed, strict=True))
        ): changed
        for changed in product((0, 1), (0, 1), (0, 1), SIGNS)
    }
    assert len(drawn) == 16
    assert made_by_program(study, seed=0, fold=1, label=0, sign="negative") in drawn


@pytest.fixture
def study(tmp_path) -> Path:
    """Sixteen masses of two classes in two folds."""
    rows = np.arange(16)
    masses = pd.DataFrame({name: 0 for name in MASS_COLUMNS}, index=rows)
    masses = masses.assign(mass_id=[f"m{i}" for i in rows], label=rows % 2)
    masses.to_csv(tmp_path / "masses.csv", index=False)
    masses[["mass_id"]].assign(fold=rows // 8).to_csv(tmp_path / "folds.csv", index=False)
    np.save(tmp_path / "rois.npy", blobs(16))
    return tmp_path


def made_by_program(study: Path, **options) -> bytes:
    """The neighbours that the program makes, without a process of its own."""
    files = {
        path.stem: path for path in study.iterdir() if path.stem in ("masses", "rois", "folds")
    }
    out = study / "out.npz"
    make_neighbours(**files, **options, per_mass=1, neighbours=out, **SMALL._asdict())
    return read_arrays(out)["rois"].tobytes()


def run_program(study: Path, threads: int = 1, **options) -> subprocess.CompletedProcess:
    options = {
        "masses": study / "masses.csv",
        "rois": study / "rois.npy",
        "folds": study / "folds.csv",
        "fold": 0,
        "label": 1,
        "sign": "negative",
        "per_mass": 2,
        "seed": 0,
        "neighbours": study / "out.npz",
        **SMALL._asdict(),
        **options,
    }
    command = [sys.executable, str(REPOSITORY / "scripts" / "make_neighbours.py")]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    return subprocess.run(
        command, env={**os.environ, **limits}, capture_output=True, text=True, timeout=120
    )


def test_only_the_classs_training_masses_are_touched_at_any_number_of_threads(study):
    assert run_program(study).returncode == 0
    first = (study / "out.npz").read_bytes()
    made = read_arrays(study / "out.npz")
    assert made["rois"].shape == (8, 12, 12) and made["rois"].dtype == np.float32
    assert set(made["seed"]) <= {9, 11, 13, 15}
    rois = np.load(study / "rois.npy")
    noise = made["rois"] - rois[made["seed"]]
    assert np.sqrt(np.mean(noise**2, axis=(1, 2))).max() <= SMALL.amplitude * (1 + 1e-5)
    rois[[i for i in range(16) if i not in (9, 11, 13, 15)]] = np.nan
    np.save(study / "rois.npy", rois)
    assert run_program(study, threads=2).returncode == 0
    assert (study / "out.npz").read_bytes() == first


def test_a_users_mistake_is_one_line_and_leaves_no_file(study):
    rois = np.load(study / "rois.npy")
    rois[11] = 0
    np.save(study / "rois.npy", rois)
    refused = run_program(study)
    assert refused.returncode == 1
    assert (
        "error: " in refused.stderr and "fold 0, malignant: the ROI of mass m11" in refused.stderr
    )
    assert "Traceback" not in refused.stderr
    assert not list(study.glob("*out*"))
    pd.read_csv(study / "folds.csv").iloc[::-1].to_csv(study / "folds.csv", index=False)
    refused = run_program(study)
    assert refused.returncode == 1 and "folds.csv" in refused.stderr
