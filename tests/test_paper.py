"""The study's own paper: its numbers, its warnings, its words for any study, and its bytes."""

import ctypes
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import debian
import pandas as pd
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
import typst
import yaml
from hypothesis import given
from hypothesis import strategies as st
from study import REPOSITORY, rules_to_run

import make_paper
from coin.evaluation.tables import Shown, read_markdown, write_markdown
from coin.paper.contents import ROWS, of_table
from coin.paper.exhibits import Exhibit, read_exhibits
from coin.paper.facts import departs, settings
from coin.paper.typesetting import typeset
from coin.workflow.study_config import study_config

RESULTS = "results/toy"
EXHIBITS = read_exhibits(REPOSITORY / "report" / "exhibits.yaml")
TEMPLATE = REPOSITORY / "report" / "paper.typ"
SCHEMA = REPOSITORY / "schemas" / "config.schema.yaml"
IN_PAPER = {kind: [each for each in those if each.section] for kind, those in EXHIBITS.items()}


def text_of(pdf: bytes | Path) -> str:
    """Return a PDF's text on one line, its minus signs and broken words mended."""
    return " ".join(" ".join(pages_of(pdf)).replace("−", "-").replace("\u200b", "").split())


def pages_of(pdf: bytes | Path) -> list[str]:
    """Return the text of each page."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range() for page in document]


def run_again(folder: Path) -> bytes:
    """Run the program as its record says that it ran, and return the paper."""
    record = json.loads((folder / RESULTS / "provenance/make_paper.json").read_text("utf-8"))
    command = [sys.executable, *shlex.split(record["command"])[1:]]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return (folder / RESULTS / "paper.pdf").read_bytes()


@pytest.fixture(scope="module")
def study_given(finished_toy, tmp_path_factory) -> dict:
    """What the toy study's program gives to the template."""
    record = json.loads((finished_toy / RESULTS / "provenance/make_paper.json").read_text("utf-8"))
    with pytest.MonkeyPatch.context() as patch:
        given = {}
        patch.setattr(make_paper, "typeset", lambda _, study: given.update(study) or b"")
        patch.chdir(finished_toy)
        options = {name: as_path(value) for name, value in record["options"].items()}
        options["paper"] = tmp_path_factory.mktemp("paper") / "paper.pdf"
        make_paper.make_paper(**options)
    return given


def as_path(value: object) -> object:
    """Return the names of files as paths."""
    if isinstance(value, list):
        return [as_path(each) for each in value]
    is_file = isinstance(value, str) and re.search(r"/[^/]+\.\w+$|/ROOT$", value)
    return Path(value) if is_file else value


@pytest.fixture(scope="module")
def paper(finished_toy) -> Path:
    return finished_toy / RESULTS / "paper.pdf"


# ---- what stands in it ---------------------------------------------------------------------------


@pytest.mark.parametrize("exhibit", IN_PAPER["table"], ids=lambda exhibit: exhibit.name)
def test_the_numbers_of_each_table_stand_in_the_paper(finished_toy, paper, exhibit):
    shown = of_table(exhibit, read_markdown(finished_toy / f"{RESULTS}/tables/{exhibit.name}.md"))
    text = text_of(paper)
    assert len(shown["rows"]) > 0
    for row in shown["rows"]:
        assert " ".join(filter(None, row)) in text, row


def test_every_figure_and_caption_stands_in_the_paper(paper, study_given):
    text = text_of(paper)
    for exhibit in IN_PAPER["figure"]:
        assert f"{exhibit.title}. {exhibit.caption.split()[0]}" in text
    for exhibit in study_given["exhibits"]:
        assert "not known" not in exhibit["caption"] + exhibit["alt"], exhibit["name"]


def test_every_page_warns_that_the_data_are_a_phantom(paper):
    pages = pages_of(paper)
    assert 3 <= len(pages) <= 12
    assert all(
        "Synthetic phantom" in page and "no evidence about breasts" in page for page in pages
    )


def test_the_paper_is_tagged_and_says_its_figures_in_words(paper, study_given):
    raw = paper.read_bytes()
    assert b"/Lang(en-GB)" in raw and b"/Marked true" in raw
    said = set(alternatives(paper))
    wanted = {each["alt"] for each in study_given["exhibits"] if each["kind"] == "figure"}
    assert wanted <= said
    assert len(said - wanted) > 7, "each formula is said in words too"


