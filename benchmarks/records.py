"""What a job pays for its record, and how long an audit takes.

Prints one JSON line: whole runs of the program of Table II with and without --record, by turns (its
files are small, so that hashing hardly counts), and the import that both pay for; the rate of
hashing; and an audit of the study.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from coin.provenance.job_record import REPOSITORY, sha256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("results/phantom"), help="its results")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = _table2(options.study, Path(folder))
        recorded = [*command, "--record", f"{folder}/make_table2.json"]
        plain_s, recorded_s = _paired(command, recorded, options.repeats)
        rate = _gigabytes_a_second(Path(folder))
    start = time.perf_counter()
    audit = [sys.executable, str(REPOSITORY / "scripts/audit.py"), str(options.study)]
    subprocess.run(audit, capture_output=True)
    print(
        json.dumps(
            {
                "benchmark": "records",
                "job_s": round(plain_s, 3),
                "record_ms": round(1000 * (recorded_s - plain_s), 1),
                "import_ms": round(1000 * _import_seconds(), 1),
                "hash_gb_per_s": round(rate, 2),
                "audit_s": round(time.perf_counter() - start, 2),
            }
        )
    )


def _table2(study: Path, folder: Path) -> list[str]:
    metrics = sorted(study.glob("runs/positive*/metrics.csv"))[:2]
    names = {"coin": metrics[0], "no_graph": metrics[1], "others": "[]", "names": "[]"}
    names |= {"intervals": study / "tables/metrics.csv", "data": "a benchmark"}
    names |= {"table": json.dumps([f"{folder}/table2.{kind}" for kind in ("csv", "md", "tex")])}
    command = [sys.executable, str(REPOSITORY / "scripts/make_table2.py")]
    return command + [word for name, value in names.items() for word in (f"--{name}", str(value))]


def _paired(first: list[str], second: list[str], repeats: int) -> tuple[float, float]:
    """Return the median seconds of the first, and the first's plus the median difference."""
    seconds = np.empty((repeats, 2))
    for turn in range(-1, repeats):  # the first turn warms up
        for place, command in enumerate((first, second)):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            if turn >= 0:
                seconds[turn, place] = time.perf_counter() - start
    plain = float(np.median(seconds[:, 0]))
    return plain, plain + float(np.median(seconds[:, 1] - seconds[:, 0]))


def _import_seconds(repeats: int = 5) -> float:
    """Return the median seconds that importing the record's module adds to what programs import."""
    code = (
        f"import sys, time; sys.path.insert(0, {str(REPOSITORY / 'scripts')!r})\n"
        "import jsonargparse, coin.common.files, threadpoolctl; start = time.perf_counter()\n"
        "import coin.provenance.job_record; print(time.perf_counter() - start)"
    )
    command = [sys.executable, "-c", code]
    runs = [subprocess.run(command, check=True, capture_output=True) for _ in range(repeats)]
    return float(np.median([float(run.stdout) for run in runs]))


def _gigabytes_a_second(folder: Path, n_bytes: int = 2**28) -> float:
    path = folder / "zeros"
    path.write_bytes(bytes(n_bytes))
    start = time.perf_counter()
    sha256(path)
    return n_bytes / (time.perf_counter() - start) / 1e9


if __name__ == "__main__":
    main()
