"""Synthetic mammograms with masses: who has which mass, and how the images are drawn.

The parameters were chosen by eye, and so that plain classifiers of the ROIs are neither at chance
nor perfect, before any method was compared on the images; they stay as they are.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import ndimage, special

from coin.common.errors import BadInput
from coin.data.datasets.osirix import Region

SHAPE = 800, 640  # rows, columns
CLASS_DISTANCE = 2.2
"""Between the classes' mean suspicion, which drives all features, in its standard deviations."""
FEATURE_NOISE = 0.6  # each feature follows suspicion with so much noise of its own
MALIGNANT_SHARE = 0.6
CARRIER_SHARE = 0.9  # of the patients; the others have no mass

_MALIGNANT_BIRADS, _BENIGN_BIRADS = ["4a", "4b", "4c", "5", "6"], ["2", "3"]
_PATTERNS = (  # where a patient's masses are, in order: the first breast or the other, and the view
    [(0, "CC"), (0, "MLO"), (1, "CC"), (1, "MLO")],  # two views of one mass
    [(0, "MLO"), (0, "MLO"), (0, "CC"), (0, "CC")],  # two masses in an image
    [(0, "CC"), (1, "CC"), (0, "MLO"), (1, "MLO")],  # benign in one breast, malignant in the other
)


class Mass(NamedTuple):
    """A mass's look; the last five lie in [0, 1] and overlap between the classes."""

    radius: float  # pixels
    elongation: float  # shorter over longer half-axis
    irregularity: float
    spiculation: float
    blur: float
    contrast: float
    haze: float


class View(NamedTuple):
    """One mammogram to draw: a view of a breast, and the masses in it."""

    patient: int
    side: str  # L or R
    view: str  # CC or MLO
    birads: str
    density: int  # ACR, 1 to 4
    masses: list[Mass]


def plan(patients: int, masses: int, rng: np.random.Generator) -> list[View]:
    """Decide every patient's mammograms, with exactly `masses` masses seen in all of them.

    The patients with masses have one or two each; patients without have one normal mammogram.
    Raises BadInput when there are more masses than four a patient, or fewer than one of each class.
    """
    carriers = min(masses, max(round(patients * CARRIER_SHARE), 1))
    if carriers < 2 or masses > 4 * carriers:
        raise BadInput(f"{masses} masses in {patients} patients: expected one to four a patient")
    malignant = rng.permutation(np.arange(carriers) < round(carriers * MALIGNANT_SHARE))
    views = []
    for patient in range(patients):
        density, first_side = int(rng.integers(1, 5)), "LR"[rng.integers(2)]
        if patient >= carriers:
            view = str(rng.choice(["CC", "MLO"]))
            views.append(View(patient, first_side, view, "1", density, []))
            continue
        count = masses // carriers + (patient < masses % carriers)
        places = _PATTERNS[patient % 3][:count]
        breasts: dict[int, tuple[Mass, str]] = {}
        for other, view in dict.fromkeys(places):
            is_malignant = bool(malignant[patient]) != bool(other)
            if other not in breasts:
                birads = str(rng.choice(_MALIGNANT_BIRADS if is_malignant else _BENIGN_BIRADS))
                breasts[other] = _mass(is_malignant, rng), birads
            mass, birads = breasts[other]
            side = first_side if not other else "LR"[first_side == "L"]
            more = places.count((other, view)) - 1
            here = [mass, *(_mass(is_malignant, rng) for _ in range(more))]
            views.append(View(patient, side, view, birads, density, here))
    return views


def draw(view: View, rng: np.random.Generator) -> tuple[np.ndarray, list[Region]]:
    """Draw one mammogram, the chest wall at its left (left breast) or right edge.

    Returns:
        Grey values (800, 640), float32 in [0, 1], and each mass's outline, whose points may lie
        outside the image.
    """
    tissue, depth = _breast(view, rng)
    outlines: list[np.ndarray] = []
    centres: list[tuple[float, float, float]] = []
    for mass in view.masses:
        centre = _place(mass, depth, centres, rng)
        centres.append((*centre, mass.radius))
        outlines.append(_add_mass(tissue, depth, mass, centre, rng))
    tissue += rng.standard_normal(SHAPE, np.float32) * 0.008 * (0.3 + tissue)
    grey = np.clip(tissue, 0, 1)
    if view.side == "R":
        grey = grey[:, ::-1]
        outlines = [np.column_stack([SHAPE[1] - line[:, 0], line[:, 1]]) for line in outlines]
    return grey, [Region("Mass", line.round(2)) for line in outlines]


