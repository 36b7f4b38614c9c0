"""A study's crate: a valid one, true to the files it names, and without the raw data."""

import json
import shlex
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pytest
import ro_crate
from study import REPOSITORY, digests, snakemake

from coin.common.errors import BadInput
from coin.provenance.lineage import jobs_behind, order_of_rules
from coin.provenance.study_records import Study

RESULTS = "results/toy"
METADATA = "ro-crate-metadata.json"
# What the crate does not describe: itself, and the page that shows it.
ABOUT_IT = {METADATA, "SHA256SUMS", "ro-crate-preview.html"}
# The recommended checks that fail; docs/audit.md says why each.
NOT_MET = {
    "process-run-crate-0.5_3.2",
    "process-run-crate-0.5_5.1",
    "process-run-crate-0.5_7.1",  # only in a checkout without git, as that of the tests
    "workflow-ro-crate-1.0_8.1",
    "ro-crate-1.1_22.3",
    "ro-crate-1.1_31.2",
}


@pytest.fixture(scope="module")
def packed(finished_toy, tmp_path_factory) -> Path:
    """The finished toy study with its crate. Tests must not change it."""
    folder = shutil.copytree(finished_toy, tmp_path_factory.mktemp("crate") / "study")
    for name in ("README.md", "LICENSE"):
        shutil.copy2(REPOSITORY / name, folder)
    finished = snakemake(folder, "crate")
    assert finished.returncode == 0, finished.stdout
    return folder


@pytest.fixture(scope="module")
def entities(packed) -> dict[str, dict]:
    """What the crate's metadata name, by @id."""
    text = (packed / RESULTS / "crate" / METADATA).read_text(encoding="utf-8")
    return {entity["@id"]: entity for entity in json.loads(text)["@graph"]}


def of_type(entities: dict, name: str) -> list[dict]:
    return [entity for entity in entities.values() if entity["@type"] == name]


def ids(value: dict | list) -> set[str]:
    return {part["@id"] for part in (value if isinstance(value, list) else [value])}


def make_again(folder: Path) -> subprocess.CompletedProcess:
    """Run the program as its own record says that it ran."""
    record = json.loads((folder / RESULTS / "provenance/crate.json").read_text(encoding="utf-8"))
    (folder / RESULTS / "provenance/crate.json").unlink()  # as Snakemake does before a job
    command = [sys.executable, *shlex.split(record["command"])[1:]]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_the_crate_conforms_to_the_profile_and_to_what_it_recommends_but_for_a_few(
    packed, tmp_path
):
    crate = packed / RESULTS / "crate"
    assert ro_crate.issues(crate, tmp_path) == []
    found = ro_crate.issues(crate, tmp_path / "recommended", "RECOMMENDED")
    assert {issue.split()[0] for issue in found} == NOT_MET


