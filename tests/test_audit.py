"""The audit: each way in which results may not be what their records say is found and named."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RESULTS = Path("results/toy")
TABLE2 = "results/toy/tables/table2.csv"


def audit(folder, *arguments):
    """Audit the toy study with the code that lies beside it; returns status and lines."""
    finished = subprocess.run(
        [sys.executable, "-B", "scripts/audit.py", str(RESULTS), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in finished.stderr, finished.stderr
    return finished.returncode, (finished.stdout + finished.stderr).splitlines()


def errors(lines):
    return [line for line in lines if line.startswith("error: ")]


def edit(path, change):
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def record(folder, job):
    return folder / RESULTS / "provenance" / f"{job}.json"


def n_records(folder):
    return len(list((folder / RESULTS / "provenance").glob("*.json")))


def test_an_untouched_study_passes(finished_toy):
    status, lines = audit(finished_toy)
    assert (status, errors(lines)) == (0, [])
    root = (finished_toy / RESULTS / "provenance/ROOT").read_text(encoding="utf-8")
    assert lines[-2] == f"root {root.strip()}"
    assert lines[-1].startswith(f"results/toy: {n_records(finished_toy)} jobs wrote ")
    assert lines[-1].endswith("0 errors, 1 warnings")  # a copy without git has no commit


def test_a_result_edited_by_hand_is_named(toy):
    path = toy / TABLE2
    path.write_text(path.read_text(encoding="utf-8").replace("0.", "0.9", 1), encoding="utf-8")
    status, lines = audit(toy)
    assert status == 1
    assert errors(lines) == [f"error: {TABLE2}: changed since make_table2 wrote it"]


def test_swapped_intermediates_are_named_with_each_other(toy):
    one, two = (f"results/toy/fold{fold}_seed0/neighbours/positive_benign.npz" for fold in (0, 1))
    (toy / one).rename(toy / "aside")
    (toy / two).rename(toy / one)
    (toy / "aside").rename(toy / two)
    status, lines = audit(toy)
    assert status == 1
    assert len(errors(lines)) == 2
    assert f"{one}: changed since" in errors(lines)[0]
    assert f"it holds what was written as {two}" in errors(lines)[0]


def test_what_was_made_from_other_bytes_is_named(toy):
    """An intermediate and its record are replaced: those who read it before give it away."""
    path = "results/toy/fold0_seed0/graph/nearest.npz"
    (toy / path).write_bytes(b"another graph")

    def change(record):
        output = next(file for file in record["outputs"] if file["path"] == path)
        output["sha256"] = hashlib.sha256(b"another graph").hexdigest()

    edit(record(toy, "build_graph,fold=0,seed=0"), change)
    status, lines = audit(toy)
    assert status == 1
    assert len(errors(lines)) == 1
    readers = "6 jobs (assess_neighbours; plot_fig3; train,run=positive0_negative2"
    assert errors(lines)[0].startswith(f"error: {path}: {readers}")
    assert "read other bytes than build_graph,fold=0,seed=0 wrote" in errors(lines)[0]


def test_raw_data_that_changed_came_or_went_is_named(toy):
    raw = toy / RESULTS / "raw"
    images = sorted(raw.rglob("*.dcm"))
    images[0].write_bytes(images[0].read_bytes() + b"\0")
    images[1].unlink()
    (images[2].parent / "new.dcm").write_bytes(b"")
    status, lines = audit(toy)
    assert status == 1
    text = "\n".join(errors(lines))
    names = [str(path.relative_to(toy)) for path in images]
    assert f"{names[0]}: changed since make_phantom wrote it" in text
    assert f"{names[1]}: missing; make_phantom wrote it" in text
    assert "new.dcm: no record says what wrote it" in text
    assert "new.dcm: raw data that was not there when read_masses read results/toy/raw" in text


def test_code_that_differs_is_named_with_its_jobs(toy):
    path = toy / "scripts/coin/diagnosis/losses.py"
    path.write_text(path.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    (toy / "scripts/coin/data/roi.py").unlink()
    status, lines = audit(toy)
    assert status == 1
    assert len(errors(lines)) == 2
    losses = "scripts/coin/diagnosis/losses.py"
    assert errors(lines)[0] == "error: scripts/coin/data/roi.py: is gone, but was run by crop_rois"
    assert errors(lines)[1].startswith(
        f"error: {losses}: differs from what was run by 20 jobs (train,run=adv"
    )


def test_an_edit_to_the_shared_wrapper_is_a_warning(toy):
    path = toy / "scripts/coin/workflow/program.py"
    path.write_text(path.read_text(encoding="utf-8") + "# edited\n", encoding="utf-8")
    status, lines = audit(toy)
    assert status == 0
    assert any("warning: scripts/coin/workflow/program.py: differs" in line for line in lines)
    assert audit(toy, "--strict")[0] == 1


def test_parameters_that_differ_from_todays_config_are_named(toy):
    path = toy / "config.yaml"
    text = path.read_text(encoding="utf-8").replace("learning_rate: 0.001", "learning_rate: 0.5")
    path.write_text(text.replace("gamma: 0.01", "gamma: 0.5"), encoding="utf-8")
    status, lines = audit(toy)
    assert status == 1
    assert any("gamma was 0.01, the config says 0.5: 12 jobs (make_n" in line for line in lines)
    assert any(
        "training.learning_rate was 0.001, the config says 0.5: 20 jobs" in line for line in lines
    )
    merged = "error: parameter settings.neighbours.gamma was 0.01, the config says 0.5: save_config"
    assert merged in lines


def test_outputs_without_records_and_records_without_outputs_are_named(toy):
    record(toy, "make_table2").unlink()
    (toy / RESULTS / "rois.npy").unlink()
    (toy / RESULTS / "figures" / "mine.png").write_bytes(b"")
    status, lines = audit(toy)
    assert status == 1
    text = "\n".join(errors(lines))
    for suffix in ("csv", "md", "tex", "html"):
        assert f"results/toy/tables/table2.{suffix}: no record says what wrote it" in text
    assert "results/toy/rois.npy: missing; crop_rois wrote it" in text
    assert "results/toy/figures/mine.png: no record says what wrote it" in text
    assert len(errors(lines)) == 6 + 2  # and the paper has read two of them


def test_mixed_versions_and_revisions_are_warnings_unless_strict(toy):
    def change(clean, version):
        def of(record):
            record["packages"]["numpy"] = version
            record["revision"] = {"commit": "a" * 40, "clean": clean, "diff_sha256": None}

        return of

    # Before its end a study has no root that an edit would break, and nothing that cites one.
    for job in ("make_root", "make_paper", "write_captions", "write_checklists"):
        for output in json.loads(record(toy, job).read_text(encoding="utf-8"))["outputs"]:
            (toy / output["path"]).unlink()
        record(toy, job).unlink()
    edit(record(toy, "make_table1"), change(True, "1.0"))
    edit(record(toy, "make_table2"), change(False, "2.4.6"))
    status, lines = audit(toy)
    assert (status, errors(lines)) == (0, [])
    text = "\n".join(lines)
    jobs = n_records(toy)
    assert f"warning: numpy: 2.4.6 in {jobs - 1} jobs" in text and "1.0 in make_table1" in text
    assert f"warning: revision: no commit known in {jobs - 2} jobs" in text
    assert "aaaaaaaaaaaa in 2 jobs (make_table1; make_table2)" in text
    assert "warning: revision: uncommitted changes when make_table2 ran" in text
    assert audit(toy, "--strict")[0] == 1


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "not readable"),
        (lambda text: "[]", "is not of type 'object'"),
        (lambda text: text.replace('"rule": "make_table2"', '"rule": 5'), "rule: 5 is not of type"),
        (lambda text: text.replace("make_table2", "make_table1"), "not of what its name says"),
        (
            lambda text: text.replace("results/toy/tables/table2.md", "results/toy/../../x.md"),
            "output results/toy/../../x.md is not in results/toy",
        ),
        (
            lambda text: text.replace('"results/toy/runs/', '"results/toy/../runs/'),
            "is not what the option",
        ),
        (
            lambda text: text.replace("scripts/make_table2.py", "scripts/../../secret.py"),
            "code scripts/../../secret.py is not in scripts",
        ),
        (lambda text: "[" * 10**6, "not readable"),
        (lambda text: text.replace('"sha256": "', '"sha256": "zz'), "does not match"),
    ],
)
def test_damaged_records_are_one_line_each(toy, damage, said):
    path = record(toy, "make_table2")
    text = path.read_text(encoding="utf-8")
    if "option" in said:  # the option still names the file as it was
        document = json.loads(text)
        document["inputs"][0]["path"] = document["inputs"][0]["path"].replace("toy/", "toy/../")
        path.write_text(json.dumps(document), encoding="utf-8")
    else:
        path.write_text(damage(text), encoding="utf-8")
    status, lines = audit(toy)
    assert status == 1
    about = [line for line in errors(lines) if "provenance/make_table2.json" in line]
    assert len(about) == 1 and "no valid record" in about[0] and said in about[0], about
    assert len(about[0]) < 500


def test_damaged_configs_are_one_line_each(toy):
    text = (toy / "config.yaml").read_text(encoding="utf-8")
    (toy / "config.yaml").write_text(text.replace("folds: 3", "folds: many"), encoding="utf-8")
    status, lines = audit(toy)
    assert (status, errors(lines)) == (0, [])  # the toy's own file says how many folds
    (toy / "config.yaml").write_text(text.replace("kernel: rbf", "kernel: 5"), encoding="utf-8")
    status, lines = audit(toy)
    assert status == 1
    assert errors(lines) == ["error: config: neighbours.kernel: found 5, expected rbf or linear"]
    (toy / "config.yaml").write_text("study: [", encoding="utf-8")
    status, lines = audit(toy)
    assert status == 1 and len(lines) == 3  # the error, a warning, the sum
    assert "the rules cannot be asked what they say today" in errors(lines)[0]
    (toy / "config.yaml").unlink()
    assert "the rules cannot be asked what they say today" in errors(audit(toy)[1])[0]


def test_everything_wrong_is_reported_at_once(toy):
    (toy / TABLE2).write_text("", encoding="utf-8")
    record(toy, "make_table1").write_text("{", encoding="utf-8")
    path = toy / "scripts/coin/diagnosis/losses.py"
    path.write_text("", encoding="utf-8")
    assert (
        len(errors(audit(toy)[1])) == 3 + 4 + 2
    )  # and Table I's four files have no record now; the paper has read two of them


def test_what_is_no_study_is_one_line(toy):
    finished = subprocess.run(
        [sys.executable, "scripts/audit.py", "results"], cwd=toy, capture_output=True, text=True
    )
    assert finished.returncode == 1
    assert finished.stderr == (
        "error: results: no folder provenance in it; give the folder of a study, "
        "results/<its name>\n"
    )


def test_results_may_lie_behind_a_link(toy, tmp_path):
    shutil.move(toy / "results", tmp_path / "elsewhere")
    (toy / "results").symlink_to(tmp_path / "elsewhere")
    assert audit(toy)[0] == 0


def test_findings_come_as_json_too(toy):
    os.truncate(toy / TABLE2, 10)
    _, lines = audit(toy, "--json")
    findings = json.loads("\n".join(lines))
    assert [finding["is_error"] for finding in findings] == [True, False]


def test_a_cell_is_explained_down_to_the_raw_data(finished_toy):
    status, lines = audit(finished_toy, "--explain", "table2", "COIN", "auc_mean")
    assert status == 0
    text = "\n".join(lines)
    assert lines[0].startswith("table2, COIN, auc_mean = 0.")
    assert "synthetic phantom" in lines[0]
    for part in ("fold 0, seed 0", "train: 2 jobs", "build_graph: 2 jobs", "make_phantom: 1"):
        assert part in text
    assert "train_cgan" not in text and "plot_fig1" not in text  # they have no part in it
    assert ".dcm (sha256 " in text
    assert "scripts/coin/diagnosis/losses.py (sha256 " in text
    assert "numpy 2" in text


def test_an_explained_cell_is_the_mean_of_its_trainings(finished_toy):
    cells = [("table1", "cgan"), ("table2", "COIN"), ("fig5a", "1,2"), ("fig5b", "0")]
    for name, row in cells:
        status, lines = audit(finished_toy, "--explain", name, row, "accuracy_mean", "--json")
        assert status == 0
        found = json.loads("\n".join(lines))
        figures = [training["figure"] for training in found["trainings"]]
        assert found["value"] == pytest.approx(sum(figures) / len(figures), abs=1e-12)
        assert [training["fold"] for training in found["trainings"]] == [0, 1]
        rules = [job["rule"] for job in found["jobs"]]
        assert ("train_cgan" in rules) == (name == "table1")
        assert ("build_graph" in rules) == (name != "table1")
        assert len(found["raw"]) > 20


def test_a_published_cell_and_a_figure_are_explained(finished_toy):
    row = "Dhungel et al. (2016)"
    status, lines = audit(finished_toy, "--explain", "table2", row, "accuracy_mean")
    assert (status, lines[-1]) == (0, "  as the paper has it: published, not measured here")
    status, lines = audit(finished_toy, "--explain", "fig6")
    assert status == 0 and lines[0] == "fig6"
    assert "train: 6 jobs" in lines


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fig9"], "no record of a table or figure fig9; there are calibration, claims"),
        (["table2", "COIN", "beauty"], "no column beauty; there are method"),
        (["table2", "NIOC", "auc_mean"], "no row NIOC; there are "),
        (["fig6", "COIN", "auc_mean"], "no record of a table fig6"),
        (
            ["table2", "COIN"],
            "--explain: give the name of a figure, or of a table, a row",
        ),
        (["table2", "COIN", "auc_mean", "again"], "--explain: give the name of a figure"),
    ],
)
def test_what_cannot_be_explained_is_one_line(finished_toy, words, said):
    status, lines = audit(finished_toy, "--explain", *words)
    assert status == 1 and len(lines) == 1
    assert lines[0].startswith("error: ") and said in lines[0]


def test_strict_reads_what_a_forged_hash_would_hide(toy):
    """The remembered hashes are trusted but for --strict, as records are."""
    image = sorted((toy / RESULTS / "raw").rglob("*.dcm"))[0]
    known = hashlib.sha256(image.read_bytes()).hexdigest()
    image.write_bytes(image.read_bytes()[:-1] + b"x")
    status = image.stat()
    stamp = [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
    forged = {str(image): [*stamp, known]}
    (toy / RESULTS / ".raw_hashes.json").write_text(json.dumps(forged), encoding="utf-8")
    assert errors(audit(toy)[1]) == []
    changed = f"error: {image.relative_to(toy)}: changed since make_phantom wrote it"
    assert errors(audit(toy, "--strict")[1])[0] == changed
