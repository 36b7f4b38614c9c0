"""What others read before they run anything: the files that describe the project are true to it."""

import re

import pytest
import yaml
from study import REPOSITORY

YAML_FILES = sorted(
    path.relative_to(REPOSITORY)
    for pattern in ("*.yaml", ".*.yaml", ".*.yml", "*.cff", ".github/**/*.yml", "*/*.yaml")
    for path in REPOSITORY.glob(pattern)
)
CONSTRAINTS = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
GPL_DECODER = "pylibjpeg-libjpeg"


def load(name: str) -> dict:
    return yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", YAML_FILES, ids=str)
def test_a_file_in_yaml_parses(path):
    assert isinstance(load(path), dict)


def test_hooks_check_with_the_tested_versions():
    """Else a commit is formatted in one way here and in another by `make check`."""
    hooks = [hook for repo in load(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert [hook["id"] for hook in hooks] == ["ruff", "ruff-format", "snakefmt"]
    for hook in hooks:
        tool = hook["entry"].split()[0]
        assert hook["additional_dependencies"][0].startswith(f"{tool}==")
        for pin in hook["additional_dependencies"]:
            assert pin in CONSTRAINTS


def test_the_citation_names_the_paper_that_the_readme_names_and_nobody_else():
    citation = load("CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"] == [{"name": "the COIN workflow's authors"}]
    (paper,) = citation["references"]
    assert {"type", "title", "authors"} <= paper.keys()
    names = ", ".join(author["family-names"] for author in paper["authors"])
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8").replace("\n", " ")
    assert f"*{paper['title']}* ({names})" in readme


def test_the_citation_has_the_licence_and_the_holder_of_the_licence_file():
    licence = (REPOSITORY / "LICENSE").read_text(encoding="utf-8")
    citation = load("CITATION.cff")
    assert licence.startswith(f"{citation['license']} License\n")
    assert re.search(r"Copyright \(c\) \d{4} (.+)", licence)[1] == citation["authors"][0]["name"]


def test_the_gpl_decoder_is_in_the_environment_that_the_licences_page_names():
    holders = {
        path.name for path in REPOSITORY.glob("envs/*.yaml") if GPL_DECODER in path.read_text()
    }
    assert holders == {"images.yaml"}
    page = (REPOSITORY / "docs/licences.md").read_text(encoding="utf-8")
    assert "`envs/images.yaml` alone holds the decoder" in page


def test_actions_run_what_a_change_is_held_to():
    steps = load(".github/workflows/ci.yml")["jobs"]["check"]["steps"]
    assert "bash .ci/run" in [step.get("run") for step in steps]
    (python,) = [step["with"]["python-version"] for step in steps if "setup-python" in str(step)]
    assert f"PYTHON ?= python{python}\n" in (REPOSITORY / "Makefile").read_text(encoding="utf-8")


def test_the_catalog_is_told_how_the_workflow_is_used():
    """The keys that the catalog's standardized form reads."""
    usage = load(".snakemake-workflow-catalog.yml")["usage"]
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    deployment = usage["software-stack-deployment"]
    assert deployment["conda"] is True and deployment["report"] is True
