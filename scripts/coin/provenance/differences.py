"""What differs between two nested settings, and between two tables."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd


def differences(here: Any, there: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield each setting that differs: its dotted name, and its value here and there."""
    if isinstance(here, dict) and isinstance(there, dict):
        for key in [*here, *(key for key in there if key not in here)]:
            dotted = f"{name}.{key}" if name else key
            yield from differences(here.get(key), there.get(key), dotted)
    elif here != there:
        yield name, here, there


class Cell(NamedTuple):
    """A cell that two tables do not have alike. None: the row or the column is not there."""

    row: str
    column: str
    here: str | None
    there: str | None

    @property
    def distance(self) -> float | None:
        """How much more there is there than here; None where one of them is no number."""
        try:
            return float(self.there or "") - float(self.here or "")
        except ValueError:
            return None


def differing_cells(here: pd.DataFrame, there: pd.DataFrame) -> list[Cell]:
    """Return the cells that differ between two tables of text, in the order of the first.

    Args:
        here: its index names its rows, each once.
        there: likewise.
    """
    rows, columns = (
        here.index.union(there.index, sort=False),
        here.columns.union(there.columns, sort=False),
    )
    one, other = (table.reindex(index=rows, columns=columns) for table in (here, there))
    is_alike = (one == other) | (one.isna() & other.isna())
    places = (~is_alike).stack()
    return [
        Cell(row, column, _or_none(one.at[row, column]), _or_none(other.at[row, column]))
        for row, column in places.index[places]
    ]


def _or_none(value: Any) -> str | None:
    return None if pd.isna(value) else value
