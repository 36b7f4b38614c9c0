"""A lossless JPEG encoder (ITU-T T.81, process 14, predictor 1), to test decoding with."""

import struct

import numpy as np

_CATEGORIES = 17
_CODE_LENGTH = 5  # of every category's Huffman code, which then is the category itself


def encode(stored: np.ndarray, bits: int) -> bytes:
    """Encode grey values (H, W) of 2 to 16 bits."""
    rows, columns = stored.shape
    lengths = [0] * 16
    lengths[_CODE_LENGTH - 1] = _CATEGORIES
    table = bytes([0, *lengths, *range(_CATEGORIES)])
    frame = struct.pack(">BHHB", bits, rows, columns, 1) + bytes([1, 0x11, 0])
    scan = bytes([1, 1, 0x00, 1, 0, 0])  # one component, table 0, predictor 1
    coded = _entropy_coded(_differences(stored.astype(int), bits))
    parts = [b"\xff\xd8", _segment(0xC3, frame), _segment(0xC4, table), _segment(0xDA, scan)]
    return b"".join([*parts, coded, b"\xff\xd9"])


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content


def _differences(stored: np.ndarray, bits: int) -> np.ndarray:
    """Predict each pixel by its left neighbour, the first column by the pixel above."""
    predicted = np.empty_like(stored)
    predicted[:, 1:] = stored[:, :-1]
    predicted[1:, 0] = stored[:-1, 0]
    predicted[0, 0] = 2 ** (bits - 1)
    return (stored - predicted + 2**15) % 2**16 - 2**15


def _entropy_coded(differences: np.ndarray) -> bytes:
    code = []
    for difference in differences.ravel().tolist():
        category = abs(difference).bit_length()
        code.append(f"{category:0{_CODE_LENGTH}b}")
        if 0 < category < 16:
            value = difference if difference > 0 else difference + 2**category - 1
            code.append(f"{value:0{category}b}")
    text = "".join(code)
    text += "1" * (-len(text) % 8)
    packed = int(text, 2).to_bytes(len(text) // 8, "big")
    return packed.replace(b"\xff", b"\xff\x00")
