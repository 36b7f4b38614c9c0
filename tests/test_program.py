"""The wrapper that all programs share: options from a signature, errors in one line."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"
PROGRAM = '''
from pathlib import Path
from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.workflow.program import run

def work(*, name: str, sizes: list[int], graph: Path | None, flips: bool, out: Path) -> None:
    """Do the work.

    Args:
        name: what it is called.
    """
    with written_whole(out) as partial:
        partial.write_text(f"{name} {sizes} {graph} {flips}")
        if name == "wrong":
            raise BadInput("name: found wrong, expected right; mend it")

if __name__ == "__main__":
    run(work)
'''


@pytest.fixture
def program(tmp_path):
    file = tmp_path / "work.py"
    file.write_text(PROGRAM, encoding="utf-8")

    def call(*arguments):
        return subprocess.run(
            [sys.executable, file, *arguments],
            cwd=tmp_path,
            env={"PYTHONPATH": str(SCRIPTS), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
        )

    return call


OPTIONS = ["--sizes", "[1, 2]", "--graph", "null", "--flips", "false", "--out", "out.txt"]


def test_options_are_the_functions_parameters(program, tmp_path):
    assert program("--name", "a 'b' {c}", *OPTIONS).returncode == 0
    assert (tmp_path / "out.txt").read_text() == "a 'b' {c} [1, 2] None False"


def test_a_users_mistake_is_one_line_and_leaves_nothing(program, tmp_path):
    finished = program("--name", "wrong", *OPTIONS)
    assert finished.returncode == 1
    assert finished.stderr == "error: name: found wrong, expected right; mend it\n"
    assert [file.name for file in tmp_path.iterdir()] == ["work.py"]


def test_what_was_made_before_survives_a_mistake(program, tmp_path):
    program("--name", "right", *OPTIONS)
    program("--name", "wrong", *OPTIONS)
    assert (tmp_path / "out.txt").read_text().startswith("right")


def test_an_unknown_option_is_named(program):
    finished = program("--nome", "a", *OPTIONS)
    assert finished.returncode != 0 and "--nome" in finished.stderr
    assert "Traceback" not in finished.stderr


@pytest.mark.parametrize("path", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_every_program_tells_its_options(path, monkeypatch, capsys):
    """Within this process: forty starts take a minute, and other tests start each program."""
    monkeypatch.setattr(sys, "argv", [str(path), "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(path), run_name="__main__")
    told = capsys.readouterr()
    assert ended.value.code == 0 and told.err == ""
    assert told.out.startswith(f"usage: {path.name}")


@pytest.mark.parametrize("name", ["check_data", "predict"])
def test_a_program_that_no_rule_runs_starts_by_itself(name):
    finished = subprocess.run(
        [sys.executable, "-B", SCRIPTS / f"{name}.py", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 0 and finished.stderr == ""
    assert finished.stdout.startswith(f"usage: {name}.py")
