"""A study's root: anyone can work it out, and nothing that it stands for can change without it."""

import hashlib
import json
import shutil
import subprocess
import sys

import pytest

from coin.common.errors import BadInput
from coin.provenance.root import line_of, recorded_sums, root_of
from coin.provenance.study_records import read_study

PROVENANCE = "results/toy/provenance"
TABLE2 = "results/toy/tables/table2.csv"


def edit_record(folder, job, **changes):
    path = folder / PROVENANCE / f"{job}.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(record | changes), encoding="utf-8")


def recorded_root(folder):
    return root_of(recorded_sums(read_study(folder / "results/toy")))


def test_sha256sum_alone_works_it_out_and_checks_what_it_stands_for(toy):
    root = (toy / PROVENANCE / "ROOT").read_text(encoding="utf-8").strip()
    said = subprocess.check_output(["sha256sum", f"{PROVENANCE}/SHA256SUMS"], cwd=toy, text=True)
    assert said.split()[0] == root
    check = ["sha256sum", "--check", "--quiet", f"{PROVENANCE}/SHA256SUMS"]
    assert subprocess.run(check, cwd=toy).returncode == 0
    (toy / TABLE2).write_text("", encoding="utf-8")
    failed = subprocess.run(check, cwd=toy, capture_output=True, text=True)
    assert failed.returncode == 1 and failed.stdout == f"{TABLE2}: FAILED\n"


def test_every_result_and_job_is_in_it(finished_toy):
    sums = (finished_toy / PROVENANCE / "SHA256SUMS").read_text(encoding="utf-8")
    listed = {line.split("  ")[1] for line in sums.splitlines()}
    parts = ("[!.]*.csv", "*.npy", "*.yaml", "data_report.md", "raw.sha256", "raw/**/[!.]*")
    parts += ("tables/*", "figures/*", "fold*/**/*.*", "runs/**/*.*", "leaky/**/*.*")
    made = {
        file.relative_to(finished_toy).as_posix()
        for part in parts
        for file in (finished_toy / "results/toy").glob(part)
        if file.is_file()
    }
    assert listed == made | {f"{PROVENANCE}/JOBS"}
    jobs = (finished_toy / PROVENANCE / "JOBS").read_text(encoding="utf-8").splitlines()
    assert (
        len(jobs) == len(list((finished_toy / PROVENANCE).glob("*.json"))) - 4
    )  # its own; what cites it


def test_another_time_machine_or_number_of_cores_leaves_it_as_it_is(toy):
    root = recorded_root(toy)
    record = json.loads((toy / PROVENANCE / "read_masses.json").read_text(encoding="utf-8"))
    edit_record(
        toy,
        "read_masses",
        options=record["options"] | {"threads": 64},
        determinism=record["determinism"] | {"cores": 64, "threads": 64},
        code=record["code"][::-1],
        started="2001-01-01T00:00:00.000+00:00",
        ended="2001-01-01T00:00:01.000+00:00",
        host="elsewhere",
        cpu="another",
        peak_memory_bytes=1,
    )
    assert recorded_root(toy) == root


@pytest.mark.parametrize("change", [{"seeds": {"seed": 9}}, {"python": "3.12.0"}, {"code": []}])
def test_another_seed_version_or_module_is_another_root(toy, change):
    root = recorded_root(toy)
    if "code" in change:
        change = {"code": [{"path": "scripts/make_table2.py", "sha256": "a" * 64}]}
    edit_record(toy, "make_table2", **change)
    assert recorded_root(toy) != root


def test_a_forged_result_with_a_forged_record_has_another_root(toy):
    table = toy / TABLE2
    made = table.read_bytes()
    table.write_bytes(made.replace(b"0.", b"0.9", 1))
    own, forged = (hashlib.sha256(content).hexdigest() for content in (made, table.read_bytes()))
    for record in (toy / PROVENANCE).glob("*.json"):
        text = record.read_text(encoding="utf-8")
        record.write_text(text.replace(own, forged), encoding="utf-8")
    command = [sys.executable, "-B", "scripts/audit.py", "results/toy"]
    audit = subprocess.run(command, cwd=toy, capture_output=True, text=True)
    wrong = f"error: {PROVENANCE}/ROOT: not the root of these records; run the study again"
    assert audit.stdout.splitlines()[0] == wrong


def test_a_study_whose_records_do_not_fit_together_has_none(toy):
    (toy / PROVENANCE / "evaluate,run=none.json").unlink()
    with pytest.raises(BadInput, match=r"none/metrics\.csv: no record says"):
        recorded_sums(read_study(toy / "results/toy"))


def test_names_are_escaped_as_sha256sum_does(tmp_path):
    if not shutil.which("sha256sum"):
        pytest.skip("no sha256sum here")
    for name in ("plain name.csv", "back\\slash", "new\nline"):
        (tmp_path / name).write_text(name, encoding="utf-8")
        said = subprocess.check_output(["sha256sum", name], cwd=tmp_path, text=True)
        assert line_of(name, hashlib.sha256(name.encode()).hexdigest()) == said
