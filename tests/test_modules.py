"""A program's modules are found from its imports, wherever they stand in the source."""

from pathlib import Path

from coin.workflow.source_files import imported_modules

SCRIPTS = Path(__file__).parent.parent / "scripts"


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
