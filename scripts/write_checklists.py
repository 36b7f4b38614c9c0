"""Write reporting checklists that say where a study's files answer them."""

from pathlib import Path

import yaml

from coin.common.files import written_whole
from coin.paper.checklists import checklist
from coin.workflow.program import Output, run


def write_checklists(
    *,
    config: Path,
    results: list[Path],
    template: Path,
    wanted: list[Path],
    data: str,
    checklists: list[Output],
) -> None:
    """Write reporting checklists that say where a study's files answer them.

    Args:
        config: the study's merged settings, in its folder
        results: its other files that may answer
        template: report/paper.typ, for the names of the paper's sections
        wanted: of report/checklists/, one file a checklist
        data: what was measured, in words
        checklists: the Markdown files to write, in the same order
    """
    for source, path in zip(wanted, checklists, strict=True):
        items = yaml.safe_load(source.read_text(encoding="utf-8"))
        text = checklist(items, config.parent, [config, *results, template], data)
        with written_whole(path) as partial:
            partial.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(write_checklists)
