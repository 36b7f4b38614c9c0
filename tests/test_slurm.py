"""profiles/slurm: how many jobs a study is, and the workflow on a real SLURM of one machine."""

import re
import subprocess
from pathlib import Path

import pytest
import torch
import yaml
from phantom_study import small_release
from slurm import Slurm, Unavailable, running_slurm, squeue
from study import (
    REPOSITORY,
    TOY,
    command_line,
    copy_checkout,
    digests,
    environment,
    snakemake,
    toy_digests,
    wait_for,
)

PROFILE = ("--workflow-profile", "profiles/slurm")
# What this one SLURM needs: it keeps no accounts, is asked often, and has two real cores.
HERE = [
    *PROFILE,
    "--slurm-status-command=squeue",
    "--slurm-no-account",
    "--slurm-init-seconds-before-status-checks=1",
    "--seconds-between-status-checks=1",
    "--jobs=2",
    "--local-cores=2",
]
# The one as most clusters take it, the other as those do that know --gres alone.
ON_A_GPU = {
    "train": {"gpu": 1},
    "train_leaky": {"gpu": 1},
    "train_cgan": {"gpu": 0, "gres": "gpu:1"},
}
TRAINING = "results/toy/runs/positive1_negative2_weight1/fold0_seed0"
LOG = "results/toy/logs/train,run=positive1_negative2_weight1,seed=0.log"
MODEL = f"{TRAINING}/model.safetensors"


def test_the_paper_scale_study_is_a_few_hundred_slurm_jobs(tmp_path):
    """Its 705 trainings of classifiers, one each, would fill a queue."""
    checkout = copy_checkout(tmp_path)
    release = small_release(checkout / "data")
    (release / "INbreast Release 1.0").rename(checkout / "data" / "INbreast Release 1.0")
    study = (checkout / "studies/inbreast.yaml",)
    planned = snakemake(checkout, *PROFILE, "--dry-run", configfiles=study)
    assert planned.returncode == 0, planned.stdout
    single = re.findall(r"^rule (\w+):", planned.stdout, flags=re.M)
    submitted = [name for name in single if name not in {"all", *local_rules()}]
    # 47 runs of 3 seeds, their five folds together; GANs of 5 folds and 3 seeds, both classes.
    assert (single.count("train"), single.count("train_cgan")) == (47 * 3, 15)
    jobs = len(submitted)
    assert jobs < 250
    page = (REPOSITORY / "docs" / "slurm.md").read_text(encoding="utf-8")
    assert f"This is {jobs} SLURM jobs" in page
    assert "gpu=1" in planned.stdout


def local_rules() -> list[str]:
    """Return the rules that run where Snakemake runs; a dry run does not tell them apart."""
    text = (REPOSITORY / "Snakefile").read_text(encoding="utf-8")
    return re.search(r"localrules:\n((?: +\w+,\n)+)", text).group(1).replace(",", "").split()


@pytest.fixture(scope="module")
def slurm():
    try:
        with running_slurm() as running:
            yield running
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.slurm
def test_a_study_on_slurm_gives_the_same_bytes_and_only_training_has_a_gpu(
    slurm, finished_toy, tmp_path
):
    checkout = copy_checkout(tmp_path)
    ask_for_a_gpu(checkout)
    finished = snakemake(checkout, *HERE)
    assert finished.returncode == 0, finished.stdout
    assert toy_digests(checkout) == toy_digests(finished_toy)
    assert "Nothing to be done" in snakemake(checkout, *HERE).stdout

    jobs = submitted_jobs(finished.stdout)
    gpus = slurm.gpus()
    assert set(jobs) <= set(gpus)
    training = {job for job, name in jobs.items() if "train" in name or "cgan" in name}
    assert len(training) == 2 + 8 + 2  # the CGANs of each fold; eight runs with theirs, two leaky
    assert {job for job in jobs if gpus[job] in ("0", "1")} == training
    assert {gpus[job] for job in set(jobs) - training} == {""}


def ask_for_a_gpu(checkout: Path) -> None:
    """Have training ask for a GPU as if on cuda, though it stays on the CPU: there is none here."""
    file = checkout / "profiles/slurm/config.yaml"
    profile = yaml.safe_load(file.read_text(encoding="utf-8"))
    for rule, asked in ON_A_GPU.items():
        profile["set-resources"][rule] |= asked
    file.write_text(yaml.safe_dump(profile), encoding="utf-8")


