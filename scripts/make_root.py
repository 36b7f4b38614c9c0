"""Program: one hash that stands for a finished study's results and records."""

from pathlib import Path

from coin.common.files import written_whole
from coin.provenance.lineage import jobs_behind
from coin.provenance.root import account_of, root_of, sums_of
from coin.provenance.study_records import read_study
from coin.workflow.program import Output, run


def make_root(
    *,
    records: str,
    tables: list[Path],
    figures: list[Path],
    report: Path,
    config: Path,
    jobs: Output,
    sums: Output,
    digest: Output,
) -> None:
    """Write one hash that stands for a study: its results, and all jobs that led to them.

    Args:
        records: The folder of its jobs' records. A text, not a path: see make_crate.
        tables: All its tables.
        figures: All its figures.
        report: Its data report.
        config: Its merged settings.
        jobs: A line for each job: what of its record lasts.
        sums: sha256 of `jobs` and of everything that the jobs wrote, as sha256sum has it.
        digest: The root, the sha256 of `sums`.
    """
    made = jobs_behind(
        read_study(Path(records).parent), map(str, [*tables, *figures, report, config])
    )
    account = account_of(made)
    listed = sums_of(made, account, str(jobs))
    for path, text in ((jobs, account), (sums, listed), (digest, f"{root_of(listed)}\n")):
        with written_whole(path) as partial:
            partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(make_root)
