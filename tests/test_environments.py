"""Each rule's conda environment holds what its program imports, at the versions that are tested."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from coin.modules import imported_modules

REPOSITORY = Path(__file__).parent.parent
RULE = re.compile(r"^ *(?:use )?rule (\w+)")
CONDA_NAMES = {"torch": "pytorch", "openTSNE": "opentsne", "Jinja2": "jinja2", "PyYAML": "pyyaml"}
# What a program may need without importing it by name, and why.
NOT_IMPORTED = {
    "python": "the language",
    "pip": "installs what conda-forge lacks",
    "docstring_parser": "jsonargparse reads the help of options with it",
    "typeshed-client": "jsonargparse resolves signatures with it",
    "tabulate": "pandas writes Markdown with it",
    "jinja2": "pandas writes LaTeX with it",
    "pylibjpeg": "pydicom finds its JPEG decoders through it",
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


def packages_of(environment: str) -> dict[str, str]:
    """Map each package that an environment names, by its conda name, to its version."""
    text = (REPOSITORY / "envs" / f"{environment}.yaml").read_text(encoding="utf-8")
    dependencies = yaml.safe_load(text)["dependencies"]
    lines = [line for line in dependencies if isinstance(line, str)]
    lines += [line for entry in dependencies if isinstance(entry, dict) for line in entry["pip"]]
    return {line.split("=")[0]: line.split("=")[-1] for line in lines}


def third_party_imports(program: Path) -> set[str]:
    """Return the packages that a program and its modules import, by their conda names."""
    names = set()
    for module in [*imported_modules(program), REPOSITORY / "scripts" / "coin" / "program.py"]:
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module.split(".")[0])
    distributions = packages_distributions()
    third_party = names - set(sys.stdlib_module_names) - {"coin"}
    packages = {distributions[name][0] for name in third_party}
    return {CONDA_NAMES.get(package, package) for package in packages}


RULES = rules_of_workflow()
ENVIRONMENTS = sorted(path.stem for path in (REPOSITORY / "envs").glob("*.yaml"))


@pytest.mark.parametrize("rule", sorted(RULES))
def test_an_environment_holds_what_its_rules_programs_import(rule):
    environment, programs = RULES[rule]
    for program in programs:
        missing = third_party_imports(program) - set(packages_of(environment))
        assert not missing, f"envs/{environment}.yaml lacks {missing}, which {program.name} imports"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_holds_nothing_that_no_rule_needs(environment):
    programs = [path for name, paths in RULES.values() if name == environment for path in paths]
    needed = set().union(*map(third_party_imports, programs)) | set(NOT_IMPORTED)
    assert set(packages_of(environment)) <= needed


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_environments_and_requirements_name_the_same_versions(environment):
    text = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+)$", text, flags=re.M))
    tested = {CONDA_NAMES.get(name, name): version for name, version in pinned.items()}
    tested["typeshed-client"] = tested.pop("typeshed_client")
    for package, version in packages_of(environment).items():
        if package == "python":
            assert version == "3.11"
        elif package != "pip":
            assert version == tested[package], package


def test_requirements_are_constrained_to_the_same_versions():
    constraints = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").splitlines()
    for name in ("requirements.txt", "requirements-slurm.txt", "requirements-test.txt"):
        for line in (REPOSITORY / name).read_text(encoding="utf-8").splitlines():
            if "==" in line:
                assert re.sub(r"\[.*\]", "", line) in constraints, line
