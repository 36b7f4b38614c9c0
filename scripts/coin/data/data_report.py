"""What went into a study, what was left out, and why: counts for people to check."""

import pandas as pd

from coin.common.conventions import CLASS_NAMES
from coin.data.datasets.account import MASS, NOTHING, UNUSABLE
from coin.data.mass_facts import column_of, spelt


def report(
    records: pd.DataFrame,
    masses: pd.DataFrame,
    data: str,
    split: str = "folds",
    labels_are: str = "",
) -> str:
    """Return the data report in Markdown.

    Args:
        records: data_report.csv.
        masses: masses.csv.
        data: What was read, in words.
        split: The column of `masses` that parts them in train and test; `folds` where none does.
        labels_are: Where the labels come from, in words.
    """
    density = column_of(masses, "density")
    is_split = split != "folds" and split in masses  # make_folds tells of one that is not there
    unusable = records["reason"].str.startswith(UNUSABLE)
    parts = [
        f"# Data: {data}",
        f"Of {len(records):,} records of the source {len(masses):,} are masses of this study. "
        "Every record stands in data_report.csv: used, or left out and why.",
        *([f"Benign and malignant are {labels_are}."] if labels_are else []),
        "## From images to masses",
        _markdown(flow(records)),
        "## The masses by class and patient",
        _markdown(by_class(masses)),
        _patients(masses),
        *(["## By part of the split", _markdown(by(masses, split))] if is_split else []),
        "## By view",
        _markdown(by(masses, "view")),
        "## By density",
        _markdown(by(masses, density)) if density else "The source does not tell it.",
        "## Left out",
        _markdown(left_out(records[~unusable])),
        "## Skipped, because they could not be used",
        _unusable(records[unusable]),
        "## Used, but to be looked at",
        _listed(records["image"] + ": " + records["warning"], records["warning"] != ""),
    ]
    return "\n\n".join(parts) + "\n"


def flow(records: pd.DataFrame) -> pd.DataFrame:
    """Count images and records from the whole source down to what is used."""
    image = records["image"].where(records["image"] != "", records["record"])
    is_mass = records["finding"] == MASS
    steps = {
        "in the source": records["finding"].notna(),
        "annotated": records["finding"] != NOTHING,
        "with a mass": is_mass,
        "used": records["used"],
    }
    return pd.DataFrame(
        {
            "": list(steps),
            "images": [image[chosen].nunique() for chosen in steps.values()],
            "annotations": [
                (chosen & (records["finding"] != NOTHING)).sum() for chosen in steps.values()
            ],
            "of them masses": [(chosen & is_mass).sum() for chosen in steps.values()],
        }
    )


def by_class(masses: pd.DataFrame) -> pd.DataFrame:
    """Count masses, images and patients of each class, and of both together."""
    of_class = {name: masses[masses["label"] == label] for label, name in enumerate(CLASS_NAMES)}
    of_class["all"] = masses
    return pd.DataFrame(
        {
            "class": list(of_class),
            "masses": [len(chosen) for chosen in of_class.values()],
            "images": [chosen["image"].nunique() for chosen in of_class.values()],
            "patients": [chosen["patient_id"].nunique() for chosen in of_class.values()],
        }
    )


def by(masses: pd.DataFrame, column: str) -> pd.DataFrame:
    """Count the masses of each class for every value of a column."""
    counts = pd.crosstab(spelt(masses[column]), masses["label"]).reindex(
        columns=range(2), fill_value=0
    )
    counts.columns = list(CLASS_NAMES)
    return counts.assign(masses=counts.sum(axis=1)).reset_index(names=column)


def _patients(masses: pd.DataFrame) -> str:
    benign, malignant = (set(masses.loc[masses["label"] == n, "patient_id"]) for n in range(2))
    return (
        f"{len(benign - malignant):,} patients have benign masses only, "
        f"{len(malignant - benign):,} malignant ones only, and {len(benign & malignant):,} both."
    )


def left_out(records: pd.DataFrame) -> pd.DataFrame:
    """Count the records, and their images, that are left out for each reason."""
    groups = records[~records["used"]].groupby("reason")["image"].agg(["size", "nunique"])
    groups = groups.sort_values("size", ascending=False, kind="stable").reset_index()
    return groups.rename(columns={"size": "records", "nunique": "images"})


def _unusable(records: pd.DataFrame) -> str:
    if records.empty:
        return "None."
    lines = records["record"] + ": " + records["reason"].str.removeprefix(UNUSABLE)
    return f"{len(records):,} records:\n\n" + "\n".join("- " + lines)


def _listed(lines: pd.Series, chosen: pd.Series) -> str:
    return "\n".join("- " + lines[chosen].drop_duplicates()) or "None."


def _markdown(table: pd.DataFrame) -> str:
    if table.empty:
        return "None."
    align = ["left"] + ["right"] * (table.shape[1] - 1)
    return table.to_markdown(index=False, disable_numparse=True, colalign=align)
