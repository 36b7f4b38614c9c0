"""Program: keep the study's settings, as they were merged and checked, beside its results."""

from pathlib import Path

import yaml

from coin.files import written_whole
from coin.program import run


def save_config(*, settings: dict, config: Path) -> None:
    """Keep the study's settings, as they were merged and checked, beside its results.

    Args:
        settings: all of them, as JSON.
        config: written, as YAML that `--configfile` takes.
    """
    with written_whole(config) as partial:
        partial.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")


if __name__ == "__main__":
    run(save_config)
