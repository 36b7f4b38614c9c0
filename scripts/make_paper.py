"""Write the study's own paper, as PDF."""

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from coin.common.files import read_masses, read_table, written_whole
from coin.data import data_report
from coin.data.datasets.account import RECORD_COLUMNS
from coin.evaluation.tables import read_markdown
from coin.paper.exhibits import KINDS, Exhibit, of_table, read_exhibits
from coin.paper.facts import facts, listed, settings
from coin.paper.typesetting import typeset
from coin.provenance.lineage import Job, jobs_behind
from coin.provenance.study_records import read_study
from coin.workflow.program import Output, run

SECTIONS = ("data", "roi", "protocol", "neighbours", "cgan", "graph", "loss", "network", "training")
LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "zoopt", "torch", "pydicom", "scikit-image")
"""Whose versions a study's numbers may depend on."""


def make_paper(
    *,
    config: Path,
    schema: Path,
    masses: Path,
    data_records: Path,
    tables: list[Path],
    figures: list[Path],
    exhibits: Path,
    template: Path,
    references: Path,
    records: str,
    data: str,
    labels_are: str,
    paper: Output,
) -> None:
    """Write the study's own paper, as PDF.

    Args:
        config: the study's merged settings
        schema: config.schema.yaml, which says what the paper's are
        masses: the study's masses.csv
        data_records: its data_report.csv
        tables: its tables, `.csv` and `.md`
        figures: its figures, `.pdf`
        exhibits: report/exhibits.yaml
        template: report/paper.typ
        references: what the template cites
        records: the folder of the jobs' records; a text, not a path: no job has made the folder
        data: what was measured, in words
        labels_are: where the labels come from, in words
        paper: the PDF to write
    """
    own = yaml.safe_load(config.read_text(encoding="utf-8"))
    wanted = yaml.safe_load(schema.read_text(encoding="utf-8"))
    account = read_table(data_records, RECORD_COLUMNS)
    numbers = {path.stem: read_table(path, []) for path in tables if path.suffix == ".csv"}
    known = facts(own, read_masses(masses), account, numbers, data, labels_are)
    flow = data_report.flow(account.assign(image=account["image"].fillna("")))
    jobs = jobs_behind(read_study(Path(records).parent), map(str, [*tables, *figures]))
    study = {
        "facts": known,
        "settings": settings(own, wanted, SECTIONS),
        "flow": {"columns": list(flow.columns), "rows": flow.astype(str).to_numpy().tolist()},
        "exhibits": _shown(read_exhibits(exhibits), known, tables, figures),
        "made": _made(jobs, [*tables, *figures]),
    }
    with written_whole(paper) as partial:
        partial.write_bytes(typeset(template, study))


def _shown(
    entries: dict[str, list[Exhibit]],
    known: dict[str, Any],
    tables: list[Path],
    figures: list[Path],
) -> list[dict[str, Any]]:
    """Return the exhibits that the study has, as the template wants them."""
    of_table_files = {path.stem: path for path in tables if path.suffix == ".md"}
    of_figure_files = {path.stem: path for path in figures}
    found = []
    for exhibit in (entry for kind in KINDS for entry in entries[kind] if entry.section):
        words = exhibit.with_facts(known)._asdict()
        if exhibit.name in of_table_files and exhibit.kind == "table":
            shown = read_markdown(of_table_files[exhibit.name])
            found.append(words | of_table(exhibit, shown))
        elif exhibit.name in of_figure_files and exhibit.kind == "figure":
            found.append(words | {"path": str(of_figure_files[exhibit.name].resolve())})
    return found


def _made(jobs: list[Job], results: list[Path]) -> list[tuple[str, str]]:
    """Return what made the results, but for dates and places: the same study, the same words."""
    versions = {name: version for job in jobs for name, version in job["packages"].items()}
    libraries = [f"{name} {versions[name]}" for name in LIBRARIES if name in versions]
    commits = Counter(_commit(job) for job in jobs)
    digests = [sha256(path.read_bytes()).hexdigest() for path in results]
    return [
        ("revision", listed(sorted(commits))),
        ("Python", listed(sorted({job["python"] for job in jobs}))),
        ("libraries", listed(libraries)),
        ("processor", listed(sorted({job["cpu"] for job in jobs}))),
        ("GPU", listed(sorted({job["gpu"]["name"] for job in jobs if job["gpu"]})) or "none"),
        ("jobs", f"{len(jobs):,}"),
        ("results, sha256", sha256(json.dumps(digests).encode()).hexdigest()),
    ]


def _commit(job: Job) -> str:
    revision = job["revision"]
    if not revision or not revision["commit"]:
        return "not under version control"
    return revision["commit"] if revision["clean"] else f"{revision['commit']}, changed"


if __name__ == "__main__":
    run(make_paper)