def _mass(malignant: bool, rng: np.random.Generator) -> Mass:
    """Draw a mass's look: a latent suspicion of its class, and features that follow it loosely."""
    suspicion = rng.normal(CLASS_DISTANCE * (0.5 if malignant else -0.5))

    def feature() -> float:
        return float(special.ndtr((suspicion + rng.normal(0, FEATURE_NOISE)) / 1.2))

    radius = float(np.exp(rng.normal(np.log(26), 0.28)).clip(13, 48))
    return Mass(radius, rng.uniform(0.65, 1), feature(), feature(), feature(), feature(), feature())


def _breast(view: View, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a breast without masses, and each pixel's distance (pixels) from the skin within it."""
    rows, columns = np.indices(SHAPE, np.float32, sparse=True)
    height, width = SHAPE
    oblique = view.view == "MLO"
    middle = height * (0.56 if oblique else 0.5) + rng.uniform(-15, 15)
    above, below = height * (0.62 if oblique else 0.44), height * rng.uniform(0.38, 0.42)
    reach = width * rng.uniform(0.62, 0.85)
    relative = (rows - middle) / np.where(rows < middle, above, below)
    power = np.where(rows < middle, 1.9 if oblique else 2.2, 2.2)
    profile = np.clip(1 - np.abs(relative) ** power, 0, 1) ** 0.62
    nipple = 9 * np.exp(-(((rows - middle) / 9) ** 2))
    inside = columns < reach * profile + nipple
    inside[:, 0] = False  # so that the chest wall is not taken for tissue without skin
    depth = ndimage.distance_transform_edt(np.pad(inside[:, 1:], ((0, 0), (1, 0)), "edge"))
    depth = depth.astype(np.float32)

    clumps, strands, grain = (_fractal(slope, rng) for slope in (1.9, 1.5, 1.2))
    towards_nipple = 1 - np.hypot((columns - 0.55 * reach) / reach, (rows - middle) / above)
    gland = special.expit(2.2 * (clumps + 1.5 * towards_nipple + 0.55 * view.density - 2.6))
    fibres = np.exp(-((strands / 0.09) ** 2)) * special.expit(2 * grain)
    tissue = 0.24 + 0.2 * gland + gland * (0.05 * clumps + 0.04 * grain)
    tissue += (0.07 + 0.05 * gland) * fibres + 0.012 * grain
    thickness = np.clip(depth / 60, 0, 1) ** 0.55  # compressed flat, round at the skin
    tissue = tissue * thickness + 0.1 * np.exp(-(((depth - 3) / 2.5) ** 2))
    if oblique:
        tissue += _pectoral(rows, columns, rng) * (0.26 + 0.02 * grain)
    return np.where(depth > 0, tissue, 0.01).astype(np.float32), depth


def _pectoral(rows: np.ndarray, columns: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the chest muscle's share of each pixel: a triangle in the upper corner."""
    length, base = SHAPE[0] * rng.uniform(0.45, 0.65), SHAPE[1] * rng.uniform(0.25, 0.38)
    edge = base * (1 - rows / length) + 8 * np.sin(rows / 70)
    return special.expit((edge - columns) / 4)


def _fractal(slope: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a random field of amplitude 1 / frequency ** slope, mean 0 and standard deviation 1."""
    rows, columns = np.fft.fftfreq(SHAPE[0]), np.fft.rfftfreq(SHAPE[1])
    frequency = np.hypot(rows[:, None], columns[None]).astype(np.float32)
    frequency[0, 0] = np.inf
    shape = (*frequency.shape, 2)
    waves = rng.standard_normal(shape, np.float32).view(np.complex64)[..., 0]
    field = np.fft.irfft2(waves * frequency**-slope, SHAPE).astype(np.float32)
    return (field - field.mean()) / field.std()


def _place(
    mass: Mass, depth: np.ndarray, taken: list[tuple[float, float, float]], rng: np.random.Generator
) -> tuple[float, float]:
    """Choose a mass's centre (x, y) within the breast, clear of the muscle and of other masses.

    Some lie at the chest wall, so that the image's border cuts them.
    """
    at_wall = rng.random() < 0.08
    for _ in range(1000):
        x = mass.radius * rng.uniform(0.3, 0.7) if at_wall else rng.uniform(mass.radius, SHAPE[1])
        y = rng.uniform(0.2, 0.9) * SHAPE[0]
        in_muscle = x < SHAPE[1] * 0.4 * (1 - y / (SHAPE[0] * 0.65))
        clear = all(np.hypot(x - u, y - v) > 1.6 * (mass.radius + r) for u, v, r in taken)
        if clear and not in_muscle and depth[int(y), int(x)] > mass.radius:
            return x, y
    return x, y


def _add_mass(
    tissue: np.ndarray,
    depth: np.ndarray,
    mass: Mass,
    centre: tuple[float, float],
    rng: np.random.Generator,
) -> np.ndarray:
    """Add a mass to the tissue in place; returns its outline (n, 2) as a reader would draw it."""
    x, y = centre
    reach = int(3.2 * mass.radius)
    window = tuple(
        slice(max(int(at) - reach, 0), min(int(at) + reach, length))
        for at, length in zip((y, x), SHAPE, strict=True)
    )
    rows, columns = np.mgrid[window].astype(np.float32) + 0.5
    radius, angle = np.hypot(columns - x, rows - y), np.arctan2(rows - y, columns - x)
    edge = _edge(mass, rng)
    beyond = radius / edge(angle) - 1  # 0 on the margin, -1 in the centre
    body = special.expit(-beyond / (0.04 + 0.13 * mass.blur)) * (
        1.1 - 0.3 * np.minimum(beyond + 1, 1.5) ** 2
    )
    shape = np.maximum(body, _spicules(mass, radius, angle, beyond, rng))
    shape += 0.25 * mass.haze * np.exp(-((np.maximum(beyond, 0) / 0.6) ** 2))
    brightness = 0.13 + 0.12 * mass.contrast + 0.02 * rng.standard_normal()
    tissue[window] += brightness * shape * np.clip(depth[window] / 40, 0, 1)

    angles = np.linspace(-np.pi, np.pi, 36, endpoint=False)
    drawn = edge(angles) * (1.06 + 0.03 * rng.standard_normal(len(angles)))
    return np.column_stack([x + drawn * np.cos(angles), y + drawn * np.sin(angles)])


def _edge(mass: Mass, rng: np.random.Generator):
    """Return the margin's distance from the centre as a function of the angle: a wavy ellipse."""
    turn = rng.uniform(0, np.pi)
    waves = np.arange(2, 9)
    phases = rng.uniform(0, 2 * np.pi, len(waves))
    heights = 0.13 * mass.irregularity * rng.standard_normal(len(waves)) / np.sqrt(waves / 2)

    def edge(angle: np.ndarray) -> np.ndarray:
        long, short = mass.radius, mass.radius * mass.elongation
        ellipse = short / np.hypot(np.sin(angle - turn), short / long * np.cos(angle - turn))
        wavy = sum(
            h * np.cos(k * angle + p) for h, k, p in zip(heights, waves, phases, strict=True)
        )
        return ellipse * np.clip(1 + wavy, 0.5, 1.6)

    return edge


def _spicules(
    mass: Mass,
    radius: np.ndarray,
    angle: np.ndarray,
    beyond: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draw fine bent lines that leave the margin and fade."""
    shape = np.zeros_like(radius)
    for _ in range(round(24 * mass.spiculation)):
        direction, bend = rng.uniform(-np.pi, np.pi), rng.normal(0, 0.1)
        length, width = rng.uniform(0.35, 1.3), rng.uniform(0.8, 1.7)
        off = angle - direction - bend * beyond
        across = radius * np.sin(off) / width
        along = np.clip(1 - beyond / length, 0, 1) * (beyond > -0.3) * (np.cos(off) > 0)
        strength = rng.uniform(0.2, 0.75)
        shape = np.maximum(shape, strength * np.exp(-(across**2)) * along)
    return shape


def mammograms(
    patients: int, masses: int, seed: int
) -> Iterator[tuple[View, np.ndarray, list[Region]]]:
    """Plan and draw a whole data set, one mammogram in memory at a time."""
    rng = np.random.default_rng(seed)
    for view in plan(patients, masses, rng):
        yield view, *draw(view, rng)
