"""The HTML report: every table and figure under its category, in words too, and no network."""

import json
import re
import subprocess
from html import unescape

import debian
import pytest
import yaml
from study import REPOSITORY, snakemake

from coin.common.errors import BadInput
from coin.paper.checklists import FOR_AUTHORS, checklist
from coin.paper.exhibits import read_exhibits

EXHIBITS = read_exhibits(REPOSITORY / "report" / "exhibits.yaml")
# Clicks through the report as a person would, and leaves what was to be seen in the page.
CLICKS = """
const wait = ms => new Promise(done => setTimeout(done, ms));
const found = {front: "", categories: {}};
async function lookThrough() {
  found.front = document.body.innerText;
  for (const category of Object.keys(categories)) {
    found.categories[category] = {};
    app.setView({navbarMode: "menu"});
    await wait(50);
    app.showCategory(category);
    await wait(50);
    const rows = document.querySelectorAll("tbody tr").length;
    for (let row = 0; row < rows; row++) {
      const line = document.querySelectorAll("tbody tr")[row];
      const label = line.cells[0].innerText;
      const [eye, info] = line.querySelectorAll("a");
      if (!eye.hasAttribute("download")) eye.click();
      await wait(200);
      const picture = document.querySelector(".grow img"), page = document.querySelector("iframe");
      info.click();
      await wait(50);
      found.categories[category][label] = {
        picture: picture ? picture.naturalWidth : 0,
        page: page ? page.src.slice(0, 20) : "",
        words: document.querySelector(".prose-invert").innerText,
      };
      app.showCategory(category);
      await wait(50);
    }
  }
}
function leave() {
  found.fetched = performance.getEntriesByType("resource").map(entry => entry.name.slice(0, 60));
  found.problems = problems;
  const left = document.createElement("pre");
  left.id = "found";
  left.textContent = JSON.stringify(found);
  document.body.replaceChildren(left);
}
setTimeout(() => lookThrough().catch(error => problems.push(String(error))).then(leave), 500);
"""
LISTENER = """
const problems = [];
window.addEventListener("error", event => problems.push(event.message));
window.addEventListener("unhandledrejection", event => problems.push(String(event.reason)));
console.error = (...words) => problems.push(words.join(" "));
"""


@pytest.fixture(scope="module")
def seen(finished_toy, tmp_path_factory) -> dict:
    """What a browser without a network shows of the report."""
    browser = debian.program("chromium", "chromium")
    folder = tmp_path_factory.mktemp("report")
    finished = snakemake(finished_toy, "--report", str(folder / "report.html"))
    assert finished.returncode == 0, finished.stdout
    page = (folder / "report.html").read_text(encoding="utf-8")
    head, body = page.index("<head>") + len("<head>"), page.rindex("</body>")
    page = (
        f"{page[:head]}<script>{LISTENER}</script>{page[head:body]}"
        f"<script>{CLICKS}</script>{page[body:]}"
    )
    clicked = folder / "clicked.html"
    clicked.write_text(page, encoding="utf-8")
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]
    options += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=60000"]
    dumped = subprocess.run(
        [browser, *options, "--dump-dom", clicked.as_uri()],
        capture_output=True,
        text=True,
        timeout=300,
    ).stdout
    left = re.search(r'<pre id="found">(.*?)</pre>', dumped, flags=re.S)
    assert left, dumped[-2000:]
    return json.loads(unescape(left.group(1)))


@pytest.mark.slow
def test_a_browser_finds_every_table_and_figure_by_its_category(seen):
    for kind, exhibits in EXHIBITS.items():
        for exhibit in exhibits:
            if exhibit.name == "overview":
                continue
            shown = seen["categories"][exhibit.category][f"{exhibit.title}: {exhibit.shows}"]
            assert exhibit.title in shown["words"]
            if kind == "figure":
                assert shown["picture"] > 500
                assert "In words" in shown["words"]
            if kind == "table":
                assert shown["page"].startswith("data:text/html")


@pytest.mark.slow
def test_the_report_warns_on_its_front_page_and_names_what_was_found(seen):
    assert "no evidence about breasts" in seen["front"]
    assert re.search(r"COIN's AUC was 0\.\d{3} \(0\.\d{3} to \d\.\d{3}\)", seen["front"])


@pytest.mark.slow
def test_the_report_has_no_errors_and_asks_no_network(seen):
    assert seen["problems"] == []
    assert [name for name in seen["fetched"] if name.startswith("http")] == []


