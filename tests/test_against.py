"""Two studies side by side: what makes their tables differ is named, rightly and alone."""

import hashlib
import json
import re
import shutil
import subprocess
import sys

import pytest
from study import REPOSITORY, snakemake

from coin.provenance.against import against
from coin.provenance.against_text import as_markdown
from coin.provenance.study_records import read_study

RESULTS = "results/toy"
LOSSES = "scripts/coin/diagnosis/losses.py"
OF_ARMS = ["claims", "comparisons", "fig5a", "fig5b", "leakage", "metrics", "readings"]
OF_ARMS += ["subgroups", "table1", "table2"]


def audit(folder, *arguments):
    """Run the audit as a person would; returns status and lines."""
    command = [sys.executable, "-B", REPOSITORY / "scripts/audit.py", RESULTS, *map(str, arguments)]
    finished = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert "Traceback" not in finished.stderr, finished.stderr
    return finished.returncode, (finished.stdout + finished.stderr).splitlines()


def compared(here, there):
    return against(read_study(here / RESULTS), read_study(there / RESULTS))


def edit_records(folder, jobs, change):
    for path in (folder / RESULTS / "provenance").glob(jobs):
        record = json.loads(path.read_text(encoding="utf-8"))
        change(record)
        path.write_text(json.dumps(record), encoding="utf-8")


def give_other_bytes(folder, jobs, rows=""):
    """Let the outputs of jobs, and of all that read them, be as another run's.

    Of tables the rows that begin as given really are.

    A run that differs in one respect, without its minutes: that this is what a run leaves behind is
    held by the tests that do run.
    """
    paths = {path.stem: path for path in (folder / RESULTS / "provenance").glob("*.json")}
    records = {job: json.loads(path.read_text(encoding="utf-8")) for job, path in paths.items()}
    waiting = {job for job in records if re.fullmatch(jobs, job)}
    assert waiting
    done: set[str] = set()
    while waiting:
        job = waiting.pop()
        if job in done or job == "make_root":
            continue
        done.add(job)
        for file in records[job]["outputs"]:
            other = hashlib.sha256(f"{file['sha256']} otherwise".encode()).hexdigest()
            if file["path"].endswith(".csv") and "/tables/" in file["path"]:
                table = folder / file["path"]
                lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
                text = "".join(
                    re.sub(r"0\.(\d)", r"0.4\1", line) if re.match(rows, line) else line
                    for line in lines
                )
                table.write_text(text, encoding="utf-8")
                other = hashlib.sha256(text.encode()).hexdigest()
            for reader, record in records.items():
                for read in record["inputs"]:
                    if read["path"] == file["path"]:
                        read["sha256"] = other
                        waiting.add(reader)
            file["sha256"] = other
    for job, path in paths.items():
        path.write_text(json.dumps(records[job]), encoding="utf-8")


def texts(found):
    return [cause["text"] for cause in found["causes"]]


def test_studies_of_the_same_bytes_differ_in_nothing(finished_toy, toy):
    edit_records(toy, "*.json", lambda record: record.update(host="b", cpu="another"))
    found = compared(finished_toy, toy)
    assert found["causes"] == [] and not any(table["cells"] for table in found["tables"])
    assert [line.partition(": ")[0] for line in found["besides"]] == ["processor cpu"]
    status, lines = audit(toy, "--against", finished_toy)
    assert status == 0 and re.search(r": 0 of \d+ cells differ$", lines[0])


def test_an_edited_module_is_named_with_its_diff(finished_toy, toy):
    """A real run of what the edit reruns: the tables' job and what reads them."""
    module = "scripts/make_table1.py"
    text = (toy / module).read_text(encoding="utf-8")
    edited = text.replace("    write_all(", "    rows['auc_mean'] += 0.125\n    write_all(")
    assert edited.count("0.125") == 1
    (toy / module).write_text(edited, encoding="utf-8")
    finished = snakemake(toy)
    assert finished.returncode == 0, finished.stdout
    found = compared(finished_toy, toy)
    (cause,) = found["causes"]
    assert (cause["text"], cause["jobs"]) == (f"module {module}: differs", ["make_table1"])
    assert cause["n_cells"] == 4 and cause["tables"] == ["table1"]
    assert "+    rows['auc_mean'] += 0.125\n" in cause["diff"]
    (table,) = (table for table in found["tables"] if table["cells"])
    assert [cell["column"] for cell in table["cells"]] == ["auc_mean"] * 4
    assert [round(cell["distance"], 9) for cell in table["cells"]] == [0.125] * 4


