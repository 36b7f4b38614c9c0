"""Every command on a page works as written, and every file, picture and setting it names is there.

Pages are the README, its neighbours and docs/. Commands are tried as far as they go without running
a study.
"""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from phantom_study import picture_folder, small_release
from study import REPOSITORY, copy_checkout, snakemake

TEXTS = {
    str(path.relative_to(REPOSITORY)): path.read_text(encoding="utf-8")
    for pattern in ("*.md", "docs/*.md", "results/README.md")
    for path in sorted(REPOSITORY.glob(pattern))
}
DOCS = [page for page in TEXTS if page.startswith("docs/")]
# The folders whose releases only their own tests generate.
RELEASES = ("studies/cbis-ddsm.yaml", "studies/mini-mias.yaml", "studies/vindr-mammo.yaml")
# What is named and lies elsewhere: a user's own, a study's or a release's.
ELSEWHERE = {"mine.yaml", "data_report.md", "Info.txt"}
FOLDERS = {path.name for path in REPOSITORY.iterdir() if path.is_dir()} - {"data", "results"}
LIBRARY = REPOSITORY / "scripts" / "coin"


def commands(*programs: str) -> list[tuple[str, str]]:
    """Return the command lines of some programs, each with the first page that shows it."""
    found: dict[str, str] = {}
    for page, text in TEXTS.items():
        for line in bash_lines(text):
            found.setdefault(line, page)
    return [(page, line) for line, page in found.items() if line.split()[0] in programs]


def bash_lines(text: str) -> list[str]:
    """Return the command lines of a page."""
    blocks = re.findall(r"```bash\n(.*?)```", text, flags=re.S)
    return [line for block in blocks for line in block.splitlines()]


def words(page: str) -> list[str]:
    """Return the words in `code` of a page's running text; none that stands for many."""
    text = re.sub(r"```.*?```", "", TEXTS[page], flags=re.S)
    spans = [span.split() for span in re.findall(r"`([^`]+)`", text)]
    found = {word.rstrip(":,") for span in spans for word in span}
    return sorted(word for word in found if not re.search(r"[<*]|\.\.\.", word))


def named_file(word: str) -> Path | None:
    """Return the file or folder that a word names, if it names one of this repository."""
    first, _, rest = word.partition("/")
    if rest and first in FOLDERS:
        return REPOSITORY / word
    if rest and word.endswith(".py") and (LIBRARY / first).is_dir():
        return LIBRARY / word
    if not rest and re.fullmatch(r"[\w.-]+\.(yaml|yml|txt|md|cff)", word) and word not in ELSEWHERE:
        return REPOSITORY / word
    return None


def links(page: str) -> list[str]:
    """Return the files that a page links to, pictures among them, by their path from the root."""
    targets = re.findall(r"\]\(([^)#\s]+)", TEXTS[page])
    paths = [
        (REPOSITORY / page).parent / target for target in targets if not re.match("https?:", target)
    ]
    return [str(path.resolve().relative_to(REPOSITORY)) for path in paths]


# A run makes .snakemake itself.
NAMED = [
    (page, word)
    for page in TEXTS
    for word in words(page)
    if named_file(word) and not word.startswith(".snakemake")
]
SCHEMA = yaml.safe_load((REPOSITORY / "schemas/config.schema.yaml").read_text(encoding="utf-8"))
SETTINGS = [
    (page, word)
    for page in ["README.md", *DOCS]
    for word in words(page)
    if re.fullmatch(r"[a-z0-9_]+\.[a-z0-9_-]+", word) and word.split(".")[0] in SCHEMA["properties"]
]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with data, and another checkout, where the commands look for them."""
    folder = copy_checkout(tmp_path_factory.mktemp("docs"))
    copy_checkout(folder / "path/to/coin")
    picture_folder(folder / "path/to/folder", n_images=8)
    picture_folder(folder / "data/own", n_images=8)
    (folder / "mine.yaml").write_text("roi: {size: 64}\n", encoding="utf-8")
    release = small_release(folder / "data")
    (release / "INbreast Release 1.0").rename(folder / "data" / "INbreast Release 1.0")
    return folder


def test_the_pages_have_commands_of_every_kind_and_name_files_and_settings():
    tested = commands("make", "snakemake", "python", "pip", ".")
    lines = {line for text in TEXTS.values() for line in bash_lines(text)}
    assert {line for _, line in tested} == lines and len(lines) > 10
    assert {line.split()[0] for line in lines} == {"make", "snakemake", "python", "pip", "."}
    assert len(NAMED) > 50 and len(SETTINGS) > 15


@pytest.mark.parametrize(
    ("page", "line"),
    [(page, line) for page, line in commands("snakemake") if "--report" not in line],
)
def test_snakemake_commands_plan_a_whole_study(checkout, conda, page, line):
    arguments = shlex.split(line)[1:]
    for study in RELEASES:
        if study in line:
            text = (checkout / study).read_text(encoding="utf-8")
            (checkout / re.search(r"root: (.+)", text).group(1)).mkdir(parents=True, exist_ok=True)
    finished = snakemake(checkout, "--dry-run", *arguments, configfiles=())
    assert finished.returncode == 0, finished.stdout
    assert "make_table2" in finished.stdout and "plot_fig6" in finished.stdout


@pytest.mark.parametrize(
    ("page", "line"), [(page, line) for page, line in commands("snakemake") if "--report" in line]
)
def test_a_finished_study_has_a_report(toy, page, line):
    finished = snakemake(toy, *shlex.split(line)[1:])
    assert finished.returncode == 0, finished.stdout
    assert (toy / line.split()[-1]).stat().st_size > 0


@pytest.mark.parametrize(("page", "line"), commands("pip"))
def test_pip_finds_what_it_is_told_to_read(page, line):
    """`--dry-run --no-deps` would still ask the index; that each file is there needs no network."""
    files = re.findall(r"-[rc] (\S+)", line)
    assert len(files) == 2
    for name in files:
        assert (REPOSITORY / name).is_file(), name


@pytest.mark.parametrize(
    ("page", "line"),
    [
        *commands("make"),
        *((page, line) for page in TEXTS for line in re.findall(r"`(make [\w-]+)`", TEXTS[page])),
    ],
)
def test_make_targets_exist(page, line):
    finished = subprocess.run(
        [*shlex.split(line), "--dry-run"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(("page", "line"), commands("python"))
def test_programs_take_the_options_shown(page, line):
    _, program, *arguments = shlex.split(line)
    options = [argument for argument in arguments if argument.startswith("--")]
    finished = subprocess.run(
        [sys.executable, REPOSITORY / program, "--help"], capture_output=True, text=True
    )
    assert finished.returncode == 0
    for option in options:
        assert f"{option} " in finished.stdout


@pytest.mark.parametrize(("page", "word"), NAMED)
def test_a_file_that_a_page_names_is_there(page, word):
    assert named_file(word).exists()


@pytest.mark.parametrize(("page", "word"), SETTINGS)
def test_a_setting_that_a_page_names_is_in_the_schema(page, word):
    section, key = word.split(".")
    assert key in SCHEMA["properties"][section]["properties"]


@pytest.mark.parametrize("page", TEXTS)
def test_what_a_page_links_to_or_shows_is_there(page):
    for name in links(page):
        assert (REPOSITORY / name).is_file(), name


def test_every_page_is_linked_from_another():
    linked = {name for page in TEXTS for name in links(page) if name != page}
    assert not set(DOCS) - linked


def test_the_readme_is_a_front_door():
    assert len(TEXTS["README.md"].splitlines()) <= 120
