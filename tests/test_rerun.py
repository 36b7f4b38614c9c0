"""Jobs run again as their records say: the same bytes, or what differs, or why not run."""

import hashlib
import json
import re
import subprocess
import sys

import pytest
from study import REPOSITORY

from coin.common.errors import BadInput
from coin.provenance.rerun import drawn, run_again
from coin.provenance.study_records import read_study

RESULTS = "results/toy"
TABLE1 = f"{RESULTS}/tables/table1.csv"


def study_of(folder):
    return read_study(folder / RESULTS)


def edit_record(folder, job, change):
    path = folder / RESULTS / "provenance" / f"{job}.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def test_drawn_jobs_give_the_same_bytes_and_leave_the_study_alone(finished_toy):
    before = {file: file.stat().st_mtime_ns for file in (finished_toy / RESULTS).rglob("*")}
    command = [sys.executable, "-B", REPOSITORY / "scripts/audit.py", RESULTS, "--rerun"]
    finished = subprocess.run(
        [*command, "2", "rule=evaluate", "seed=7"], cwd=finished_toy, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    first, *jobs, last = finished.stdout.splitlines()
    assert first == "2 jobs, drawn by seed=7"
    assert [bool(re.match(r"evaluate,run=\w+: the same bytes", job)) for job in jobs] == [True] * 2
    assert last == f"{RESULTS}: 2 of 2 jobs gave the same bytes"
    assert {file: file.stat().st_mtime_ns for file in (finished_toy / RESULTS).rglob("*")} == before


def test_a_seed_draws_the_same_jobs_again(finished_toy):
    study = study_of(finished_toy)
    assert drawn(study, 5, None, 1) == drawn(study, 5, None, 1) != drawn(study, 5, None, 2)
    assert set(drawn(study, 99, "train", 1)) == {job for job in study.records if "train," in job}
    with pytest.raises(BadInput, match=r"no job of rule brain; there are .*, train, "):
        drawn(study, 1, "brain", 1)


def test_a_forged_output_is_caught_though_its_record_is_forged_too(toy):
    path = toy / TABLE1
    text = path.read_text(encoding="utf-8")
    cell = re.search(r"0\.\d+", text)[0]
    path.write_text(text.replace(cell, f"{float(cell) + 0.25}", 1), encoding="utf-8")

    def forge(record):
        for file in record["outputs"]:
            if file["path"] == TABLE1:
                file["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()

    assert run_again(study_of(toy), "make_table1").lines[0].startswith(f"{TABLE1}: changed since; ")
    edit_record(toy, "make_table1", forge)
    outcome = run_again(study_of(toy), "make_table1")
    (line,) = outcome.lines
    assert not outcome.is_same
    assert line.startswith(
        f"{TABLE1}: 1 cells differ; largest difference 0.25, in accuracy_mean of "
    )


def test_a_job_that_reads_the_records_finds_them(finished_toy):
    assert run_again(study_of(finished_toy), "make_root").is_same


def edited_module(record):
    record["code"][-1]["sha256"] = "a" * 64


def other_program(record):
    record["command"] = "python -c pass evil.py"


def output_elsewhere(record):
    record["command"] = record["command"].replace(f'["{TABLE1}"', '["/tmp/elsewhere.csv"')


def output_elsewhere_by_name_too(record):
    output_elsewhere(record)
    record["options"]["table"][0] = "/tmp/elsewhere.csv"


def abbreviated(record):
    record["command"] = record["command"].replace("--table ", "--tabl ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (edited_module, r"scripts/.* is not what was run"),
        (lambda record: record.update(python="3.1"), "Python 3.1 was used, here is 3"),
        (lambda record: record["packages"].update(numpy="1.0"), "numpy 1.0 was used, here is "),
        (lambda record: record["packages"].update(norpy="1.0"), "norpy 1.0 was used, here is none"),
        (other_program, "its command runs no program of its record: python -c pass evil.py"),
        (output_elsewhere, "its command writes what its record does not name"),
        (output_elsewhere_by_name_too, "its command writes what its record does not name"),
        (abbreviated, "its command has an option that its record has not: tabl"),
    ],
)
def test_what_is_not_as_it_was_or_may_do_harm_is_not_run(toy, change, said):
    edit_record(toy, "make_table1", change)
    outcome = run_again(study_of(toy), "make_table1")
    assert not outcome.is_same and len(outcome.lines) == 1
    assert re.match(f"not run: {said}", outcome.lines[0]), outcome.lines


def test_a_job_whose_input_changed_or_went_is_not_run(toy):
    metrics = f"{RESULTS}/runs/none/metrics.csv"
    (toy / metrics).write_text("", encoding="utf-8")
    assert run_again(study_of(toy), "make_table1").lines == [
        f"not run: its input {metrics} changed"
    ]
    (toy / metrics).unlink()
    assert run_again(study_of(toy), "make_table1").lines == [
        f"not run: its input {metrics} is gone"
    ]


@pytest.mark.parametrize("words", [["many"], ["0"], ["run=x"], ["seed=x"], ["3", "rule=brain"]])
def test_what_cannot_be_drawn_is_one_line(finished_toy, words):
    command = [sys.executable, "-B", REPOSITORY / "scripts/audit.py", RESULTS, "--rerun", *words]
    finished = subprocess.run(command, cwd=finished_toy, capture_output=True, text=True)
    assert finished.returncode == 1
    assert len(finished.stderr.splitlines()) == 1 and finished.stderr.startswith("error: ")
