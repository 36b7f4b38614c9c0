"""Take a finished study into docs/results/, and write what the README says of it.

    python docs/results/publish.py results/cbis-cpu

copies its tables, its settings and its root, and writes the page and the README's section anew from
the copies. Without a study both are written from the copies that are there.
"""

import json
import re
import shutil
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from coin.evaluation.tables import with_interval
from coin.provenance.study_records import read_study

FOLDER = Path(__file__).resolve().parent
README = FOLDER.parent.parent / "README.md"
BEGIN, END = "<!-- written by docs/results/publish.py -->\n", "<!-- end -->\n"
SHOWN = "cbis-cpu"
"""The study that the README speaks of."""

NAMES = {
    "none": "no augmentation",
    "conventional": "flips and rotations",
    "cgan": "conditional GAN",
    "adversarial": "adversarial: positive neighbours",
    "no_graph": "COIN without its graph, λ = 0",
    "coin": "**COIN**",
    "coin_flips": "COIN, flips and rotations",
    "supervised_contrastive": "supervised contrastive, flips and rotations",
    "features_svm": "handcrafted features, linear SVM",
}
"""The arms that the README shows, of those that a study has."""
VERDICTS = ("reproduced", "weaker", "undecided", "contradicted", "not measured")
KINDS = ("csv", "md")
LEAKY = "neighbours"
NO_COMMIT = {"commit": "none known"}


def main(arguments: list[str]) -> None:
    """Copy a study, if one is named; write its page and the README's section."""
    for study in map(Path, arguments):
        copy_study(study, FOLDER / study.name)
    for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
        (folder / "README.md").write_text(page(folder), encoding="utf-8")
    text = README.read_text(encoding="utf-8")
    README.write_text(with_section(text, section(FOLDER / SHOWN)), encoding="utf-8")


def copy_study(study: Path, folder: Path) -> None:
    """Copy a study's tables and settings, its root, and in `made.json` what made it.

    Raises:
        SystemExit: the study is not finished, or has records that cannot be used.
    """
    root = study / "provenance" / "ROOT"
    if not root.exists():
        sys.exit(f"{root}: not there; finish the study first")
    made_by = read_study(study)
    if made_by.unusable:
        sys.exit("\n".join(made_by.unusable))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tables = [path for kind in KINDS for path in sorted((study / "tables").glob(f"*.{kind}"))]
    for file in [*tables, study / "config.yaml", root]:
        shutil.copyfile(file, folder / file.name)
    records = made_by.records.values()
    made = {
        "revisions": sorted({(record["revision"] or NO_COMMIT)["commit"] for record in records}),
        "processors": sorted({record["cpu"] for record in records}),
        "jobs": len(records),
    }
    (folder / "made.json").write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")


def page(folder: Path) -> str:
    """Return a study's page: what made it, and its tables."""
    made = json.loads((folder / "made.json").read_text(encoding="utf-8"))
    tables = sorted(path.name for path in folder.glob("*.md") if path.name != "README.md")
    root = (folder / "ROOT").read_text(encoding="utf-8").strip()
    return f"""\
# {folder.name}

Data: {_metrics(folder)["data"].iloc[0]}. Written by `docs/results/publish.py`.

- Settings: [config.yaml](config.yaml), all of them.
- [Root](../../audit.md#cite) of results and records: `{root}`.
- Revision of the code: {_listed(made["revisions"])}.
- {made["jobs"]} jobs, on {_listed(made["processors"])}.

Tables, each as `.csv` too:

{chr(10).join(f"- [{name.removesuffix('.md')}]({name})" for name in tables)}
"""


def section(folder: Path) -> str:
    """Return what the README says of a study, every number from its tables."""
    metrics = _metrics(folder)
    of_masses = metrics[metrics["level"] == "mass"].set_index(["arm", "metric"])
    any_row = of_masses.iloc[0]
    rows = [
        f"| {name} | {_cell(of_masses.loc[arm, 'auc'])} | {_cell(of_masses.loc[arm, 'accuracy'])} |"
        for arm, name in NAMES.items()
        if (arm, "auc") in of_masses.index
    ]
    place = f"docs/results/{folder.name}"
    return f"""\
{any_row["data"]} ({any_row["n_patients"]:.0f} patients, each in training or test alone); \
{any_row["n_seeds"]:.0f} seeds, means and 95 % intervals:

| arm | AUC | accuracy |
|---|---|---|
{chr(10).join(rows)}

{_said_of_graph(pd.read_csv(folder / "comparisons.csv"))}
{_said_of_leakage(pd.read_csv(folder / "leakage.csv"))}
{_said_of_claims(pd.read_csv(folder / "claims.csv"), place)}
All tables, and what made them: [{place}]({place}/README.md).
"""


def with_section(readme: str, text: str) -> str:
    """Return the README with its section written anew between its two marks."""
    between = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), flags=re.DOTALL)
    return between.sub(lambda _: BEGIN + text + END, readme)


def _metrics(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "metrics.csv")


def _said_of_graph(comparisons: pd.DataFrame) -> str:
    """Say what COIN gains over its baselines, each difference with its interval."""
    of_coin = comparisons[(comparisons["arm"] == "coin") & (comparisons["metric"] == "auc")]
    gains = [
        f"{_cell(row, 'difference')} over {NAMES[row['baseline']]}" for _, row in of_coin.iterrows()
    ]
    return f"COIN's AUC less its baselines': {'; '.join(gains)}."


def _said_of_leakage(leakage: pd.DataFrame) -> str:
    """Say what neighbours that were made of all masses do for the arms that train on them."""
    leaky = leakage[(leakage["way"] == LEAKY) & (leakage["metric"] == "auc")].set_index("arm")
    said = [
        f"{_cell(leaky.loc[arm], 'value')} for {name} (published: {leaky.loc[arm, 'published']})"
        for arm, name in (("adversarial", "adversarial augmentation"), ("coin", "COIN"))
    ]
    words = (
        "Were neighbours made of all masses, before the split, a leak, one seed's AUC would read"
    )
    return f"{words} {' and '.join(said)}."


def _said_of_claims(claims: pd.DataFrame, place: str) -> str:
    said = claims["verdict"].fillna("not measured")
    counts = ", ".join(f"{(said == verdict).sum()} {verdict}" for verdict in VERDICTS)
    lines = [f"Of the paper's {len(claims)} claims: {counts} ([each]({place}/claims.md))."]
    for verdict in ("reproduced", "contradicted"):
        if (said == verdict).any():
            lines.append(f"{verdict.capitalize()}: {'; '.join(claims['claim'][said == verdict])}.")
    return "\n".join(lines)


def _cell(row: pd.Series, column: str = "value") -> str:
    return with_interval(row[column], row["low"], row["high"])


def _listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


if __name__ == "__main__":
    main(sys.argv[1:])
