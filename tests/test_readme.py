"""Every command in the README works as written, as far as that shows without running a study."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from phantom_study import picture_folder, small_release
from study import REPOSITORY, copy_checkout, snakemake

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```bash\n(.*?)```", README, flags=re.S)
    for line in block.splitlines()
]
STUDIES = [line for line in COMMANDS if line.startswith("snakemake")]
# The two folders whose releases only their own tests generate.
RELEASES = ("studies/cbis-ddsm.yaml", "studies/mini-mias.yaml")


def test_the_readme_has_commands_of_every_kind():
    kinds = {line.split()[0] for line in COMMANDS}
    assert kinds == {"make", "snakemake", "python", "pip", "."}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout with data where the README's commands look for them."""
    folder = copy_checkout(tmp_path_factory.mktemp("readme"))
    picture_folder(folder / "path/to/folder", n_images=8)
    picture_folder(folder / "data/own", n_images=8)
    (folder / "mine.yaml").write_text("roi: {size: 64}\n", encoding="utf-8")
    release = small_release(folder / "data")
    (release / "INbreast Release 1.0").rename(folder / "data" / "INbreast Release 1.0")
    return folder


@pytest.mark.parametrize("line", STUDIES)
def test_snakemake_commands_plan_a_whole_study(checkout, conda, line):
    arguments = shlex.split(line)[1:]
    for study in RELEASES:
        if study in line:
            text = (checkout / study).read_text(encoding="utf-8")
            (checkout / re.search(r"root: (.+)", text).group(1)).mkdir(parents=True, exist_ok=True)
    finished = snakemake(checkout, "--dry-run", *arguments, configfiles=())
    assert finished.returncode == 0, finished.stdout
    assert "make_table2" in finished.stdout and "plot_fig6" in finished.stdout


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("pip")])
def test_pip_finds_what_it_is_told_to_read(line):
    """`--dry-run --no-deps` would still ask the index; that each file is there needs no network."""
    files = re.findall(r"-[rc] (\S+)", line)
    assert len(files) == 2
    for name in files:
        assert (REPOSITORY / name).is_file(), name


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make")])
def test_make_targets_exist(line):
    finished = subprocess.run(
        [*shlex.split(line), "--dry-run"], cwd=REPOSITORY, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("python")])
def test_programs_take_the_options_shown(line):
    _, program, *arguments = shlex.split(line)
    options = [argument for argument in arguments if argument.startswith("--")]
    finished = subprocess.run(
        [sys.executable, REPOSITORY / program, "--help"], capture_output=True, text=True
    )
    assert finished.returncode == 0
    for option in options:
        assert f"{option} " in finished.stdout


def test_files_that_the_readme_names_are_there():
    named = re.findall(r"`((?:scripts|benchmarks|studies|schemas|profiles)/[\w./-]+\.\w+)`", README)
    assert len(named) > 10
    for name in named:
        assert Path(REPOSITORY, name).is_file(), name


def test_pictures_are_there():
    for name in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert Path(REPOSITORY, name).is_file(), name
