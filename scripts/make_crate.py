"""Program: pack a finished study as a Workflow Run RO-Crate."""

from pathlib import Path

import yaml

from coin.provenance import crate as crates
from coin.provenance.lineage import jobs_behind
from coin.provenance.study_records import read_study
from coin.workflow.program import Output, run


def make_crate(
    *,
    study: str,
    data: str,
    records: str,
    tables: list[Path],
    figures: list[Path],
    documents: list[Path],
    report: Path,
    config: Path,
    root_files: list[Path],
    workflow: list[Path],
    citation: Path,
    crate: Output,
) -> None:
    """Pack a finished study as a Workflow Run RO-Crate: results, code, and how one made the other.

    Args:
        study: The study's name.
        data: What it was made from, in words.
        records: The folder of its jobs' records. A text, not a path: the record of this job would
            else name the others among the results that it read, and no job has made those.
        tables: All its tables.
        figures: All its figures.
        documents: Its paper, its checklists and its report's captions.
        report: Its data report.
        config: Its merged settings.
        root_files: Its root, and what that stands for: ROOT, SHA256SUMS, JOBS.
        workflow: The files that the workflow is made of, the Snakefile among them.
        citation: CITATION.cff: who made the workflow, under which licence.
        crate: The folder to make.
    """
    results = [*tables, *figures, *documents, report, config, *root_files]
    jobs = jobs_behind(read_study(Path(records).parent), map(str, results))
    about = yaml.safe_load(citation.read_text(encoding="utf-8"))
    crates.write(crate, study, data, results, workflow, about, Path(records), jobs)


if __name__ == "__main__":
    run(make_crate)
