"""How far apart two files of one kind are: the largest difference between their numbers."""

from pathlib import Path

import numpy as np
import pandas as pd

from coin.common.errors import BadInput
from coin.common.files import read_array, read_arrays
from coin.provenance.differences import differing_cells


def distance_between(one: Path, other: Path) -> str:
    """Say in words how much two files differ at most; of two that hold no numbers, that they do."""
    try:
        match one.suffix:
            case ".npy":
                return _between_arrays({"": read_array(one)}, {"": read_array(other)})
            case ".npz":
                return _between_arrays(read_arrays(one), read_arrays(other))
            case ".safetensors":
                from safetensors.numpy import load_file

                return _between_arrays(load_file(one), load_file(other))
            case ".csv":
                return _between_tables(one, other)
    except (BadInput, OSError, ValueError) as error:
        return f"one of them cannot be read ({error})"
    except Exception as error:  # safetensors has an exception of its own
        return f"one of them cannot be read ({error})"
    return "other bytes"


def _between_arrays(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> str:
    if one.keys() != other.keys() or any(one[name].shape != other[name].shape for name in one):
        return "other arrays, or of other shapes"
    largest = {
        name: float(np.abs(one[name].astype(float) - other[name].astype(float)).max(initial=0))
        for name in one
    }
    name = max(largest, key=largest.__getitem__)
    return f"largest difference {largest[name]:.3g}" + (f", in {name}" if name else "")


def _between_tables(one: Path, other: Path) -> str:
    tables = (pd.read_csv(path, dtype=str, keep_default_na=False) for path in (one, other))
    cells = differing_cells(*tables)
    numbers = [cell for cell in cells if cell.distance is not None]
    if not numbers:
        return f"{len(cells)} cells differ, in text"
    most = max(numbers, key=lambda cell: abs(cell.distance or 0))
    return (
        f"{len(cells)} cells differ; largest difference {abs(most.distance or 0):.3g}, in "
        f"{most.column} of row {int(most.row) + 1}"
    )
