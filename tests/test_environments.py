"""Each rule's conda environment holds what its program imports, at the versions that are tested."""

import ast
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import chdir
from functools import cache
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from conda_by_pip import lines_of, packages_of
from lossless_jpeg import encode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from phantom_study import picture_folder
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1
from releases import compressed_dicom, save_dicom
from snakemake.api import ResourceSettings, SnakemakeApi
from snakemake.report import html_reporter
from study import REPOSITORY, TOY, copy_checkout, snakemake, toy_digests

from coin.provenance import audit
from coin.provenance.source_files import imported_modules
from coin.workflow.arms import BACKBONE_ARMS, PEERS

WRITE = runpy.run_path(str(REPOSITORY / "envs" / "write.py"))
CONSTRAINTS = REPOSITORY / "constraints.txt"
DISTRIBUTIONS = metadata.packages_distributions()
# Which the toy study does not need: it has no peers.
OF_PEERS = {"features", "backbone"}
# The root stands for packages too, and torch may have another build in an environment.
CITE_THE_ROOT = {"results/toy/paper.pdf", "results/toy/captions/document_overview.rst"}
# Runs with every program, and is no input of any rule; and what it imports.
WRAPPER = [REPOSITORY / name for name in (*audit.WRAPPER, "scripts/coin/common/files.py")]
# What a program needs without importing it or requiring it: by what needs it, and why.
NOT_IMPORTED = {
    "pandas": ["tabulate", "jinja2"],  # writes Markdown, writes LaTeX
    "pydicom": ["pylibjpeg"],  # finds its JPEG decoders through it
}


def rules_of_workflow() -> dict[str, tuple[str, Path]]:
    """Map each rule that runs a program, and each arm that is one, to its environment and it."""
    with TemporaryDirectory() as folder, chdir(folder), SnakemakeApi() as api:
        cores = ResourceSettings(cores=1)
        workflow = api.workflow(cores, snakefile=REPOSITORY / "Snakefile")._workflow
        of_rules = {
            rule.name: (Path(rule.conda_env).stem, REPOSITORY / rule.input.code[0])
            for rule in workflow.rules
            if "code" in rule.input.keys()  # noqa: SIM118, no dict: it has names for some
            and not callable(rule.conda_env)
        }
    programs = {name: own for name, own in (PEERS | BACKBONE_ARMS).items() if "program" in own}
    of_arms = {
        name: (own.get("environment", "train"), REPOSITORY / f"scripts/{own['program']}.py")
        for name, own in programs.items()
    }
    return of_rules | of_arms


def environment_file(environment: str) -> Path:
    """Return the file that describes an environment."""
    return REPOSITORY / "envs" / f"{environment}.yaml"


def own_packages(environment: str) -> set[str]:
    """Return the packages that an environment is said to need, before what those require."""
    _, own = WRITE["ENVIRONMENTS"][environment]
    return {canonicalize_name(Requirement(name).name) for name in [*WRITE["EVERYWHERE"], *own]}


@cache
def third_party_imports(program: Path) -> set[str]:
    """Return the packages that a program and its modules import, by their names on PyPI."""
    return packages_imported([*imported_modules(program), *WRAPPER]) - {"coin"}


def packages_imported(modules: Iterable[Path]) -> set[str]:
    """Return the packages, by their canonical names on PyPI, that modules import themselves."""
    names = set()
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    third_party = names - set(sys.stdlib_module_names)
    return {canonicalize_name(DISTRIBUTIONS.get(name, [name])[0]) for name in third_party}


def requirements_of(name: str) -> list[Requirement]:
    """Return the packages that a file of requirements names, and those of the files it includes."""
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    included = [line.split()[1] for line in lines if line.startswith("-r ")]
    own = [Requirement(line) for line in lines if "==" in line]
    return [*own, *(package for file in included for package in requirements_of(file))]


RULES = rules_of_workflow()
ENVIRONMENTS = sorted(WRITE["ENVIRONMENTS"])