def alternatives(path: Path) -> Iterator[str]:
    """Yield the alternative texts of a tagged PDF."""
    document = pypdfium2.PdfDocument(path)
    for page in document:
        tree = pdfium.FPDF_StructTree_GetForPage(page)
        waiting = [
            pdfium.FPDF_StructTree_GetChildAtIndex(tree, index)
            for index in range(pdfium.FPDF_StructTree_CountChildren(tree))
        ]
        while waiting:
            if not (element := waiting.pop()):
                continue
            waiting += [
                pdfium.FPDF_StructElement_GetChildAtIndex(element, index)
                for index in range(pdfium.FPDF_StructElement_CountChildren(element))
            ]
            if size := pdfium.FPDF_StructElement_GetAltText(element, None, 0):
                text = ctypes.create_string_buffer(size)
                pdfium.FPDF_StructElement_GetAltText(element, text, size)
                yield text.raw.decode("utf-16-le").rstrip("\0")


def test_the_paper_would_be_accessible_but_for_embedded_pdfs(study_given):
    """PDF/UA-1 allows no embedded PDF; with the figures as pictures typst's checks find nothing."""
    pictures = [
        {**each, "path": each["path"].replace(".pdf", ".png")} if "path" in each else each
        for each in study_given["exhibits"]
    ]
    given = json.dumps({**study_given, "exhibits": pictures})
    fonts = {"ignore_system_fonts": True, "timestamp": 0}
    typst.compile(
        str(TEMPLATE), root="/", sys_inputs={"study": given}, pdf_standards="ua-1", **fonts
    )


def test_text_in_the_figures_is_text(finished_toy):
    for path in (finished_toy / RESULTS / "figures").glob("*.pdf"):
        assert "synthetic phantom" in text_of(path), path.name
        assert b"/Type3" not in path.read_bytes(), path.name


def test_it_cites_the_studys_root(finished_toy, study_given):
    root = (finished_toy / RESULTS / "provenance/ROOT").read_text(encoding="utf-8").strip()
    assert ("root", root) in study_given["made"]
    overview = (finished_toy / RESULTS / "captions/document_overview.rst").read_text("utf-8")
    assert root in overview


# ---- what it depends on --------------------------------------------------------------------------


def test_the_same_study_gives_the_same_bytes_anywhere(toy, paper):
    """The folder is another one, and no date enters."""
    assert run_again(toy) == paper.read_bytes()


def test_a_changed_table_changes_the_paper_and_nothing_upstream(toy, paper):
    for kind in ("csv", "md"):
        table = toy / RESULTS / "tables" / f"table1.{kind}"
        table.write_text(table.read_text("utf-8").replace("0.85", "0.123"), encoding="utf-8")
    after = {"make_root", "make_paper", "write_captions", "write_checklists"}
    assert rules_to_run(toy) == after
    assert "0.123" in text_of(run_again(toy)) and "0.123" not in text_of(paper)


# ---- any study -----------------------------------------------------------------------------------

ODD = 'A & B #let x = 1 *y* _z_ `w` $m$ @q <b> {0} \\ "c" // é %s'


def test_a_name_is_never_markup(study_given):
    facts = {**study_given["facts"], "data": ODD, "phantom": False, "labels_are": ODD}
    rows = [[ODD] * len(each["columns"]) for each in study_given["exhibits"] if "columns" in each]
    exhibits = [
        {**each, "caption": ODD, "rows": [rows[0][: len(each["columns"])]] * 2}
        if "columns" in each
        else each
        for each in study_given["exhibits"]
    ]
    text = text_of(typeset(TEMPLATE, {**study_given, "facts": facts, "exhibits": exhibits}))
    plain = text.replace("’", "'").replace("“", '"').replace("”", '"')
    assert plain.count(ODD) > 2


def test_a_table_longer_than_a_page_says_where_the_rest_is(finished_toy):
    """A study may have any number of arms; what is taller than a page would run out of it."""
    exhibit = next(each for each in IN_PAPER["table"] if each.name == "comparisons")
    shown = read_markdown(finished_toy / f"{RESULTS}/tables/comparisons.md")
    many = of_table(exhibit, shown._replace(table=pd.concat([shown.table] * 20)))
    assert len(many["rows"]) == ROWS
    assert re.search(rf"first {ROWS} rows; \d+ more: tables/comparisons.csv", many["caption"])


