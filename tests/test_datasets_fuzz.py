"""Whatever is done to a release's files, it is read rightly or refused in one clear line.

Each file is damaged in a few places by the default number of examples, and by thousands of them in
the slow tests.
"""

import sys
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import releases
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom.uid import JPEG2000Lossless, RLELossless

from coin.common.errors import BadInput
from coin.data.datasets import images
from coin.data.datasets.reading import READERS
from coin.data.datasets.scrutiny import scrutinised
from make_phantom import make_phantom

pytestmark = pytest.mark.filterwarnings("error")  # what decoders forgive is not for the user
SLOWEST = timedelta(seconds=20)  # on a busy machine; what hangs takes longer
HOW_MANY = [
    settings.default.max_examples,
    pytest.param(1000, marks=pytest.mark.slow),  # some minutes for all formats
]
TOKENS = [
    *(b"", b"\0", b"\xff", b"-1", b"0", b"1e999", b"nan", b"1" * 25, b"\xc2\xb2"),
    *(b'"', b"'", b";", b",", b"\n", b"\r", b"\t", b"/", b"../outside.png", b"/etc/hostname"),
    *(b"<", b">", b"&a;", b"<!DOCTYPE a [<!ENTITY a 'b'>]>", b"<dict>", b"</array>", b"(", b"}"),
    *(b"['Mass', 'Mass']", b"[[[[", b"BI-RADS 6", b"sep=;\n", b"1,5", b"\r\n\r\n", b"\xfe\xff"),
    *(b"mdb001 G CIRC M 1 1 9999999", b"\n2,images/0.png,p,1,1,1,1,1"),
]
edits = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 30),
        st.sampled_from(TOKENS) | st.binary(max_size=6),
    ),
    min_size=1,
    max_size=4,
)


def damaged(whole: bytes, places: list[tuple[float, int, bytes]]) -> bytes:
    """Replace bytes: at a place (a share of the length), so many, by others."""
    for share, removed, inserted in places:
        at = int(share * len(whole))
        whole = whole[:at] + inserted + whole[at + removed :]
    return whole


FORMATS = {  # of a folder below and a file in it
    "inbreast/INbreast.csv": "inbreast",
    "inbreast/INbreast.xls": "inbreast",
    "inbreast/allxml/*.xml": "inbreast",
    "cbis-ddsm/mass_case_description_train_set.csv": "cbis-ddsm",
    "jpegs/dicom_info.csv": "cbis-ddsm",
    "mini-mias/Info.txt": "mini-mias",
    "vindr-mammo/finding_annotations.csv": "vindr-mammo",
    "table/masses.csv": "table",
    "outlines/masses.csv": "table",
}


@pytest.fixture(scope="module")
def roots(tmp_path_factory):
    """A few masses in every format, each in a folder beside something that nobody may open."""
    folder = tmp_path_factory.mktemp("formats")
    Image.new("L", (40, 50)).save(folder / "outside.png")
    make_phantom(patients=3, masses=3, seed=1, release=folder / "inbreast")
    releases.cbis_ddsm(folder / "cbis-ddsm", masses=5)
    releases.mini_mias(folder / "mini-mias", masses=4)
    releases.vindr_mammo(folder / "vindr-mammo", masses=4)
    releases.picture_folder(folder / "table", n_images=4)
    releases.picture_folder(folder / "outlines", n_images=4, outlines=True)
    releases.cbis_ddsm(folder / "jpegs", masses=5)
    releases.as_jpegs(folder / "jpegs")
    return folder


OPENED: list[str] | None = None


def _note(event: str, arguments: tuple) -> None:
    if event == "open" and OPENED is not None and isinstance(arguments[0], str | bytes | Path):
        OPENED.append(str(arguments[0]))


sys.addaudithook(_note)


@contextmanager
def nothing_opened_outside(root: Path):
    """Fail when a file beside `root`, or one that the damaged tables name, is opened."""
    global OPENED
    OPENED = []
    try:
        yield
        outside = [
            path
            for path in OPENED
            if path == "/etc/hostname"
            or (Path(path).is_relative_to(root.parent) and not Path(path).is_relative_to(root))
        ]
        assert not outside and not any(".." in Path(path).parts for path in OPENED)
    finally:
        OPENED = None


