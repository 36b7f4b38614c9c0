"""Each rule's conda environment holds what its program imports, at the versions that are tested."""

import ast
import re
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import numpy as np
import pytest
import yaml
from conda_by_pip import GIVEN, lines_of, packages_of
from lossless_jpeg import encode
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from phantom_study import picture_folder
from pydicom.uid import JPEG2000Lossless, JPEGLosslessSV1
from releases import compressed_dicom, save_dicom
from study import REPOSITORY, TOY, copy_checkout, snakemake, toy_digests

from coin.provenance.source_files import imported_modules

DISTRIBUTIONS = packages_distributions()
# Runs with every program, and is no input of any rule; and what it imports.
WRAPPER = [
    REPOSITORY / "scripts" / "coin" / name for name in ("program.py", "provenance.py", "files.py")
]
RULE = re.compile(r"^ *(?:use )?rule (\w+)")
# What a program may need without importing it: by what needs it, and why.
NOT_IMPORTED = {
    "jsonargparse": ["docstring-parser", "typeshed-client"],  # reads help, resolves signatures
    "pandas": ["tabulate", "jinja2"],  # writes Markdown, writes LaTeX
    "pydicom": ["pylibjpeg"],  # finds its JPEG decoders through it
    "opentsne": ["scikit-learn"],  # computes with it
    # These come by pip, which would fetch the newest.
    "zoopt": ["matplotlib"],
    "rocrate": ["arcp", "click", "jinja2", "python-dateutil", "requests"],
}


def rules_of_workflow() -> dict[str, tuple[str, list[Path]]]:
    """Map each rule to its environment's name and the programs that it runs."""
    found = {}
    for file in [REPOSITORY / "Snakefile", *sorted((REPOSITORY / "rules").glob("*.smk"))]:
        blocks = re.split(r"^(?= *(?:use )?rule \w+)", file.read_text(encoding="utf-8"), flags=re.M)
        for block in blocks[1:]:
            name = RULE.match(block).group(1)
            if name == "all" or block.lstrip().startswith("use rule"):
                continue
            environment = re.search(r'conda:\s*"\.\./envs/(\w+)\.yaml"', block)
            assert environment, f"rule {name} names no environment"
            programs = re.findall(r'"exec python scripts/(\w+)\.py ', block)
            assert programs, f"rule {name} runs no program"
            for part in ("log:", "benchmark:"):
                assert part in block, f"rule {name} has no {part}"
            paths = [REPOSITORY / "scripts" / f"{program}.py" for program in programs]
            found[name] = (environment.group(1), paths)
    return found


def environment_file(environment: str) -> Path:
    """Return the file that describes an environment."""
    return REPOSITORY / "envs" / f"{environment}.yaml"


@cache
def third_party_imports(program: Path) -> set[str]:
    """Return the packages that a program and its modules import, by their names on PyPI."""
    names = set()
    for module in [*imported_modules(program), *WRAPPER]:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    third_party = names - set(sys.stdlib_module_names) - {"coin"}
    return {canonicalize_name(DISTRIBUTIONS[name][0]) for name in third_party}


def pinned_versions() -> dict[str, str]:
    """Map each package in constraints.txt to its version."""
    text = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==(\S+)$", text, flags=re.M)
    return {canonicalize_name(name): version for name, version in pins}


RULES = rules_of_workflow()
ENVIRONMENTS = sorted(path.stem for path in (REPOSITORY / "envs").glob("*.yaml"))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_an_environment_holds_what_its_rules_programs_import(rule):
    environment, programs = RULES[rule]
    for program in programs:
        missing = third_party_imports(program) - set(packages_of(environment_file(environment)))
        assert not missing, f"envs/{environment}.yaml lacks {missing}, which {program.name} imports"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_torch_is_there_for_exactly_the_rules_that_compute_networks(rule):
    """It is by far the largest package: no table or figure may wait for it without need."""
    environment, programs = RULES[rule]
    needed = any("torch" in third_party_imports(program) for program in programs)
    assert ("torch" in packages_of(environment_file(environment))) == needed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_holds_nothing_that_no_rule_needs(environment):
    programs = [path for name, paths in RULES.values() if name == environment for path in paths]
    imported = set().union(*map(third_party_imports, programs))
    needed = imported.union(*(NOT_IMPORTED.get(package, []) for package in imported))
    assert set(packages_of(environment_file(environment))) <= needed | GIVEN


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environments_and_requirements_name_the_same_versions(environment):
    expected = {**pinned_versions(), "python": "3.11", "pip": ""}
    for package, version in packages_of(environment_file(environment)).items():
        assert version == expected[package], package


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_of_exact_versions_from_conda_forge_alone(environment):
    file = environment_file(environment)
    channels = yaml.safe_load(file.read_text(encoding="utf-8"))["channels"]
    assert channels == ["conda-forge", "nodefaults"]
    by_conda, by_pip = lines_of(file)
    for line in by_conda:
        assert line == "pip" or re.fullmatch(r"[\w.-]+=\d+(\.\d+)+", line)
    for line in by_pip:
        assert re.fullmatch(r"[\w.-]+==\d+(\.\d+)+", line)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pip_finds_in_the_environment_what_its_packages_require(environment):
    """Else it would fetch the newest versions, which nobody has tested."""
    named = packages_of(environment_file(environment))
    _, by_pip = lines_of(environment_file(environment))
    for line in by_pip:
        for requirement in map(Requirement, requires(line.split("=")[0]) or []):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in named, f"{line}: {requirement}"


def test_requirements_are_constrained_to_the_same_versions():
    constraints = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for name in ("requirements.txt", "requirements-slurm.txt", "requirements-test.txt"):
        for line in (REPOSITORY / name).read_text(encoding="utf-8").splitlines():
            if "==" in line:
                assert re.sub(r"\[.*\]", "", line) in constraints, line


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
    assert len(list(environments.glob("*.yaml"))) == len(ENVIRONMENTS)
    assert toy_digests(folder) == toy_digests(finished_toy)


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
