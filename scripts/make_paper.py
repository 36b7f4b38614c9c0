"""Write the study's own paper, as PDF."""

from pathlib import Path

import yaml

from coin.common.files import read_table, written_whole
from coin.data import data_report
from coin.data.datasets.account import RECORD_COLUMNS
from coin.paper.contents import contents, made
from coin.paper.exhibits import read_exhibits
from coin.paper.facts import read_facts, settings
from coin.paper.typesetting import typeset
from coin.provenance.lineage import jobs_behind
from coin.provenance.study_records import read_study
from coin.workflow.program import Output, run

SECTIONS = ("data", "roi", "protocol", "neighbours", "cgan", "graph", "loss", "network", "training")


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
    study_root: Path,
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
        study_root: the study's provenance/ROOT
        records: the folder of the jobs' records; a text, not a path: no job has made the folder
        data: what was measured, in words
        labels_are: where the labels come from, in words
        paper: the PDF to write
    """
    known = read_facts(config, masses, data_records, tables, data, labels_are)
    known["root"] = study_root.read_text(encoding="utf-8").strip()
    entries = {
        kind: [exhibit.with_facts(known) for exhibit in those]
        for kind, those in read_exhibits(exhibits).items()
    }
    own, described = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in (config, schema))
    account = read_table(data_records, RECORD_COLUMNS)
    flow = data_report.flow(account.assign(image=account["image"].fillna("")))
    jobs = jobs_behind(read_study(Path(records).parent), map(str, [*tables, *figures]))
    study = {
        "facts": known,
        "settings": settings(own, described, SECTIONS),
        "flow": {"columns": list(flow.columns), "rows": flow.astype(str).to_numpy().tolist()},
        "exhibits": contents(entries, tables, figures),
        "made": made(jobs, known["root"]),
    }
    with written_whole(paper) as partial:
        partial.write_bytes(typeset(template, study))


if __name__ == "__main__":
    run(make_paper)
