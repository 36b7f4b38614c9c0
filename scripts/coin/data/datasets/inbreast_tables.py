"""The tables of an INbreast release: BI-RADS and density of each image, in a CSV and an XLS."""

import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import xlrd

from coin.common.errors import BadInput
from coin.data.datasets.csv_tables import text_table, with_columns
from coin.data.datasets.images import one_line
from coin.data.datasets.source import inside

_IMAGE_ID = r"(\d+)(?:\.0*)?"  # the XLS holds numbers, which may come as 22678622.0
_BIRADS = r"([1-6])(?:\.0*)?([abc]?)"


def assessments_of(root: Path, release: Path) -> pd.DataFrame:
    """Read `birads` (1 to 6, 4a to 4c) and `density` (ACR) of each image; unknown ones are empty.

    Args:
        root: The data folder, which no file may leave.
        release: The folder that holds INbreast.csv, INbreast.xls or both.

    Raises BadInput when there is neither, one is damaged, or they contradict each other.
    """
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        "INbreast.csv": text_table,
        "INbreast.xls": _sheet,
    }
    tables = {}
    for path in sorted(release.iterdir()):
        name = {name.lower(): name for name in readers}.get(path.name.lower())
        if name is not None:
            path = inside(root, path.relative_to(root).as_posix())
            tables[path] = _assessment_table(path, readers[name])
    if not tables:
        raise BadInput(
            f"{release}: neither INbreast.csv nor INbreast.xls; one is needed for BI-RADS"
        )
    first, *others = tables
    for other in others:
        _refuse_contradiction(first, tables[first], other, tables[other])
        density = tables[first]["density"]
        tables[first]["density"] = density.mask(density == "", tables[other]["density"])
    return tables[first]


def _sheet(path: Path) -> pd.DataFrame:
    try:
        sheet = xlrd.open_workbook(path, logfile=io.StringIO()).sheet_by_index(0)
        header, *rows = (sheet.row_values(row) for row in range(sheet.nrows))
        return pd.DataFrame(rows, columns=header, dtype=object)
    except Exception as error:  # xlrd raises whatever a damaged file leads to
        raise BadInput(f"{path}: not a readable XLS table ({one_line(error)})") from error


def _assessment_table(path: Path, reader: Callable[[Path], pd.DataFrame]) -> pd.DataFrame:
    table = with_columns(path, reader(path), str.lower)
    missing = [name for name in ("file name", "bi-rads", "acr") if name not in table]
    if missing:
        raise BadInput(f"{path}: no column {', '.join(missing)}; found {', '.join(table.columns)}")
    table = table.astype(str).apply(lambda column: column.str.strip())
    image_ids = table["file name"].str.extract(f"^{_IMAGE_ID}$")[0]
    table = table[image_ids.notna()].set_axis(image_ids.dropna())  # blank and totals rows go
    if table.index.has_duplicates:
        repeated = ", ".join(table.index[table.index.duplicated()].unique())
        raise BadInput(f"{path}: image {repeated} is listed more than once")
    grade = table["bi-rads"].str.lower().str.extract(f"^{_BIRADS}$").fillna("")
    density = table["acr"].str.replace(r"\.0*$", "", regex=True)
    return pd.DataFrame({"birads": grade[0] + grade[1], "density": density})


def _refuse_contradiction(
    path: Path, table: pd.DataFrame, other_path: Path, other: pd.DataFrame
) -> None:
    """Raise BadInput unless both tables list the same images with the same BI-RADS 1 to 6."""
    both, others = table["birads"].str[:1].align(other["birads"].str[:1])
    wrong = both.index[both.isna() | others.isna() | (both != others)]
    if len(wrong):
        raise BadInput(
            f"{path} and {other_path} differ in the BI-RADS of image {', '.join(wrong)}; "
            "mend one of them or remove it"
        )