def check(read, root: Path) -> None:
    """Read, and check that the outcome is a right table or lines that name a file each."""
    names = {path.name for path in root.rglob("*")} | {root.name}
    try:
        with nothing_opened_outside(root):
            masses, records, problems = scrutinised(read(root), root, 1, decode_all=False)
    except BadInput as problem:
        problems = [str(problem)]
    else:
        assert len(masses) == records["used"].sum()
        assert (records["used"] == (records["reason"] == "")).all()
        assert masses["mass_id"].is_unique and set(masses["label"]) <= {0, 1}
        assert (masses[["mass_id", "image", "patient_id"]] != "").all(axis=None)
        for mass in masses.itertuples():
            width, height = images.size(root / mass.image)
            assert mass.width > 0 and mass.height > 0 and mass.x > -0.6 and mass.y > -0.6
            assert mass.x + mass.width < width + 0.6 and mass.y + mass.height < height + 0.6
    for line in problems:
        assert "\n" not in line and any(name in line for name in names), line


@pytest.mark.parametrize("examples", HOW_MANY)
@pytest.mark.parametrize("pattern", FORMATS)
def test_a_damaged_table_or_outline(roots, pattern, examples):
    folder, _, name = pattern.partition("/")
    root = roots / folder
    (path, *_) = sorted(root.rglob(name))
    whole = path.read_bytes()

    @settings(max_examples=examples, deadline=SLOWEST)
    @given(edits)
    def damage(places):
        path.write_bytes(damaged(whole, places))
        check(READERS[FORMATS[pattern]], root)

    try:
        check(READERS[FORMATS[pattern]], root)
        damage()
    finally:
        path.write_bytes(whole)


WRITERS = {
    "plain": partial(releases.save_dicom, bits=12),
    "rescaled": partial(
        releases.save_dicom, bits=12, RescaleSlope=-1, PresentationLUTShape="INVERSE"
    ),
    "rle": partial(releases.save_dicom, syntax=RLELossless),
    "jpeg 2000": partial(releases.save_dicom, syntax=JPEG2000Lossless),
    "png": lambda path, stored: Image.fromarray(stored).save(path, "png"),
    "tiff": lambda path, stored: Image.fromarray(stored).save(path, "tiff"),
    "pgm": lambda path, stored: Image.fromarray(stored.astype(np.uint8)).save(path, "ppm"),
}


@pytest.mark.parametrize("examples", HOW_MANY)
@pytest.mark.parametrize("kind", WRITERS)
def test_a_damaged_image(tmp_path, kind, examples):
    """Its header, and where its pixels begin; the last thousands of bytes are all pixels."""
    path = tmp_path / "image"
    stored = np.random.default_rng(0).integers(0, 4096, (70, 64)).astype(np.uint16)
    WRITERS[kind](path, stored)
    whole = path.read_bytes()
    header = 200 if kind in ("png", "tiff", "pgm") else 800

    @settings(max_examples=examples, deadline=SLOWEST)
    @given(edits)
    def damage(places):
        path.write_bytes(damaged(whole[:header], places) + whole[header:])
        for function in (images.size, images.glance, images.read):
            try:
                found = function(path)
            except BadInput as problem:
                assert str(path) in str(problem) and "\n" not in str(problem)
                continue
            if function is images.read:
                grey = found.grey(found.pixels)
                assert grey.shape == found.pixels.shape and found.pixels.ndim == 2
                assert grey.size <= images.MAXIMUM_PIXELS
                assert grey.dtype == np.float32 and grey.min() >= 0 and grey.max() <= 1

    damage()


BOMB = """<?xml version="1.0"?>
<!DOCTYPE plist [<!ENTITY a0 "laugh">{}]>
<plist version="1.0"><dict><key>Images</key><array><string>&a9;</string></array></dict></plist>"""


def test_an_entity_bomb_is_refused(roots):
    root = roots / "inbreast"
    (path, *_) = sorted(root.rglob("allxml/*.xml"))
    whole = path.read_bytes()
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    try:
        path.write_text(BOMB.format(entities))
        (problem,) = READERS["inbreast"](root).problems
    finally:
        path.write_bytes(whole)
    assert path.name in problem and "entity declarations are not supported" in problem
