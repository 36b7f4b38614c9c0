"""What a data set tells of its masses beside their class, under the names that tables give it."""

import pandas as pd

UNKNOWN = "not known"
_COLUMNS = {
    "view": ["view"],
    "density": ["density", "breast_density"],
    "birads": ["birads", "assessment"],
    "subtlety": ["subtlety"],
}


def column_of(masses: pd.DataFrame, fact: str) -> str | None:
    """Return the column of `masses.csv` that tells a fact (`_COLUMNS`); None where none does."""
    return next((name for name in _COLUMNS[fact] if name in masses), None)


def spelt(values: pd.Series) -> pd.Series:
    """Return values as text, whole numbers without a point; a missing one is `UNKNOWN`."""
    text = values.map(lambda value: f"{value:g}" if isinstance(value, float) else str(value))
    return text.astype(object).where(values.notna(), UNKNOWN)
