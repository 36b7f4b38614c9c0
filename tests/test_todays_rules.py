"""What the rules would tell each program today is asked of the Snakefile, and nothing is run."""

from pathlib import Path

import pytest
from study import REPOSITORY

from coin.common.errors import BadInput
from coin.workflow.todays_rules import todays_settings

SNAKEFILE = REPOSITORY / "Snakefile"


def told(folder: Path, *files: str, **config: object):
    return todays_settings(SNAKEFILE, folder, [str(REPOSITORY / file) for file in files], config)


def test_a_rule_says_what_its_job_is_told(tmp_path):
    settings = told(tmp_path, "tests/toy.yaml", roi={"size": 32})
    assert settings("crop_rois", {})["size"] == 32
    job = settings("train", {"run": "conventional", "fold": "1", "seed": "0"})
    assert (job["fold"], job["seed"], job["training"]["flips_and_rotations"]) == (1, 0, True)
    assert not list(tmp_path.iterdir()), "asking writes nothing"


@pytest.mark.parametrize(
    ("study", "said"),
    [
        ("studies/inbreast.yaml", "INbreast (BI-RADS, not pathology)"),
        ("studies/vindr-mammo.yaml", "VinDr-Mammo (BI-RADS, not pathology)"),
        ("studies/cbis-ddsm.yaml", "CBIS-DDSM"),
    ],
)
def test_tables_and_figures_say_where_labels_are_an_assessment(tmp_path, study, said):
    settings = told(tmp_path, study, data={"root": str(tmp_path)})
    for rule in ("make_table1", "make_claims", "plot_fig6", "report_data"):
        assert settings(rule, {})["data"] == said
    assert ("not pathology" in settings("report_data", {})["labels_are"]) == ("BI-RADS" in said)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"rio": {}}, "config: rio: unknown key; did you mean roi?"),
        ({"arms": {"mine": {"base": "yours"}}}, "config: arms.mine.base: found yours"),
    ],
)
def test_a_config_that_the_snakefile_refuses_is_told_in_its_words(tmp_path, config, said):
    with pytest.raises(BadInput) as refusal:
        told(tmp_path, **config)
    assert str(refusal.value).startswith(said)


def test_a_job_that_is_none_today(tmp_path):
    with pytest.raises(KeyError):
        told(tmp_path)("train", {"run": "unheard_of", "fold": "0", "seed": "0"})
