"""The phantom's XLS writer, read back; and the reader on what later versions of Excel write."""

import io

import pytest
import xlrd
import xlwt
from phantom_study import small_release

from coin.data.datasets import biff, inbreast

ROWS = [["File Name", "Mass "], [22678622.0, "4a"], [], ["", "x", -0.1]]


def test_xlrd_reads_the_same_cells_and_says_nothing():
    said = io.StringIO()
    book = xlrd.open_workbook(file_contents=biff.sheet(ROWS), logfile=said)
    (sheet,) = book.sheets()
    assert book.biff_version == 20 and said.getvalue() == ""
    found = [sheet.row_values(row) for row in range(sheet.nrows)]
    assert found == [[*row, *[""] * (3 - len(row))] for row in ROWS]
    assert sheet.cell_type(1, 0) == xlrd.XL_CELL_NUMBER


@pytest.mark.parametrize("text", ["x" * 256, "é"])
def test_what_a_cell_cannot_hold(text):
    with pytest.raises(ValueError):
        biff.sheet([[text]])


def test_a_workbook_of_excel_97_is_read_alike(tmp_path):
    root = small_release(tmp_path)
    (path,) = root.rglob("INbreast.xls")
    path.with_name("INbreast.csv").unlink()
    expected = inbreast.read(root)
    sheet = xlrd.open_workbook(path).sheet_by_index(0)
    book = xlwt.Workbook()
    copy = book.add_sheet("Sheet1")
    for row in range(sheet.nrows):
        for column, value in enumerate(sheet.row_values(row)):
            if value != "":
                copy.write(row, column, value)
    book.save(path)
    assert xlrd.open_workbook(path).biff_version == 80
    found = inbreast.read(root)
    assert found.masses.equals(expected.masses) and found.records.equals(expected.records)