@pytest.mark.parametrize(
    ("notes", "shown", "told"),
    [
        (["one seed", "", "one seed", ""], ["(1)", "", "(1)", ""], " (1) One seed."),
        (["few: 1", "few: 2", ""], ["few: 1", "few: 2", ""], ""),
        (["", ""], ["", ""], ""),
    ],
)
def test_a_note_of_many_rows_is_told_once(notes, shown, told):
    table = pd.DataFrame({"Arm": "coin", "Note": notes})
    given = of_table(Exhibit("t", "table", "", "", ""), Shown("T", "Caption.", table, [True, True]))
    assert [row[1] for row in given["rows"]] == shown and given["caption"] == "Caption." + told


def test_other_studies_say_what_they_are(study_given):
    """Official split, several seeds, real data, no grid, no figures: the text follows."""
    facts = {
        **{k: v for k, v in study_given["facts"].items() if not k.startswith("fig5")},
        **{"phantom": False, "split": "part", "n_folds": 1, "n_seeds": 3, "graph_detectable": ""},
        **{"n_apart": 1, "apart": "COIN less no augmentation (0.100)", "notes": []},
    }
    text = text_of(typeset(TEMPLATE, {**study_given, "facts": facts, "exhibits": []}))
    for said in ("column part", "3 trainings", "1 leaves out zero: COIN less", "no external test"):
        assert said in text
    for unsaid in ("phantom:", "grid", "With one seed", "power of 80 %"):
        assert unsaid not in text
    grouped = {**facts, "split": "", "group_by": "image", "n_folds": 2}
    text = text_of(typeset(TEMPLATE, {**study_given, "facts": grouped, "exhibits": []}))
    assert "2 folds, stratified by class; no image is in two" in text and "too good" in text


# ---- settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "paper", "other"),
    [
        (224, 224, False),
        (48, 224, True),
        (1.0, 1, False),
        (7, "silent", False),
        ("mean", "sum", True),
        ("sum", "sum", False),
        (False, True, True),
        (5, "5 (Table I's (5, 0), read so)", False),
        (3, "5 (Table I's (5, 0), read so)", True),
        ([0, 1, 2, 3, 4, 5], "0 to 5", False),
        ([0, 1, 4], "0 to 5", True),
        ("each", '"randomly selected"', False),
        (False, "only Table I's conventional row", False),
    ],
)
def test_a_departure_from_the_paper_is_known(value, paper, other):
    assert departs(value, paper) == other


def test_at_the_papers_scale_two_departures_are_left(tmp_path):
    """(5) is a mean, and negatives have no diagnosis: both are in docs/choices.md."""
    given = yaml.safe_load((REPOSITORY / "studies/inbreast.yaml").read_text("utf-8"))
    given["data"]["root"] = str(tmp_path)
    config = study_config(given, REPOSITORY / "config.yaml", SCHEMA)
    schema = yaml.safe_load(SCHEMA.read_text("utf-8"))
    rows = settings(config, schema, make_paper.SECTIONS)
    marked = {row["key"] for those in rows.values() for row in those if row["departs"]}
    assert marked == {"loss.reduction", "loss.classify_negatives"}


def test_no_path_of_the_machine_stands_in_the_paper(paper):
    assert "data.root" not in text_of(paper)


# ---- tables --------------------------------------------------------------------------------------

CELLS = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=8)


@given(
    st.lists(CELLS.filter(bool), min_size=1, max_size=3, unique=True),
    st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=3),
)
def test_a_table_in_markdown_is_read_as_it_was_written(tmp_path_factory, columns, rows):
    table = pd.DataFrame([row[: len(columns)] for row in rows], columns=columns, dtype=object)
    path = tmp_path_factory.mktemp("table") / "table.md"
    write_markdown(path, table, "Title", "A caption: 1 | 2.")
    shown = read_markdown(path)
    assert (shown.title, shown.caption) == ("Title", "A caption: 1 | 2.")
    pd.testing.assert_frame_equal(shown.table, table)


@pytest.mark.slow
def test_every_latex_table_compiles(finished_toy, tmp_path):
    latex = debian.program("pdflatex", "texlive-latex-recommended")
    tables = sorted((finished_toy / RESULTS / "tables").glob("*.tex"))
    assert len(tables) >= 8
    inputs = "\n".join(f"\\input{{{path}}}" for path in tables)
    (tmp_path / "all.tex").write_text(
        "\\documentclass[twocolumn]{article}\n\\usepackage{booktabs}\n\\begin{document}\n"
        f"{inputs}\n\\end{{document}}\n",
        encoding="utf-8",
    )
    finished = subprocess.run(
        [latex, "-halt-on-error", "-interaction=nonstopmode", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stdout[-2000:]
    text = text_of(tmp_path / "all.pdf")
    assert "Domingues et al. (2012)" in text