def test_captions_say_what_the_study_found(finished_toy):
    """A fact that a caption names and the study lacks would stand there as not known."""
    captions = finished_toy / "results/toy/captions"
    texts = {path.name: path.read_text(encoding="utf-8") for path in captions.iterdir()}
    entries = [exhibit for exhibits in EXHIBITS.values() for exhibit in exhibits]
    assert set(texts) == {exhibit.caption_file for exhibit in entries}
    for name, text in texts.items():
        assert "not known" not in text and "{" not in text, name
        if name.startswith(("figure", "table")):
            assert "synthetic phantom" in text, name


def test_tables_are_pages_that_a_browser_reads(finished_toy):
    page = (finished_toy / "results/toy/tables/table2.html").read_text(encoding="utf-8")
    assert "<strong>Table II.</strong>" in page and "<td>COIN, λ = 0</td>" in page


def test_no_two_results_have_one_label():
    """The report would show but one of them."""
    entries = [exhibit for exhibits in EXHIBITS.values() for exhibit in exhibits]
    labels = {(each.category, each.title, each.shows) for each in entries}
    assert len(labels) == len(entries)


def test_every_figure_can_be_read_by_who_cannot_see_it():
    assert all(len(exhibit.alt) > 100 for exhibit in EXHIBITS["figure"])


def test_titles_are_those_of_the_tables(finished_toy):
    for exhibit in EXHIBITS["table"]:
        table = finished_toy / f"results/toy/tables/{exhibit.name}.md"
        assert table.read_text(encoding="utf-8").startswith(f"**{exhibit.title}.** ")


# ---- checklists ----------------------------------------------------------------------------------


def items(name: str) -> dict:
    path = REPOSITORY / f"report/checklists/{name}.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["items"]


def test_the_checklists_have_all_their_items():
    assert list(items("claim")) == list(range(1, 45))
    main = [int(re.match(r"\d+", number)[0]) for number in items("tripod-ai")]
    assert sorted(set(main)) == list(range(1, 28)) and main == sorted(main)


@pytest.mark.parametrize("name", ["claim", "tripod-ai"])
def test_a_checklist_has_a_row_an_item(finished_toy, name):
    text = (finished_toy / f"results/toy/checklists/{name}.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) == len(items(name))
    unanswered = {number for number, item in items(name).items() if "answers" not in item}
    assert unanswered, "a workflow cannot answer them all"
    for row, number in zip(rows, items(name), strict=True):
        assert ("for the authors" in row.rsplit("|", 2)[1]) >= (number in unanswered), row


def test_a_checklist_points_at_the_cell_and_its_value(finished_toy):
    text = (finished_toy / "results/toy/checklists/claim.md").read_text(encoding="utf-8")
    table = (finished_toy / "results/toy/tables/table2.csv").read_text(encoding="utf-8")
    auc = next(line for line in table.splitlines() if line.startswith("COIN,measured")).split(",")[
        4
    ]
    assert f"`tables/table2.csv`, COIN, `auc_mean`: {auc}" in text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"file": "config.yaml", "key": "roi.sizes"}, "no key roi.sizes"),
        ({"file": "t.csv", "column": "auc"}, "no column auc"),
        ({"file": "t.csv", "row": {"method": "COIN2"}, "column": "value"}, "no row COIN2"),
        ({"file": "r.md", "heading": "By view"}, "no heading By view"),
        ({"file": "r.md", "section": "Limits"}, "no section Limits"),
    ],
)
def test_an_answer_that_is_not_there_is_an_error(tmp_path, answer, said):
    """A table that loses a column must not leave a checklist that points at nothing."""
    (tmp_path / "config.yaml").write_text("roi: {size: 16}\n", encoding="utf-8")
    (tmp_path / "t.csv").write_text("method,value\nCOIN,0.5\n", encoding="utf-8")
    (tmp_path / "r.md").write_text("## By density\n", encoding="utf-8")
    wanted = {"title": "A list", "items": {1: {"asks": "something", "answers": [answer]}}}
    with pytest.raises(BadInput, match=re.escape(said)):
        checklist(wanted, tmp_path, sorted(tmp_path.iterdir()), "data")


def test_an_answer_in_a_file_that_a_study_lacks_is_left_to_the_authors(tmp_path):
    answer = {"file": "figures/roc.pdf"}
    wanted = {"title": "A list", "items": {1: {"asks": "something", "answers": [answer]}}}
    assert f"| 1 | something | {FOR_AUTHORS} |" in checklist(wanted, tmp_path, [], "data")
