"""What each run of a finished study cost: images trained on, and seconds of a CPU or GPU.

    python benchmarks/cost.py [--study results/phantom]

Reads the study's records and Snakemake's benchmark files, and prints one JSON line: by run, over
all folds and seeds, `images` that went forward and backward (null where no network is trained),
`wall_s` and `cpu_s` of its own jobs, `made_cpu_s` of those that made what it trains on (neighbours,
the conditional GAN's images, graphs; runs that share them each bear them whole), and `gpu`, whose
seconds `wall_s` then are. Snakemake looks at a job's CPU seconds now and then: of a job of some
seconds they are too few.
"""

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

import pandas as pd

MAKERS = {"neighbours": "make_neighbours", "cgan": "train_cgan", "graph": "build_graph"}
"""The rule that makes what lies in each folder of fold<k>_seed<s>/."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", type=Path, default=Path("results/phantom"), help="its results")
    study = parser.parse_args().study
    records: dict[str, list[dict]] = defaultdict(list)
    for rule in ("train", "run_program"):
        for path in sorted((study / "provenance").glob(f"{rule},run=*.json")):
            record = json.loads(path.read_text(encoding="utf-8"))
            records[record["wildcards"]["run"]].append(record)
    runs = {run: cost(study, of_run) for run, of_run in records.items()}
    print(json.dumps({"benchmark": "cost", "study": study.name, "runs": runs}))


def cost(study: Path, records: list[dict]) -> dict[str, float | str | None]:
    """Return what the trainings of a run cost; `records`: of each fold and seed."""
    own = {
        f"{record['rule']},run={record['wildcards']['run']},seed={record['wildcards']['seed']}"
        for record in records
    }
    made = {
        f"{MAKERS[found[3]]},fold={found[1]},seed={found[2]}"
        for record in records
        for file in record["inputs"]
        if (found := re.search(r"/fold(\d+)_seed(\d+)/(\w+)/", file["path"]))
    }
    wall, cpu = seconds(study, own)
    gpu = records[0]["gpu"]
    return {
        "images": sum(map(images, records)) or None,
        "wall_s": wall,
        "cpu_s": cpu,
        "made_cpu_s": seconds(study, made)[1],
        "gpu": gpu and gpu["name"],
    }


def images(record: dict) -> int:
    """Return how many images went forward and backward in a training."""
    options = record["options"]
    training = options.get("training")
    return (
        0
        if training is None or options.get("frozen")
        else training["steps"] * training["batch_size"]
    )


def seconds(study: Path, jobs: set[str]) -> tuple[float, float]:
    """Return wall seconds and CPU seconds of jobs together."""
    files = [study / "benchmarks" / f"{job}.tsv" for job in jobs]
    rows = [pd.read_csv(file, sep="\t", na_values="-") for file in files]
    table = pd.concat(rows) if rows else pd.DataFrame({"s": [], "cpu_time": []})
    return round(float(table["s"].sum()), 1), round(float(table["cpu_time"].sum()), 1)


if __name__ == "__main__":
    main()
