"""Program: keep the study's settings, as they were merged and checked, beside its results."""

import yaml

from coin.common.files import written_whole
from coin.workflow.program import Output, run


def save_config(*, settings: dict, sources: dict, config: Output) -> None:
    """Keep the study's settings, as they were merged and checked, beside its results.

    Args:
        settings: all of them, as JSON.
        sources: the `files` that they were merged from, in order, and the `config` of the command
            line, which came last.
        config: written, as YAML that `--configfile` takes.
    """
    heading = "".join(f"# from {file}\n" for file in sources["files"])
    if sources["config"]:
        heading += f"# and --config {sources['config']}\n"
    with written_whole(config) as partial:
        text = heading + yaml.safe_dump(settings, sort_keys=False)
        partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(save_config)
