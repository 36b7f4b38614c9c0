"""What the README and docs/results/ say of a study is what its committed tables say."""

import runpy

import pandas as pd
import pytest
from study import REPOSITORY

PUBLISH = runpy.run_path(str(REPOSITORY / "docs" / "results" / "publish.py"))
STUDIES = sorted(path for path in PUBLISH["FOLDER"].iterdir() if path.is_dir())


def test_the_readme_says_what_the_tables_say():
    text = PUBLISH["README"].read_text(encoding="utf-8")
    section = PUBLISH["section"](PUBLISH["FOLDER"] / PUBLISH["SHOWN"])
    assert PUBLISH["BEGIN"] + section + PUBLISH["END"] in text


@pytest.mark.parametrize("folder", STUDIES, ids=lambda path: path.name)
def test_a_page_says_what_its_files_say(folder):
    assert (folder / "README.md").read_text(encoding="utf-8") == PUBLISH["page"](folder)


def test_a_changed_number_changes_the_readme(finished_toy, tmp_path):
    PUBLISH["copy_study"](finished_toy / "results" / "toy", tmp_path / "toy")
    before = PUBLISH["section"](tmp_path / "toy")
    metrics = pd.read_csv(tmp_path / "toy" / "metrics.csv")
    row = (metrics["arm"] == "coin") & (metrics["metric"] == "auc") & (metrics["level"] == "mass")
    metrics.loc[row, "value"] = 0.123
    metrics.to_csv(tmp_path / "toy" / "metrics.csv", index=False)
    assert "| **COIN** | 0.123 " not in before
    assert "| **COIN** | 0.123 " in PUBLISH["section"](tmp_path / "toy")


def test_an_unfinished_study_is_not_published(tmp_path):
    with pytest.raises(SystemExit, match="ROOT: not there; finish the study first"):
        PUBLISH["copy_study"](tmp_path / "study", tmp_path / "copy")
