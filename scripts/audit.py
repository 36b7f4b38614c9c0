"""Whether a study's results are what its records say; what made a cell; why two studies differ.

python scripts/audit.py results/phantom
python scripts/audit.py results/phantom --explain table2 COIN auc_mean
python scripts/audit.py results/phantom --explain fig6
python scripts/audit.py results/phantom --against path/to/other/results/phantom
python scripts/audit.py results/phantom --rerun 5
"""

import json
import secrets
import signal
import sys
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from coin.common.errors import BadInput
from coin.provenance.against import against
from coin.provenance.against_text import as_markdown
from coin.provenance.against_text import as_text as comparison_as_text
from coin.provenance.audit import Finding, audit, config_sources
from coin.provenance.explain import as_text, explain
from coin.provenance.job_record import REPOSITORY
from coin.provenance.rerun import drawn, run_again
from coin.provenance.signature import sign, verify
from coin.provenance.study_records import Study, read_study, study_folder
from coin.workflow.todays_rules import todays_settings

_FEW = 5


def main() -> int:
    """Run the program; returns its exit status, 1 where something is wrong."""
    options = _parser().parse_args()
    if options.explain and len(options.explain) not in (1, 3):
        sys.exit("error: --explain: give the name of a figure, or of a table, a row and a column")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error
    try:
        study = read_study(options.results)
        if options.explain:
            found = explain(study, *options.explain)
            print(json.dumps(found, indent=1) if options.json else as_text(found))
            return 0
        if options.against:
            return _against(study, options)
        if options.rerun:
            return _rerun(study, options)
    except BadInput as problem:
        sys.exit(f"error: {problem}")
    findings = [*_findings(study, options.strict), *_signature_findings(study, options.verify)]
    if options.json:
        print(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        _print(study, findings)
        if options.verify and not any(finding.is_error for finding in findings):
            print(f"signed by the key of {options.verify}")
    is_wrong = any(finding.is_error or options.strict for finding in findings)
    if options.sign:
        _sign(study, options.sign, is_wrong)
    return int(is_wrong)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path, help="the study's folder, results/<study>")
    parser.add_argument(
        "--strict",
        action="store_true",
        help="warnings count as errors, and files of known dates are read too",
    )
    parser.add_argument(
        "--explain",
        nargs="+",
        metavar="NAME",
        help="what made a cell (table, row, column) or a figure; rows of Fig. 5a are named 1,4",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="OTHER",
        help="which cells differ from another study's, and why; a checkout or a crate will do",
    )
    parser.add_argument(
        "--rerun",
        nargs="+",
        metavar="N",
        help="run N recorded jobs again and compare their bytes; rule=train draws from one rule, "
        "seed=7 draws the same again",
    )
    parser.add_argument(
        "--sign",
        type=Path,
        metavar="KEY",
        help="sign the root of a study without errors, by a PEM key",
    )
    parser.add_argument(
        "--verify", type=Path, metavar="PUBKEY", help="check its signature too, by a public PEM key"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, in full, for programs")
    parser.add_argument("--md", action="store_true", help="of --against: print Markdown")
    return parser


def _sign(study: Study, key: Path, is_wrong: bool) -> None:
    if is_wrong:
        sys.exit("error: not signed: a signature would stand for the errors above")
    try:
        print(f"signed: {sign(study, key)}", file=sys.stderr)
    except BadInput as problem:
        sys.exit(f"error: {problem}")


def _signature_findings(study: Study, key: Path | None) -> list[Finding]:
    if key is None:
        return []
    try:
        verify(study, key)
    except BadInput as problem:
        return [Finding(True, str(problem))]
    return []


def _against(study: Study, options: Namespace) -> int:
    """Print how another study differs; returns 1 where it does, as diff does."""
    other = read_study(study_folder(options.against, study.results.name))
    found = against(study, other)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        print(as_markdown(found) if options.md else comparison_as_text(found))
    return int(any(table["cells"] or table["only"] for table in found["tables"]))


def _rerun(study: Study, options: Namespace) -> int:
    """Run jobs again, and print what came of each; returns 1 unless all gave the same bytes."""
    count, rule, seed = _draw(options.rerun)
    jobs = drawn(study, count, rule, seed)
    outcomes = []
    if not options.json:
        print(f"{len(jobs)} jobs, drawn by seed={seed}", flush=True)
    for job in jobs:
        outcomes.append(run_again(study, job))
        if not options.json:
            print(f"{job}: {'; '.join(outcomes[-1].lines)}", flush=True)
    same = sum(outcome.is_same for outcome in outcomes)
    if options.json:
        print(json.dumps({"seed": seed, "jobs": [one._asdict() for one in outcomes]}, indent=1))
    else:
        print(f"{study.results}: {same} of {len(jobs)} jobs gave the same bytes")
    return int(same < len(jobs))


def _draw(words: list[str]) -> tuple[int, str | None, int]:
    """Read how many jobs to draw, from which rule, and by which seed."""
    count, rule, seed = _FEW, None, secrets.randbelow(10**6)
    for word in words:
        name, _, value = word.rpartition("=")
        if name == "rule":
            rule = value
        elif name == "seed" and value.isdecimal():
            seed = int(value)
        elif not name and value.isdecimal() and int(value) > 0:
            count = int(value)
        else:
            raise BadInput(f"--rerun: found {word}, expected a number, rule=NAME or seed=NUMBER")
    return count, rule, seed


def _findings(study: Study, strict: bool) -> list[Finding]:
    """Audit a study against today's rules and config, as far as these can be read."""
    try:
        files, config = config_sources(study)
        settings_of = todays_settings(REPOSITORY / "Snakefile", study.root, files, config)
    except BadInput as problem:
        unreadable = [Finding(True, line) for line in str(problem).splitlines()]
        return [*unreadable, *audit(study, None, strict)]
    return audit(study, settings_of, strict)


def _print(study: Study, findings: list[Finding]) -> None:
    for finding in findings:
        print(f"{'error' if finding.is_error else 'warning'}: {finding.text}")
    errors = sum(finding.is_error for finding in findings)
    root = study.root / study.results / "provenance/ROOT"
    if not errors and root.is_file():
        print(f"root {root.read_text(encoding='utf-8').strip()}")
    n_files = len(study.producers())
    print(
        f"{study.results}: {len(study.records)} jobs wrote {n_files} files: {errors} errors, "
        f"{len(findings) - errors} warnings"
    )


if __name__ == "__main__":
    sys.exit(main())