def test_each_environment_has_rules_and_a_file():
    assert {environment for environment, _ in RULES.values()} == set(ENVIRONMENTS)
    assert {path.stem for path in (REPOSITORY / "envs").glob("*.yaml")} == set(ENVIRONMENTS)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_an_environment_holds_what_its_rules_programs_import(rule):
    environment, program = RULES[rule]
    missing = third_party_imports(program) - own_packages(environment)
    assert not missing, f"{environment} lacks {missing}, which {program.name} imports"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_torch_is_there_for_exactly_the_rules_that_compute_networks(rule):
    """It is by far the largest package: no table or figure may wait for it without need."""
    environment, program = RULES[rule]
    needed = "torch" in third_party_imports(program)
    assert ("torch" in packages_of(environment_file(environment))) == needed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_holds_nothing_that_no_rule_needs(environment):
    programs = [program for name, program in RULES.values() if name == environment]
    imported = set().union(*map(third_party_imports, programs))
    needed = imported.union(*(NOT_IMPORTED.get(package, []) for package in imported))
    assert own_packages(environment) <= needed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_python_and_pip_of_conda_forge_and_exact_versions(environment):
    file = environment_file(environment)
    channels = yaml.safe_load(file.read_text(encoding="utf-8"))["channels"]
    assert channels == ["conda-forge", "nodefaults"]
    by_conda, by_pip = lines_of(file)
    assert by_conda == ["python=3.11", "pip"]
    constraints = CONSTRAINTS.read_text(encoding="utf-8").splitlines()
    for line in by_pip:
        assert re.sub(r"\[.*\]", "", line) in constraints, line


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pip_finds_in_the_environment_what_its_packages_require(environment):
    """Else it would fetch the newest versions, which nobody has tested, or find no solution."""
    named = packages_of(environment_file(environment))
    for package in named.values():
        for need in map(Requirement, metadata.requires(package.name) or []):
            extras = {"", *package.extras}
            if need.marker and not any(need.marker.evaluate({"extra": extra}) for extra in extras):
                continue
            if need.name.startswith(WRITE["LEFT_TO_TORCH"]):
                continue
            assert canonicalize_name(need.name) in named, f"{package} requires {need}"
            (version,) = named[canonicalize_name(need.name)].specifier
            assert need.specifier.contains(version.version), f"{package} requires {need}"


@pytest.fixture
def checkout(tmp_path) -> Path:
    """The files from which the environments are written, and theirs, to be changed."""
    shutil.copytree(REPOSITORY / "envs", tmp_path / "envs")
    shutil.copy(CONSTRAINTS, tmp_path)
    return tmp_path


def write_environments(checkout: Path) -> subprocess.CompletedProcess:
    """Run the script that writes the environments' files."""
    command = [sys.executable, checkout / "envs" / "write.py"]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_files_are_what_the_script_writes(checkout):
    """A version that drifts, or a package too many or too few, differs; it is put right here."""
    for environment in ENVIRONMENTS:
        (checkout / "envs" / f"{environment}.yaml").unlink()
    finished = write_environments(checkout)
    assert finished.returncode == 0, finished.stderr
    for environment in ENVIRONMENTS:
        file = environment_file(environment)
        written = (checkout / "envs" / file.name).read_text(encoding="utf-8")
        assert file.read_text(encoding="utf-8") == written, "run python envs/write.py"


@pytest.mark.parametrize(
    ("pin", "changed", "message"),
    [
        (r"^numpy==.*\n", "numpy==1.0\n", "constraints.txt: found numpy==1.0, but installed is {}"),
        (r"^mpmath==.*\n", "", "constraints.txt: found no mpmath, which an environment needs"),
    ],
)
def test_a_version_that_is_not_the_tested_one_is_not_written(checkout, pin, changed, message):
    constraints = checkout / "constraints.txt"
    text = constraints.read_text(encoding="utf-8")
    constraints.write_text(re.sub(pin, changed, text, flags=re.M), encoding="utf-8")
    finished = write_environments(checkout)
    assert finished.returncode != 0
    assert finished.stderr.startswith(message.format(metadata.version("numpy")))
    assert finished.stderr.count("\n") == 1


