"""Writing a sheet as Excel 2 did: BIFF2, the oldest and plainest kind of `.xls` file."""

import struct
from collections.abc import Sequence

_BEGIN, _CODE_PAGE, _NUMBER, _LABEL, _END = 0x0009, 0x0042, 0x0003, 0x0004, 0x000A  # records
_EXCEL_2, _WORKSHEET, _WESTERN = 2, 0x0010, 1252
_PLAIN = bytes(3)  # a cell's attributes: no format, font or border
_LONGEST_TEXT = 255


def sheet(rows: Sequence[Sequence[str | float]]) -> bytes:
    """Encode rows of numbers and ASCII texts (at most 255 characters); an empty text is no cell."""
    cells = [
        _cell(row, column, value)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
        if value != ""
    ]
    begin = _record(_BEGIN, struct.pack("<HH", _EXCEL_2, _WORKSHEET))
    code_page = _record(_CODE_PAGE, struct.pack("<H", _WESTERN))
    return b"".join([begin, code_page, *cells, _record(_END, b"")])


def _cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HH", row, column) + _PLAIN
    if not isinstance(value, str):
        return _record(_NUMBER, place + struct.pack("<d", value))
    text = value.encode("ascii")
    if len(text) > _LONGEST_TEXT:
        raise ValueError(f"a text of {len(text)} characters; a cell holds {_LONGEST_TEXT}")
    return _record(_LABEL, place + bytes([len(text)]) + text)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content
