"""Whether a study's results are what its records say; and what made one of its cells or figures.

python scripts/audit.py results/phantom
python scripts/audit.py results/phantom --explain table2 COIN auc_mean
python scripts/audit.py results/phantom --explain fig6
"""

import argparse
import json
import signal
import sys
from pathlib import Path

from coin.common.errors import BadInput
from coin.provenance.audit import audit
from coin.provenance.explain import as_text, explain
from coin.provenance.study_records import read_study


def main() -> int:
    """Run the program; returns its exit status, 1 where something is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", type=Path, help="the study's folder, results/<study>")
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    parser.add_argument(
        "--explain",
        nargs="+",
        metavar="NAME",
        help="what made a cell (table, row, column) or a figure; rows of Fig. 5a are named 1,4",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, in full, for programs")
    options = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error
    try:
        study = read_study(options.results)
        if options.explain:
            found = explain(study, *options.explain)
            print(json.dumps(found, indent=1) if options.json else as_text(found))
            return 0
    except BadInput as problem:
        sys.exit(f"error: {problem}")
    findings = audit(study)
    if options.json:
        print(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        for finding in findings:
            print(f"{'error' if finding.is_error else 'warning'}: {finding.text}")
        errors = sum(finding.is_error for finding in findings)
        n_files = len(study.producers())
        print(
            f"{study.results}: {len(study.records)} jobs wrote {n_files} files: {errors} errors, "
            f"{len(findings) - errors} warnings"
        )
    return int(any(finding.is_error or options.strict for finding in findings))


if __name__ == "__main__":
    sys.exit(main())
