"""Any data set, in whatever format it is released: one door for all programs."""

import os
from collections.abc import Callable
from inspect import signature
from pathlib import Path

from coin.common.errors import BadInput
from coin.data.datasets import cbis_ddsm, inbreast, mini_mias, table, vindr_mammo
from coin.data.datasets.scrutiny import scrutinised
from coin.data.datasets.source import Source

READERS: dict[str, Callable[..., Source]] = {
    "inbreast": inbreast.read,
    "cbis-ddsm": cbis_ddsm.read,
    "mini-mias": mini_mias.read,
    "vindr-mammo": vindr_mammo.read,
    "table": table.read,
}


def read(
    format: str,
    root: Path,
    settings: dict | None = None,
    decode_all: bool = False,
    threads: int = 1,
) -> Source:
    """Read a data set, and look a second time at the whole of it.

    Args:
        format: How the data set is laid out, a key of READERS.
        root: The data folder; nothing outside it is opened.
        settings: The format's own settings.
        decode_all: Whether every image is decoded, to leave out those that are damaged.
        threads: Processes that read images; the result is the same for any number.

    Raises BadInput when the format, the folder or the settings are none, or all of it is unusable.
    """
    if format not in READERS:
        raise BadInput(f"data.format is {format!r}; expected one of {', '.join(READERS)}")
    if not root.is_dir():
        raise BadInput(f"data.root is {root}, which is no folder; give the folder of the data set")
    reader, settings = READERS[format], settings or {}
    known = signature(reader).parameters.keys() - {"root", "workers"}
    unknown = settings.keys() - known
    if unknown:
        raise BadInput(f"data.{format}: no setting {', '.join(sorted(unknown))} in this format")
    root = Path(os.path.realpath(root))
    try:
        source = reader(root, threads, **settings)
    except OSError as error:  # such as a folder that may not be read
        raise BadInput(f"{error.filename}: cannot be read ({error.strerror})") from error
    return scrutinised(source, root, threads, decode_all)