def test_torchs_build_for_cuda_gives_the_same_file(monkeypatch):
    """The script may be run where either build is installed."""
    cuda = [
        'triton==3.7.1; platform_system == "Linux"',
        'cuda-toolkit[cublas]==13.0.3; platform_system == "Linux"',
        'nvidia-cudnn-cu13==9.20.0.48; platform_system == "Linux"',
    ]
    installed = metadata.distribution

    def with_cuda(name: str):
        found = installed(name)
        if name != "torch":
            return found
        return SimpleNamespace(version=found.version, requires=[*found.requires, *cuda])

    monkeypatch.setattr(metadata, "distribution", with_cuda)
    text = WRITE["text_of"]("train", WRITE["read_pins"](CONSTRAINTS))
    assert text == environment_file("train").read_text(encoding="utf-8")


def test_requirements_and_all_that_they_require_have_a_tested_version():
    pins = WRITE["read_pins"](CONSTRAINTS)
    packages = requirements_of("requirements-test.txt")
    for package in packages:
        assert package.specifier == pins[canonicalize_name(package.name)].specifier, package
    WRITE["required"](packages, pins)  # ends the test at a package that has none


def test_requirements_bring_what_a_report_needs():
    """Snakemake says that it lacks a package only when it is asked for a report."""
    needed = packages_imported(Path(html_reporter.__file__).parent.rglob("*.py"))
    assert "pygments" in needed
    pins = WRITE["read_pins"](CONSTRAINTS)
    assert needed <= WRITE["required"](requirements_of("requirements.txt"), pins)


@pytest.fixture(scope="module")
def environments(tmp_path_factory) -> Iterator[Path]:
    """Where the slow tests keep what they install, as long as they need it: it is gigabytes."""
    folder = tmp_path_factory.mktemp("environments")
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
def test_each_program_runs_in_its_own_environment_alone(
    finished_toy, conda, environments, tmp_path
):
    """The toy study, with `--sdm conda`, gives the same bytes as with everything installed."""
    folder = copy_checkout(tmp_path)
    with_conda = ("--sdm", "conda", "--conda-prefix", str(environments))
    for arguments in (["--conda-create-envs-only"], []):  # in turn: each has a time limit
        finished = snakemake(folder, "crate", *with_conda, *arguments)
        assert finished.returncode == 0, finished.stdout
    made = list(environments.glob("*.yaml"))
    assert len(made) == len(ENVIRONMENTS) - len(OF_PEERS)
    for file in made:
        libraries = file.with_suffix("") / "lib" / "python3.11" / "site-packages"
        come = {canonicalize_name(found.name) for found in metadata.distributions(path=[libraries])}
        left_to_torch = {name for name in come if name.startswith(WRITE["LEFT_TO_TORCH"])}
        assert come - left_to_torch == set(packages_of(file)), "pip brought what no file names"
    own, installed = toy_digests(folder), toy_digests(finished_toy)
    assert own.keys() == installed.keys()
    assert {name for name in own if own[name] != installed[name]} <= CITE_THE_ROOT


@pytest.mark.slow
def test_compressed_dicoms_are_decoded_in_the_environment_of_images(conda, environments, tmp_path):
    """The phantom's are not compressed, and pydicom looks for decoders only when it needs one."""
    folder = copy_checkout(tmp_path)
    root = picture_folder(tmp_path / "data", n_images=8)
    stored = np.arange(50 * 40, dtype=np.uint16).reshape(50, 40)
    save_dicom(root / "images/0.png", stored, syntax=JPEG2000Lossless)
    stream = encode(stored, bits=16)
    compressed_dicom(root / "images/1.png", stream, JPEGLosslessSV1, 16, *stored.shape)
    config = tmp_path / "compressed.yaml"
    config.write_text(f"data: {{format: table, root: {root}}}\n", encoding="utf-8")
    with_conda = ("--sdm", "conda", "--conda-prefix", str(environments))
    finished = snakemake(folder, "results/toy/rois.npy", *with_conda, configfiles=(TOY, config))
    assert finished.returncode == 0, finished.stdout


def test_a_package_that_an_environment_lacks_is_missed(conda, tmp_path):
    """The tests' own environment has it: nothing of that may reach a rule's program."""
    folder = copy_checkout(tmp_path)
    described = "channels: [conda-forge, nodefaults]\ndependencies: [python=3.11]\n"
    (folder / "envs" / "tables.yaml").write_text(described, encoding="utf-8")
    finished = snakemake(folder, "results/toy/config.yaml", "--sdm", "conda")
    assert finished.returncode != 0
    assert "No module named 'yaml'" in finished.stdout
