"""A job of several parts: each has its own options and record; none that is done is done again."""

import json
import shlex
import shutil
import signal
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from study import REPOSITORY

from coin.workflow.command_line import commands_of, files_of_parts, options

PROGRAM = '''
import os, signal
from pathlib import Path
from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.workflow.program import Output, run

def work(*, table: Path, number: int, factor: float, copy: Output, other: Output) -> None:
    """Do the work."""
    with open("done.txt", "a") as done:
        done.write(f"{number} ")
    if number == int(os.environ.get("KILLED_AT", -1)):
        os.kill(os.getpid(), signal.SIGKILL)
    if number == int(os.environ.get("FAILS_AT", -1)):
        raise BadInput("number: found an unlucky one")
    for path in (copy, other):
        with written_whole(path) as partial:
            partial.write_text(f"{table.read_text()} {number * factor} {path.suffix}")

if __name__ == "__main__":
    run(work)
'''
OUTPUTS = [f"out/{number}.{end}" for number in (1, 2, 3) for end in ("a", "b")]
RECORDS = [f"provenance/work,number={number}.json" for number in (1, 2, 3)]


@pytest.fixture
def project(tmp_path):
    """A project of one program, and a table to work on."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "scripts" / "coin", tmp_path / "scripts" / "coin", ignore=ignore)
    (tmp_path / "scripts" / "work.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "table.csv").write_text("1,2", encoding="utf-8")
    return tmp_path


def work(project, factor="2", **environment):
    """Run the program's three parts, as Snakemake would; return its status and the parts begun."""
    parts = [
        f"--then --number {number} --copy out/{number}.a --other out/{number}.b --record {record}"
        for number, record in enumerate(RECORDS, start=1)
    ]
    command = f"-B scripts/work.py --table table.csv --factor {factor} {' '.join(parts)}"
    (project / "done.txt").unlink(missing_ok=True)
    finished = subprocess.run(
        [sys.executable, *shlex.split(command)],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in finished.stderr, finished.stderr
    if finished.returncode:  # what Snakemake does to a job that did not end well
        for name in (*OUTPUTS, *RECORDS):
            (project / name).unlink(missing_ok=True)
    done = project / "done.txt"
    return finished.returncode, done.read_text().split() if done.is_file() else []


def made(project):
    return {name: (project / name).read_bytes() for name in OUTPUTS}


def test_each_part_has_its_outputs_and_a_record_whose_command_does_it_alone(project):
    assert work(project) == (0, ["1", "2", "3"])
    whole = made(project)
    assert whole["out/3.b"] == b"1,2 6.0 .b"
    record = json.loads((project / RECORDS[1]).read_text(encoding="utf-8"))
    assert record["wildcards"] == {"number": "2"} and record["options"]["number"] == 2
    assert [file["path"] for file in record["outputs"]] == ["out/2.a", "out/2.b"]
    assert "--then" not in record["command"] and "out/3.a" not in record["command"]
    (project / "out/2.a").unlink()
    subprocess.run(shlex.split(record["command"]), cwd=project, check=True)
    assert made(project) == whole
    assert not list((project / "provenance").glob(".*")), "something was left behind"


@pytest.mark.parametrize("end", ["KILLED_AT", "FAILS_AT"])
def test_a_part_that_was_finished_is_not_done_again(project, tmp_path_factory, end):
    untouched = shutil.copytree(project, tmp_path_factory.mktemp("untouched") / "project")
    work(untouched)
    status, begun = work(project, **{end: "3"})
    assert status in (-signal.SIGKILL, 1) and begun == ["1", "2", "3"]
    assert not any((project / name).exists() for name in OUTPUTS)
    assert work(project) == (0, ["3"])
    assert made(project) == made(untouched)
    assert all((project / name).is_file() for name in RECORDS)
    assert not list((project / "provenance").glob(".*"))


@pytest.mark.parametrize("change", ["input", "module", "option", "kept"])
def test_a_part_is_done_again_if_anything_behind_it_changed(project, change):
    work(project, KILLED_AT="3")
    factor = "2"
    if change == "input":
        (project / "table.csv").write_text("3,4", encoding="utf-8")
    elif change == "module":
        path = project / "scripts/coin/common/files.py"
        path.write_text(path.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    elif change == "option":
        factor = "3"
    else:
        (project / "provenance/.work,number=1/0").write_text("forged", encoding="utf-8")
    status, begun = work(project, factor)
    assert status == 0
    assert begun == (["1", "3"] if change == "kept" else ["1", "2", "3"])
    assert b"forged" not in b"".join(made(project).values())


def test_a_wrong_option_of_a_late_part_stops_before_any_work(project):
    status, begun = work(project, factor="many")
    assert status != 0 and begun == []


class Named:
    """A job's inputs or outputs, as Snakemake gives them."""

    def __init__(self, **files):
        self.files = files

    def items(self):
        """Return names and files."""
        return self.files.items()


def told(*parts, lists=("empty", "neighbours"), **files):
    rendered = files_of_parts(*parts, lists=lists)(None, Named(**files), Named())
    return commands_of(shlex.split(rendered))


def test_files_are_dealt_out_to_parts_in_order():
    commands = told(
        {"fold": 0},
        {"fold": 1},
        masses="m.csv",
        none=[],
        empty=[],
        neighbours=["a0", "b0", "a1", "b1"],
        graph=["g0", "g1"],
    )
    common = ["--masses", "m.csv", "--empty", "[]"]
    assert commands == [
        [*common, "--fold", "0", "--neighbours", '["a0", "b0"]', "--graph", "g0"],
        [*common, "--fold", "1", "--neighbours", '["a1", "b1"]', "--graph", "g1"],
    ]


def test_a_list_of_one_file_stays_a_list_where_one_is_asked_for():
    assert told({}, lists=["some"], some=["a"], one=["b"]) == [["--some", '["a"]', "--one", "b"]]


def test_a_command_without_parts_is_itself():
    assert commands_of(["--a", "1", "--b", "2"]) == [["--a", "1", "--b", "2"]]


@given(st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), st.text(min_size=1), max_size=5))
def test_options_come_back_from_a_shell_as_they_were(values):
    """Quotes, blanks and line ends in a name of a file change nothing."""
    words = shlex.split(str(options(**{f"x_{name}": value for name, value in values.items()})))
    assert words == [word for name, value in values.items() for word in (f"--x_{name}", value)]
