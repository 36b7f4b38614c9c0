"""The workflow on a small release of every data format."""

import numpy as np
import pandas as pd
import pytest
import releases
import yaml
from study import TOY, copy_checkout, snakemake

from coin.data.datasets.reading import READERS


@pytest.fixture
def study(tmp_path, request):
    """A checkout beside a release of one format, and the config that reads it."""
    data_format = request.param
    (tmp_path / "checkout").mkdir()
    checkout = copy_checkout(tmp_path / "checkout")
    root = releases.write(data_format, tmp_path / "data")
    data = {"format": data_format, "root": str(root), "name": f"small {data_format}"}
    # The sections of other formats are there, and mean nothing to this one.
    sections = {"cbis-ddsm": {"parts": ["train", "test"]}, "inbreast": {"roi_names": ["Mass"]}}
    config = tmp_path / "small.yaml"
    config.write_text(yaml.safe_dump({"study": "small", "data": data | sections}))
    return data_format, checkout, root, config


def run(checkout, config, *arguments):
    return snakemake(checkout, *arguments, configfiles=(TOY, config))


def check_data(checkout, data_format):
    results = checkout / "results/small"
    masses, records = (pd.read_csv(results / f"{name}.csv") for name in ("masses", "data_report"))
    rois = np.load(results / "rois.npy", allow_pickle=False)
    assert len(masses) == len(rois) == records["used"].sum() == 14
    assert rois.shape[1:] == (16, 16) and rois.min() >= 0 and rois.max() <= 1
    assert f"# Data: small {data_format}" in (results / "data_report.md").read_text()
    assert (results / "figures/rois.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("study", ["cbis-ddsm"], indirect=True)
def test_from_a_release_to_rois_folds_and_report(study):
    """The phantom's runs walk through INbreast; the slow tests take every format to Table I."""
    data_format, checkout, _, config = study
    finished = run(checkout, config, "--until", "make_folds", "plot_rois", "report_data")
    assert finished.returncode == 0, finished.stdout
    check_data(checkout, data_format)


@pytest.mark.parametrize("study", ["table"], indirect=True)
def test_unreadable_files_stop_a_study_or_are_skipped(study):
    _, checkout, root, config = study
    (root / "images/3.png").write_bytes(b"no image")
    whole = (root / "images/5.png").read_bytes()
    (root / "images/5.png").write_bytes(whole[:-60])
    until = ("--until", "crop_rois", "report_data")
    stopped = run(checkout, config, *until)
    assert stopped.returncode != 0 and "Traceback" not in stopped.stdout
    for complaint in ("3.png: not a readable", "5.png: truncated"):
        assert complaint in stopped.stdout
    results = checkout / "results/small"
    assert not list(results.glob("*.csv")) and not list(results.glob("*.npy"))
    skipping = yaml.safe_load(config.read_text())
    skipping["data"]["on_error"] = "skip"
    config.write_text(yaml.safe_dump(skipping))
    finished = run(checkout, config, *until)
    assert finished.returncode == 0, finished.stdout
    assert len(np.load(results / "rois.npy")) == 12
    assert "2 records:" in (results / "data_report.md").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("study", sorted(READERS.keys() - {"inbreast"}), indirect=True, ids=str)
def test_every_format_comes_to_a_table(study):
    """From here on all formats are alike; INbreast's the phantom's runs walk to the end."""
    data_format, checkout, _, config = study
    names = ("tables/table1.md", "data_report.md", "figures/rois.pdf")
    finished = run(checkout, config, *(f"results/small/{name}" for name in names))
    assert finished.returncode == 0, finished.stdout
    check_data(checkout, data_format)
    table = checkout / "results/small/tables/table1.md"
    assert f"small {data_format}" in table.read_text(encoding="utf-8")