def test_a_module_that_is_at_hand_nowhere_has_no_diff(finished_toy, toy):
    def change(record):
        for file in record["code"]:
            if file["path"] == LOSSES:
                file["sha256"] = "a" * 64

    edit_records(toy, "train,*", change)
    give_other_bytes(toy, "train,.*")
    found = compared(finished_toy, toy)
    assert texts(found) == [f"module {LOSSES}: differs"]
    (cause,) = found["causes"]
    assert cause["diff"] is None and cause["tables"] == OF_ARMS
    assert len(cause["jobs"]) == 16


def test_a_parameter_is_called_what_the_config_calls_it(finished_toy, toy):
    def told(record):
        record["options"]["training"]["learning_rate"] = 0.5

    def set_to(record):
        record["options"]["settings"]["training"]["learning_rate"] = 0.5

    edit_records(toy, "train,*", told)
    edit_records(toy, "save_config.json", set_to)
    give_other_bytes(toy, "train,.*|save_config")
    assert texts(compared(finished_toy, toy)) == [
        "parameter training.learning_rate: 0.001 here, 0.5 there"
    ]


def test_a_parameter_of_one_arm_moves_its_rows_alone(finished_toy, toy):
    def told(record):
        record["options"]["loss"]["margin"] = 2

    edit_records(toy, "train,run=positive1_negative2_weight1,*", told)
    give_other_bytes(toy, "train,run=positive1_negative2_weight1.*", rows="COIN,m|coin|1,2|1.0")
    edit_records(toy, "train_cgan,*", lambda record: record["options"].update(epochs=9))
    give_other_bytes(toy, "train_cgan.*", rows="cgan")
    found = compared(finished_toy, toy)
    by_text = {cause["text"]: cause for cause in found["causes"]}
    assert by_text.keys() == {
        "parameter loss.margin: 0.5 here, 2 there",
        "parameter epochs: 2 here, 9 there",
    }
    epochs, margin = (by_text[text]["number"] for text in sorted(by_text))
    tables = {table["name"]: table["cells"] for table in found["tables"]}
    for name, row, cause in (("table2", "COIN", margin), ("table1", "cgan", epochs)):
        assert {cell["row"] for cell in tables[name]} == {row}
        assert all(cell["causes"] == [cause] for cell in tables[name])
    by_arm = {cell["row"].split(",")[0]: cell["causes"] for cell in tables["metrics"]}
    assert by_arm == {"coin": [margin], "cgan": [epochs]}


def test_a_seed_is_named_alone_though_it_is_part_of_files_names(finished_toy, toy):
    """As another `protocol.seeds` would leave them: other paths, other rows."""
    provenance = toy / RESULTS / "provenance"
    for path in provenance.glob("*.json"):
        text = path.read_text(encoding="utf-8").replace("_seed0", "_seed1")
        record = json.loads(text.replace('"seed": "0"', '"seed": "1"'))
        if record["options"].get("seed") == 0 and "fold" in record["options"]:
            record["options"]["seed"] = 1
        path.unlink()
        path.with_name(path.name.replace("seed=0", "seed=1")).write_text(json.dumps(record))
    edit_records(
        toy,
        "save_config.json",
        lambda record: record["options"]["settings"]["protocol"].update(seeds=[1]),
    )
    give_other_bytes(toy, "make_neighbours.*|train.*|save_config")
    found = compared(finished_toy, toy)
    assert texts(found) == ["seed protocol.seeds: [0] here, [1] there"]
    assert found["causes"][0]["tables"] == sorted([*OF_ARMS, "neighbours"])


def test_a_changed_raw_byte_is_named(finished_toy, toy):
    """The phantom's raw data are as if they had been found, not made."""
    here = shutil.copytree(toy, toy.parent / "here", symlinks=True)
    for folder in (here, toy):
        (folder / RESULTS / "provenance/make_phantom.json").unlink()

    def change(record):
        image = next(file for file in record["inputs"] if file["path"].endswith(".dcm"))
        image["sha256"] = "a" * 64

    edit_records(toy, "read_masses.json", change)
    edit_records(toy, "crop_rois.json", change)
    give_other_bytes(toy, "read_masses|crop_rois")
    (text,) = texts(compared(here, toy))
    assert re.fullmatch(
        r"raw data: results/toy/raw/.*\.dcm: other bytes, or only here or there", text
    )