def submitted_jobs(output: str) -> dict[str, str]:
    """Return the name of each SLURM job that Snakemake submitted, by its number."""
    found = re.findall(r"SLURM jobid (\d+) \(log: \S+/slurm_logs/(\w+)/", output)
    return dict(found)


@pytest.fixture(scope="module")
def long_training(finished_toy, tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """Settings under which a training takes long enough to be hit, and what it makes untouched."""
    folder = tmp_path_factory.mktemp("long")
    settings = folder / "long.yaml"
    settings.write_text("training: {steps: 1500}\n", encoding="utf-8")
    checkout = copy_toy(finished_toy, folder / "study")
    finished = snakemake(checkout, MODEL, configfiles=(TOY, settings))
    assert finished.returncode == 0, finished.stdout
    return settings, digests(checkout, f"{TRAINING}/*")


def copy_toy(finished: Path, folder: Path) -> Path:
    """Copy a finished study, links and all."""
    subprocess.run(["cp", "-a", finished, folder], check=True)
    return folder


class Training:
    """A training on SLURM, in a finished toy study whose steps were raised."""

    def __init__(self, checkout: Path, settings: Path):
        self.checkout, self.log = checkout, checkout / "snakemake.log"
        with self.log.open("w") as log:
            self.snakemake = subprocess.Popen(
                command_line(MODEL, *HERE, configfiles=(TOY, settings)),
                cwd=checkout,
                env=environment(),
                stdout=log,
                stderr=log,
            )
        wait_for(self.is_under_way, "some steps", seconds=120)

    def is_under_way(self) -> bool:
        log = self.checkout / LOG
        return log.is_file() and "step 150 of 1500" in log.read_text(encoding="utf-8")

    def finish(self) -> str:
        """Wait for the workflow's success and return what it said."""
        status = self.snakemake.wait(timeout=300)
        said = self.log.read_text(encoding="utf-8")
        assert status == 0, said
        return said


@pytest.mark.slurm
def test_a_cancelled_training_is_done_again_to_the_same_bytes(
    slurm, finished_toy, long_training, tmp_path
):
    settings, expected = long_training
    training = Training(copy_toy(finished_toy, tmp_path / "study"), settings)
    (job,) = squeue("--noheader", "--format=%i")
    subprocess.run(["scancel", job], check=True)
    said = training.finish()
    assert len(submitted_jobs(said)) == 2
    assert re.search(rf"slurm_logs/\S+/{job}\.log", said.partition("Error in rule")[2])
    assert slurm.gpus()[job] == "", "it trains on the CPU and has asked for a GPU"
    assert digests(training.checkout, f"{TRAINING}/*") == expected


@pytest.mark.slurm
def test_a_training_outlives_a_crash_of_its_nodes_daemon(
    slurm: Slurm, finished_toy, long_training, tmp_path
):
    settings, expected = long_training
    training = Training(copy_toy(finished_toy, tmp_path / "study"), settings)
    slurm.kill("slurmd")
    assert squeue("--noheader", "--format=%T") == ["RUNNING"], "it ended before the crash"
    slurm.start("slurmd", "-D")
    training.finish()
    assert digests(training.checkout, f"{TRAINING}/*") == expected


@pytest.mark.slurm
def test_a_training_on_cuda_is_given_a_gpu_and_its_failure_is_told(slurm, finished_toy, tmp_path):
    """SLURM believes in its GPUs, torch does not: one line says so, another where the log is."""
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    checkout = copy_toy(finished_toy, tmp_path / "study")
    cuda = tmp_path / "cuda.yaml"
    cuda.write_text("training: {device: cuda}\n", encoding="utf-8")
    failed = snakemake(checkout, MODEL, *HERE, "--retries=0", configfiles=(TOY, cuda))
    assert failed.returncode != 0
    assert "error: training.device: cuda asked for, but torch finds no GPU" in failed.stdout
    (job,) = submitted_jobs(failed.stdout)
    assert re.search(rf"slurm_logs/\S+/{job}\.log", failed.stdout.partition("Error in rule")[2])
    assert slurm.gpus()[job] in ("0", "1")
