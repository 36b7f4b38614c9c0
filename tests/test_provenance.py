"""The record of a job: what it holds, and that it is complete or absent."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from study import REPOSITORY

from coin.provenance import job_record as provenance
from coin.provenance.job_record import files_in, job_of, name_of

PROGRAM = '''
import time
from pathlib import Path
from coin.common.errors import BadInput
from coin.common.files import written_whole
from coin.workflow.program import Output, run

def work(*, table: Path, folder: Path, seed: int, rate: float, copies: list[Output],
         missing: Path | None = None) -> None:
    """Do the work."""
    from coin.data import roi  # a late import

    for copy in copies:
        with written_whole(copy) as partial:
            partial.write_bytes(table.read_bytes())
    if seed == 13:
        raise BadInput("seed: found 13, expected a luckier number")

if __name__ == "__main__":
    run(work)
'''
SCHEMA = json.loads((REPOSITORY / "schemas/record.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def project(tmp_path):
    """A project of one program, with its library and its pins; and files to work on."""
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "scripts" / "coin", tmp_path / "scripts" / "coin", ignore=ignore)
    shutil.copy2(REPOSITORY / "requirements.txt", tmp_path)
    (tmp_path / "scripts" / "work.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "raw" / "deep").mkdir(parents=True)
    for name in ("raw/a.txt", "raw/deep/b.txt", "raw/.hidden"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "table.csv").write_text("1,2\n", encoding="utf-8")
    return tmp_path


def work(project, seed=1, **environment):
    options = ["--table", "table.csv", "--folder", "raw", "--seed", str(seed), "--rate", "1e-3"]
    options += ["--copies", '["out/one.csv", "out/two.csv"]']
    options += ["--record", "provenance/work,fold=0,run=a=b.json"]
    return subprocess.run(
        [sys.executable, "-B", "scripts/work.py", *options],
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


def record_of(project):
    path = project / "provenance" / "work,fold=0,run=a=b.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_record_says_what_went_in_and_out(project):
    before = datetime.now().astimezone()
    finished = work(project, SLURM_JOB_ID="17")
    assert finished.returncode == 0, finished.stderr
    record = record_of(project)
    assert list(Draft202012Validator(SCHEMA).iter_errors(record)) == []
    assert (record["rule"], record["wildcards"]) == ("work", {"fold": "0", "run": "a=b"})
    paths = {kind: [file["path"] for file in record[kind]] for kind in ("inputs", "outputs")}
    assert paths["inputs"] == ["table.csv", "raw/a.txt", "raw/deep/b.txt"]
    assert paths["outputs"] == ["out/one.csv", "out/two.csv"]
    for file in (*record["inputs"], *record["outputs"]):
        content = (project / file["path"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(content).hexdigest()
        assert file["bytes"] == len(content)
    assert record["options"]["rate"] == 0.001
    assert record["seeds"] == {"seed": 1}
    assert "--seed 1" in record["command"]
    assert record["slurm_job_id"] == "17"
    started, ended = (datetime.fromisoformat(record[name]) for name in ("started", "ended"))
    assert 0 < (ended - started).total_seconds() < 60
    assert abs((started - before).total_seconds()) < 5
    assert 2**23 < record["peak_memory_bytes"] < 2**32


# What every program imports, through the wrapper.
MODULES = (
    *("common/conventions", "common/errors", "common/files", "common/lifetime"),
    *("provenance/hash_cache", "provenance/job_record", "workflow/program"),
    *("workflow/command_line", "workflow/finished_parts"),
)


def test_a_record_says_what_ran(project):
    work(project)
    record = record_of(project)
    code = {file["path"]: file["sha256"] for file in record["code"]}
    expected = {"scripts/work.py", "scripts/coin/data/roi.py"}
    expected |= {f"scripts/coin/{name}.py" for name in MODULES}
    assert code.keys() == expected
    for path, sha256 in code.items():
        assert sha256 == hashlib.sha256((project / path).read_bytes()).hexdigest()
    assert record["packages"]["numpy"] == np.__version__
    assert record["python"] == sys.version.split()[0]


def test_a_job_that_fails_leaves_no_record(project):
    work(project)
    assert (project / "provenance").exists()
    for path in (project / "provenance").iterdir():
        path.unlink()
    finished = work(project, seed=13)
    assert finished.returncode == 1
    assert finished.stderr == "error: seed: found 13, expected a luckier number\n"
    assert list((project / "provenance").iterdir()) == []


def test_revision_tells_the_commit_and_what_was_not_committed(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "REPOSITORY", tmp_path)
    assert provenance._revision() is None

    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        command = ["git", *identity, "-C", tmp_path, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    git("init", "--quiet")
    (tmp_path / "a.py").write_text("1\n", encoding="utf-8")
    git("add", "a.py")
    git("commit", "--quiet", "--message", "one")
    clean = provenance._revision()
    assert clean == {"commit": git("rev-parse", "HEAD").strip(), "clean": True, "diff_sha256": None}
    hashes = set()
    for text in ("2\n", "3\n"):
        (tmp_path / "a.py").write_text(text, encoding="utf-8")
        dirty = provenance._revision()
        assert (dirty["commit"], dirty["clean"]) == (clean["commit"], False)
        hashes.add(dirty["diff_sha256"])
    assert len(hashes) == 2


def test_names_of_records_say_rule_and_wildcards():
    assert job_of(Path("x/train,run=none,fold=0.json")) == ("train", {"run": "none", "fold": "0"})
    assert job_of(Path("make_table1.json")) == ("make_table1", {})
    with pytest.raises(ValueError, match="dictionary update"):
        job_of(Path("train,none.json"))


def test_paths_are_relative_to_the_folder_they_lie_in(tmp_path):
    assert name_of(Path("a/../b.csv"), tmp_path) == "b.csv"
    assert name_of(tmp_path / "c" / "d.csv", tmp_path) == "c/d.csv"
    assert name_of(Path("../e.csv"), tmp_path) == str(tmp_path.parent / "e.csv")


def test_hidden_files_are_no_data(project):
    names = [path.name for path in files_in([project / "raw", project / "table.csv"])]
    assert names == ["a.txt", "b.txt", "table.csv"]


def test_what_lies_in_hidden_folders_is_no_data(project):
    """git and datalad keep their own files beside the data, and change them as they like."""
    (project / "raw/.git/objects").mkdir(parents=True)
    (project / "raw/.git/objects/pack").write_text("packed")
    (project / ".raw").mkdir()
    (project / ".raw/a.txt").write_text("a")
    found = [file.relative_to(project) for file in files_in([project / "raw", project / ".raw"])]
    assert list(map(str, found)) == ["raw/a.txt", "raw/deep/b.txt", ".raw/a.txt"]


def test_a_name_that_is_not_utf_8_stands_in_no_record(tmp_path):
    """Snakemake could not even lock it."""
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).touch()
    (tmp_path / "caf\u00e9.txt").touch()
    assert files_in([tmp_path]) == [tmp_path / "caf\u00e9.txt"]


def test_what_is_written_when_the_disk_is_full_is_one_line(project):
    """/dev/full refuses every byte, as a full disk does."""
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    text = PROGRAM.replace(
        "for copy in copies:", "Path('/dev/full').write_bytes(b'0' * 9)\n    for copy in copies:"
    )
    (project / "scripts" / "work.py").write_text(text, encoding="utf-8")
    finished = work(project)
    assert finished.returncode == 1
    assert finished.stderr.startswith("error: ") and "the disk is full" in finished.stderr
    assert finished.stderr.count("\n") == 1
