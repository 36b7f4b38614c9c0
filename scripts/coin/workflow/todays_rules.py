"""What the rules would tell each program today: asked of the Snakefile itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coin.common.errors import BadInput
from coin.provenance.audit import SettingsOf


def todays_settings(
    snakefile: Path, root: Path, config_files: list[str], config: Mapping[str, Any]
) -> SettingsOf:
    """Read a Snakefile, and return what its rules tell their programs. Nothing is run.

    Args:
        snakefile: the workflow's.
        root: the folder that it would run in.
        config_files: over the defaults, later ones over earlier ones; relative to `root`.
        config: of the command line, over these.

    Raises:
        BadInput: the Snakefile refuses the config, or cannot be read.
    """
    from snakemake.api import SnakemakeApi  # slow to import
    from snakemake.iocontainers import Wildcards
    from snakemake.settings.types import (
        ConfigSettings,
        OutputSettings,
        Quietness,
        ResourceSettings,
    )

    silent = OutputSettings(quiet={Quietness.ALL}, enable_file_logging=False)
    with SnakemakeApi(silent) as api:
        try:
            workflow = api.workflow(
                resource_settings=ResourceSettings(),
                config_settings=ConfigSettings(
                    config=dict(config), configfiles=[root / name for name in config_files]
                ),
                snakefile=snakefile,
                workdir=root,
            )._workflow
        except SystemExit as refusal:
            raise BadInput(str(refusal)) from refusal
        except Exception as error:  # Snakemake raises whatever a Snakefile or a config leads to
            said = " ".join(str(error).split())
            raise BadInput(f"the rules cannot be asked what they say today: {said}") from error

    rules = {rule.name: rule.params for rule in workflow.rules}

    def settings(rule: str, wildcards: Mapping[str, str]) -> dict[str, Any]:
        told = rules[rule].settings
        return told(Wildcards(fromdict=dict(wildcards))) if callable(told) else told

    return settings
