"""The workflow runs from anywhere: its code lies beside the Snakefile, results where it is run."""

import subprocess
import sys
from pathlib import Path

import pytest
from study import TOY, copy_checkout, environment, snakemake

NEIGHBOURS = "results/toy/tables/neighbours.csv"
TABLE1 = "results/toy/tables/table1.csv"


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """The code alone, in a folder that nothing may be written to from elsewhere."""
    return copy_checkout(tmp_path_factory.mktemp("clone"))


def test_a_study_runs_in_another_folder(clone, finished_toy, tmp_path):
    mine = tmp_path / "mine"
    finished = snakemake(
        tmp_path, "-s", str(clone / "Snakefile"), "--directory", str(mine), NEIGHBOURS
    )
    assert finished.returncode == 0, finished.stdout
    assert (mine / NEIGHBOURS).read_bytes() == (finished_toy / NEIGHBOURS).read_bytes()
    assert not (clone / "results").exists() and not (clone / ".snakemake").exists()


def test_another_workflow_takes_it_as_a_module(clone, finished_toy, tmp_path):
    (tmp_path / "mine.yaml").write_text(TOY.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "Snakefile").write_text(
        f"""
configfile: "mine.yaml"
module coin:
    snakefile: "{clone}/Snakefile"
    config: config
use rule * from coin as coin_*
rule mine:
    default_target: True
    input: rules.coin_make_table1.output, rules.coin_save_config.output
""",
        encoding="utf-8",
    )
    finished = snakemake(tmp_path, configfiles=())
    assert finished.returncode == 0, finished.stdout
    assert (tmp_path / TABLE1).read_bytes() == (finished_toy / TABLE1).read_bytes()
    audited = subprocess.run(
        [sys.executable, clone / "scripts/audit.py", "results/toy"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert audited.returncode == 0, audited.stdout + audited.stderr


def test_snakemake_runs_without_its_environment_being_activated(tmp_path):
    """Rules run the Python that runs Snakemake, not the first on PATH."""
    checkout = copy_checkout(tmp_path)
    program = Path(sys.executable).parent / "snakemake"
    finished = subprocess.run(
        [program, "--cores", "1", "--configfile", TOY, "--until", "read_masses"],
        cwd=checkout,
        env={**environment(), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    assert (checkout / "results/toy/masses.csv").is_file()


def test_two_configfiles_stop_in_one_line_that_names_both(clone):
    finished = snakemake(clone, "--configfile", "studies/own-data.yaml", "-n")
    assert finished.returncode != 0
    (line,) = [line for line in finished.stdout.splitlines() if "profile" not in line]
    assert line.startswith("--configfile is given 2 times")
    assert line.endswith(f"give it once: --configfile studies/own-data.yaml {TOY}")