def test_sha256sum_alone_checks_all_that_is_in_it_and_its_root(packed):
    crate = packed / RESULTS / "crate"
    check = ["sha256sum", "--check", "--quiet", "--strict"]
    assert subprocess.run([*check, "SHA256SUMS"], cwd=crate).returncode == 0
    listed = (crate / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    assert {line.split("  ", 1)[1] for line in listed} == set(digests(crate, "**/[!.]*")) - {
        "SHA256SUMS"
    }
    provenance = crate / RESULTS / "provenance"
    sums = f"{RESULTS}/provenance/SHA256SUMS"
    assert subprocess.run([*check, "--ignore-missing", sums], cwd=crate).returncode == 0
    root = sha256((crate / sums).read_bytes()).hexdigest()
    assert (provenance / "ROOT").read_text(encoding="utf-8") == f"{root}\n"


def test_the_validation_would_find_what_is_missing(packed, tmp_path):
    crate = shutil.copytree(packed / RESULTS / "crate", tmp_path / "crate")
    metadata = json.loads((crate / METADATA).read_text(encoding="utf-8"))
    for entity in metadata["@graph"]:
        if entity["@id"] == "./":
            del entity["license"]
        if entity["@type"] in ("HowToStep", "OrganizeAction"):
            entity.pop("workExample", entity.pop("instrument", None))
    (crate / METADATA).write_text(json.dumps(metadata), encoding="utf-8")
    (crate / RESULTS / "tables/table1.csv").unlink()
    found = "\n".join(ro_crate.issues(crate, tmp_path / "cache"))
    for wrong in ("license", "HowToStep must refer", "OrganizeAction must", "table1.csv"):
        assert wrong in found


def test_every_file_that_it_names_has_the_hash_that_it_says(packed, entities):
    named = [entity for entity in entities.values() if "File" in entity["@type"]]
    inside = {unquote(entity["@id"]) for entity in named if not entity["@id"].startswith("#")}
    for entity in named:
        root = packed / RESULTS / "crate" if entity["name"] in inside else packed
        content = (root / entity["name"]).read_bytes()
        assert sha256(content).hexdigest() == entity["sha256"], entity["name"]
        assert len(content) == int(entity["contentSize"])
    assert inside == set(digests(packed / RESULTS / "crate", "**/[!.]*")) - ABOUT_IT
    assert {entity["name"] for entity in named} >= set(digests(packed, f"{RESULTS}/tables/*"))


def test_no_raw_image_and_no_array_is_in_it(packed, entities):
    raw = digests(packed, f"{RESULTS}/raw/**/[!.]*")
    inside = digests(packed / RESULTS / "crate", "**/*")
    assert any(name.endswith(".dcm") for name in raw)
    assert not set(raw.values()) & set(inside.values())
    assert not [name for name in inside if name.endswith((".dcm", ".npy", ".npz", ".safetensors"))]
    by_hash = {entity["sha256"] for entity in of_type(entities, "File")}
    assert set(raw.values()) <= by_hash


def test_every_job_is_an_action_with_all_that_its_record_says(packed, entities):
    records = [
        path
        for path in (packed / RESULTS / "provenance").glob("*.json")
        if path.name != "crate.json"
    ]
    actions = {action["name"]: action for action in of_type(entities, "CreateAction")}
    assert len(actions) == len(records) + 1  # and the run as a whole
    for path in records:
        record = json.loads(path.read_text(encoding="utf-8"))
        wildcards = ", ".join(f"{name}={value}" for name, value in record["wildcards"].items())
        action = actions[f"{record['rule']} {wildcards}".strip()]
        assert (action["startTime"], action["endTime"]) == (record["started"], record["ended"])
        assert action["description"] == record["command"]
        assert action["instrument"]["@id"] in record["command"]
        for files, direction in (("inputs", "object"), ("outputs", "result")):
            told = [entities[identifier] for identifier in ids(action.get(direction, []))]
            told += [entities[part] for folder in told for part in ids(folder.get("hasPart", []))]
            known = {(file["name"], file.get("sha256")) for file in told}
            assert {(file["path"], file["sha256"]) for file in record[files]} <= known
        values = {
            entities[identifier]["name"]: entities[identifier]["value"]
            for identifier in ids(action["object"])
            if entities[identifier]["@type"] == "PropertyValue"
        }
        for name in record["seeds"]:
            assert values[name] == record["options"][name]


def test_every_step_comes_after_the_steps_that_it_needs(entities):
    position = {step["name"]: int(step["position"]) for step in of_type(entities, "HowToStep")}
    made_by = {
        identifier: action["name"].split()[0]
        for action in of_type(entities, "CreateAction")
        if action["@id"] != "#run"
        for identifier in ids(action["result"])
    }
    needs = {
        (action["name"].split()[0], made_by[identifier])
        for action in of_type(entities, "CreateAction")
        for identifier in ids(action["object"])
        if identifier in made_by and action["@id"] != "#run"
    }
    assert ("make_table1", "evaluate") in needs
    assert all(position[before] < position[after] for after, before in needs)


def test_the_audit_has_nothing_against_a_crate(packed):
    command = [sys.executable, "scripts/audit.py", RESULTS]
    audit = subprocess.run(command, cwd=packed, capture_output=True, text=True)
    assert " 0 errors" in audit.stdout, audit.stdout


def test_it_says_who_made_the_workflow_and_under_which_licence(packed, entities):
    root = entities["./"]
    assert entities[root["author"]["@id"]]["name"] == "the COIN workflow's authors"
    assert entities[root["license"]["@id"]]["name"] == "MIT"
    page = (packed / RESULTS / "crate/ro-crate-preview.html").read_text(encoding="utf-8")
    assert root["name"] in page and "results/toy/tables/table1.csv" in page


def test_it_says_that_its_data_are_synthetic(entities):
    for field in ("name", "description"):
        assert "synthetic phantom" in entities["./"][field]


def test_made_again_it_has_the_same_bytes(packed, tmp_path):
    """No date but the records' is in it, and no order but theirs."""
    folder = shutil.copytree(packed, tmp_path / "study")
    shutil.rmtree(folder / RESULTS / "crate")
    made = make_again(folder)
    assert made.returncode == 0, made.stderr
    pattern = f"{RESULTS}/crate/**/[!.]*"
    assert digests(folder, pattern) == digests(packed, pattern)


def test_the_workflow_has_the_revision_that_ran(packed, entities, tmp_path):
    assert "version" not in entities["Snakefile"], "the tests' checkout is no git repository"
    folder = shutil.copytree(packed, tmp_path / "study")
    path = folder / RESULTS / "provenance/make_table1.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["revision"] = {"commit": "a" * 40, "clean": False, "diff_sha256": "b" * 64}
    path.write_text(json.dumps(record), encoding="utf-8")
    made = make_again(folder)
    assert made.returncode == 0, made.stderr
    text = (folder / RESULTS / "crate" / METADATA).read_text(encoding="utf-8")
    assert f'"version": "{"a" * 40} with changes"' in text


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def edit(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8") + "\n# an edit\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "file", "message"),
    [
        (cut, "provenance/train,run=none,fold=0,seed=0.json", "seed=0.json: no valid record"),
        (Path.unlink, "provenance/evaluate,run=none.json", "none/metrics.csv: no record says"),
        (edit, "tables/table1.csv", "table1.csv: changed since make_table1 made it"),
        (edit, "../../scripts/coin/evaluation/tables.py", "tables.py: changed since"),
    ],
)
def test_what_the_records_do_not_bear_out_is_one_line(packed, tmp_path, damage, file, message):
    """And the crate that was there stays as it was: it is written whole or not at all."""
    folder = shutil.copytree(packed, tmp_path / "study")
    damage(folder / RESULTS / file)
    made = make_again(folder)
    assert made.returncode == 1
    assert len(made.stderr.splitlines()) == 1, made.stderr
    assert made.stderr.startswith("error: ") and message in made.stderr
    pattern = f"{RESULTS}/crate/**/*"
    assert digests(folder, pattern) == digests(packed, pattern)


def small_study(**jobs: tuple[list[str], list[str]]) -> Study:
    """A study whose jobs, by name, read and write files as given; a file's hash is its name."""
    described = {
        name: {
            "rule": name,
            "started": f"{start}",
            "inputs": [{"path": path, "sha256": path} for path in read],
            "outputs": [{"path": path, "sha256": path} for path in written],
        }
        for start, (name, (read, written)) in enumerate(jobs.items())
    }
    return Study(Path(), PurePosixPath("results/x"), described, [])


def test_only_the_jobs_behind_the_results_count():
    """Records of runs that the config no longer asks for may lie there too."""
    study = small_study(
        crop=(["data/a.png"], ["results/x/rois"]),
        old=(["results/x/rois"], ["results/x/old"]),
        table=(["results/x/rois"], ["results/x/table"]),
    )
    jobs = jobs_behind(study, ["results/x/table"])
    assert [job["name"] for job in jobs] == ["crop", "table"]
    assert order_of_rules(jobs[::-1]) == ["crop", "table"]


@pytest.mark.parametrize("file", ["results/x/rois", "data/a.png"])
def test_a_file_that_was_not_the_same_for_all_jobs_is_an_error(file):
    """Neither a result nor raw data: the crate could give only one of its hashes."""
    study = small_study(
        crop=(["data/a.png"], ["results/x/rois"]),
        table=(["data/a.png", "results/x/rois"], ["results/x/table"]),
    )
    for read in study.records["table"]["inputs"]:
        if read["path"] == file:
            read["sha256"] = "another"
    with pytest.raises(BadInput, match=f"{file}: .* read other bytes than another job knows"):
        jobs_behind(study, ["results/x/table"])
