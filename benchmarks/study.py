"""What a study costs beyond its mathematics: the CPU time of a whole run over that of its loops.

    python benchmarks/study.py [--configfile studies/own-data.yaml ...] [--cores 2]

Runs a study from nothing in a copy of the checkout, and prints one JSON line: `total_s`, the CPU
seconds of everything, Snakemake and all programs; `loops_s`, those of the loops that make
neighbours, train conditional GANs and train classifiers, as programs log them; `ratio`; `wall_s`.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "tools"))

from study import copy_checkout, environment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", nargs="*", type=Path, default=[])
    parser.add_argument("--cores", default="all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        checkout = copy_checkout(Path(folder) / "study")
        command = ["snakemake", "--cores", options.cores]
        if options.configfile:
            command += ["--configfile", *(str(file.resolve()) for file in options.configfile)]
        before, start = _cpu_of_children(), time.monotonic()
        subprocess.run(
            command, cwd=checkout, env=environment(), check=True, stdout=sys.stderr, text=True
        )
        wall, total = time.monotonic() - start, _cpu_of_children() - before
        loops = sum(map(_loops, checkout.glob("results/*/logs/*.log")))
    print(
        json.dumps(
            {
                "benchmark": "study",
                "total_s": round(total, 1),
                "loops_s": round(loops, 1),
                "ratio": round(total / loops, 3),
                "wall_s": round(wall, 1),
            }
        )
    )


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _loops(log: Path) -> float:
    text = log.read_text(encoding="utf-8")
    return sum(map(float, re.findall(r"loop: ([\d.]+) s of CPU", text)))


if __name__ == "__main__":
    main()
