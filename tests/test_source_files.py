"""What imports what: a program's modules are all found, and the library's imports go one way."""

import ast
import re
from collections import Counter

import pytest
from study import REPOSITORY

import coin
from coin.provenance.source_files import imported_modules

SCRIPTS = REPOSITORY / "scripts"
COIN = SCRIPTS / "coin"
# In the order in which data flow, as the library's docstring ends with it.
PARTS = re.findall(r"\w+", coin.__doc__.rsplit(":", 1)[1])
INITS = sorted(COIN.rglob("__init__.py"))


def write(root, **sources):
    for name, source in sources.items():
        path = root.joinpath(*name.split("__")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


def test_direct_indirect_and_late_imports_are_found(tmp_path):
    write(
        tmp_path,
        program="import numpy\nfrom coin.a import one\nfrom coin import b\n",
        coin__a="def one():\n    from coin.deep import c\n",
        coin__b="import coin.a\n",
        coin__deep__c="",
        coin__unused="",
    )
    found = [str(path.relative_to(tmp_path)) for path in imported_modules(tmp_path / "program.py")]
    assert found == ["program.py", "coin/a.py", "coin/b.py", "coin/deep/c.py"]


def test_modules_that_import_each_other_end(tmp_path):
    write(tmp_path, program="import coin.a", coin__a="import coin.b", coin__b="import coin.a")
    assert len(imported_modules(tmp_path / "program.py")) == 3


def test_the_shared_wrapper_is_no_input(tmp_path):
    write(
        tmp_path,
        program="from coin.workflow.program import run",
        coin__workflow__program="import coin.a",
        coin__a="",
    )
    assert imported_modules(tmp_path / "program.py") == [tmp_path / "program.py"]


def test_plots_do_not_depend_on_training():
    for program in SCRIPTS.glob("plot_*.py"):
        names = {str(path.relative_to(SCRIPTS)) for path in imported_modules(program)}
        learning = {
            f"coin/{name}.py"
            for name in ("diagnosis/training", "diagnosis/losses", "neighbours/making")
        }
        assert not names & learning, program.name


# ---- the library's parts, in the order in which data flow ----------------------------------------


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules(folder):
    return sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")


def imports(module):
    """Return every name that a module imports, late ones too; a relative one begins with a dot."""
    names = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            parts = [f"coin.{alias.name}" for alias in node.names]
            names.update(parts if origin == "coin" else [origin])
    return names


def against_the_flow(folder, parts):
    """Name each import from a later part, from a program, or relative: that hides where it goes."""
    programs = {path.stem for path in folder.parent.glob("*.py")}
    found = []
    for module in modules(folder):
        path = module.relative_to(folder)
        allowed = parts[: parts.index(path.parts[0]) + 1]
        for name in sorted(imports(module)):
            first, _, rest = name.partition(".")
            is_later = first == "coin" and rest.partition(".")[0] not in allowed
            if is_later or first in programs or name.startswith("."):
                found.append(f"{path} imports {name}")
    return found


def test_a_module_imports_only_from_its_own_part_and_those_before_it():
    assert against_the_flow(COIN, PARTS) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from coin.data.roi import crop", None),
        ("from coin.common import errors", None),
        ("import numpy", None),
        ("from coin.graph.batches import Epoch", "coin.graph.batches"),
        ("from coin import graph", "coin.graph"),
        ("import coin.graph.batches as b", "coin.graph.batches"),
        ("def late():\n    from coin.graph import batches", "coin.graph"),
        ("import coin", "coin"),
        ("from ..graph import batches", "..graph"),
        ("from . import folds", "."),
        ("from train import train", "train"),
    ],
)
def test_an_import_against_the_flow_is_found(tmp_path, source, name):
    write(
        tmp_path,
        train="",
        coin__common__errors="",
        coin__data__deep__folds=source,
        coin__graph__batches="import coin.data.deep.folds",
    )
    expected = [] if name is None else [f"data/deep/folds.py imports {name}"]
    assert against_the_flow(tmp_path / "coin", ["common", "data", "graph"]) == expected


def test_the_stated_parts_are_the_folders_and_hold_every_module():
    assert set(PARTS) == {path.name for path in COIN.iterdir() if (path / "__init__.py").is_file()}
    assert set(PARTS) == {path.relative_to(COIN).parts[0] for path in modules(COIN)}


@pytest.mark.parametrize("part", PARTS)
def test_a_part_opens_with_what_comes_in_and_what_goes_out(part):
    docstring = ast.get_docstring(parsed(COIN / part / "__init__.py"))
    assert re.search(r"^In: .* Out: .*\.$", docstring, flags=re.M | re.S)


@pytest.mark.parametrize("path", INITS, ids=lambda path: path.parent.name)
def test_a_folder_is_opened_by_nothing_but_a_docstring(path):
    module = parsed(path)
    assert len(module.body) == (ast.get_docstring(module) is not None)


def test_no_two_modules_have_the_same_name():
    names = Counter(path.name for path in modules(COIN))
    assert [name for name, count in names.items() if count > 1] == []