def test_an_edit_by_hand_is_named_of_a_table_and_of_what_lies_before_it(finished_toy, toy):
    path = toy / RESULTS / "tables/table2.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("0.", "0.9", 1), encoding="utf-8")
    found = compared(finished_toy, toy)
    edited = f"edited by hand: {RESULTS}/tables/table2.csv, there: not what its job wrote"
    assert texts(found) == [edited] and found["causes"][0]["n_cells"] == 1

    def change(record):
        rois = next(file for file in record["inputs"] if file["path"].endswith("rois.npy"))
        rois["sha256"] = "a" * 64

    edit_records(toy, "make_neighbours,*", change)
    give_other_bytes(toy, "make_neighbours,.*")
    rois = f"edited by hand: {RESULTS}/rois.npy, there: not what its job wrote"
    assert texts(compared(finished_toy, toy)) == [rois]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda record: record["packages"].update(numpy="1.0"),
            "version numpy: {} here, 1.0 there",
        ),
        (lambda record: record.update(cpu="Another"), "processor cpu: {} here, Another there"),
        (
            lambda record: record["determinism"].update(threads=7),
            'threads threads: {{"threads": 1}} here, {{"threads": 7}} there',
        ),
        (lambda record: None, "no recorded cause: make_table2 wrote other bytes from the same"),
    ],
)
def test_what_a_job_ran_on_is_a_cause_where_all_else_is_alike(finished_toy, toy, change, said):
    record = json.loads((toy / RESULTS / "provenance/make_table2.json").read_text(encoding="utf-8"))
    was = record["packages"]["numpy"] if "numpy" in said else record["cpu"]
    edit_records(toy, "make_table2.json", change)
    give_other_bytes(toy, "make_table2")
    assert texts(compared(finished_toy, toy)) == [said.format(was)]


def test_a_version_is_no_cause_where_a_parameter_explains_it(finished_toy, toy):
    edit_records(toy, "*.json", lambda record: record["packages"].update(numpy="1.0"))
    edit_records(toy, "make_phantom.json", lambda record: record["options"].update(seed=9))
    give_other_bytes(toy, "make_phantom")
    found = compared(finished_toy, toy)
    assert texts(found) == ["seed seed: 3 here, 9 there"]
    assert [line.split(":")[0] for line in found["besides"]] == ["version numpy"]


def test_it_comes_as_text_as_json_and_as_markdown(finished_toy, toy):
    edit_records(toy, "make_table2.json", lambda record: record["options"].update(names=["a|b"]))
    give_other_bytes(toy, "make_table2")
    status, lines = audit(finished_toy, "--against", toy / RESULTS)
    assert status == 1
    assert re.search(r": \d+ of \d+ cells of 1 table differ, by 1 cause$", lines[0])
    assert lines[1].startswith(
        '1. parameter names: [] here, ["a|b"] there (make_table2: 1 job); moves'
    )
    found = json.loads("\n".join(audit(finished_toy, "--against", toy, "--json")[1]))
    cells = next(table["cells"] for table in found["tables"] if table["name"] == "table2")
    markdown = "\n".join(audit(finished_toy, "--against", toy, "--md")[1])
    assert markdown == as_markdown(found)
    assert len(re.findall(r"^\| .* \| 1 \|$", markdown, flags=re.M)) == len(cells) > 5


def other_data(folder):
    for path in (folder / RESULTS / "provenance").glob("*.json"):
        text = path.read_text(encoding="utf-8").replace("synthetic phantom", "INbreast")
        path.write_text(text, encoding="utf-8")


def older_format(folder):
    for path in (folder / RESULTS / "provenance").glob("*.json"):
        text = path.read_text(encoding="utf-8").replace("coin-record-1", "coin-record-0")
        path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (other_data, "made from INbreast, "),
        (older_format, "format: 'coin-record-1' was expected"),
        (lambda toy: (toy / RESULTS / "tables/table1.csv").unlink(), "table1.csv: not there, but"),
        (lambda toy: shutil.rmtree(toy / RESULTS / "provenance"), "no folder provenance in it"),
    ],
)
def test_what_cannot_be_compared_is_one_line(finished_toy, toy, damage, said):
    damage(toy)
    status, lines = audit(finished_toy, "--against", toy)
    assert status == 1 and len(lines) == 1
    assert lines[0].startswith("error: ") and said in lines[0]
