"""A study's config: given settings over the defaults, checked against a closed schema."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import takewhile
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from coin.common.errors import BadInput


def study_config(given: Mapping[str, Any], defaults: Path, schema: Path) -> dict[str, Any]:
    """Lay the given settings over the defaults, and check them.

    Args:
        given: what config files and the command line say, merged.
        defaults: config.yaml.
        schema: config.schema.yaml.

    Raises:
        BadInput: something is wrong; a line for each thing, naming its key.
    """
    closed = _read(schema)
    config = with_types(merged(_read(defaults), given), closed)
    if wrong := problems(config, closed) or (
        _data_problems(config["data"]) + _backbone_problems(config["backbone"])
    ):
        raise BadInput("\n".join(f"config: {line}" for line in wrong))
    return config


def merged(under: Any, over: Any) -> Any:
    """Lay one mapping over another, as Snakemake does: mappings merge, all else is replaced."""
    if not isinstance(over, Mapping):
        return over
    base = under if isinstance(under, Mapping) else {}
    return {**base, **{name: merged(base.get(name), value) for name, value in over.items()}}


def repeated_configfile(arguments: list[str]) -> str | None:
    """Say what is wrong with a command line that has `--configfile` twice.

    Snakemake would take the last and forget the first without a word.
    """
    given = [
        (place, word)
        for place, word in enumerate(arguments)
        if word.partition("=")[0] in ("--configfile", "--configfiles")
    ]
    if len(given) < 2:
        return None
    files: list[str] = []
    for place, word in given:
        after = takewhile(lambda word: not word.startswith("-"), arguments[place + 1 :])
        files += [word.partition("=")[2]] if "=" in word else after
    return (
        f"--configfile is given {len(given)} times, and Snakemake would take the last alone; "
        f"give it once: --configfile {' '.join(files)}"
    )


def with_types(settings: Any, schema: Mapping[str, Any]) -> Any:
    """Read text as YAML wherever the schema wants something other than text.

    Snakemake takes every scalar of a mapping on the command line, as in `roi={"size": 32}`,
    for text, and YAML itself takes 1e-3 for text.
    """
    if isinstance(settings, Mapping):
        parts, others = schema.get("properties", {}), schema.get("additionalProperties") or {}
        return {
            name: with_types(value, parts.get(name, others)) for name, value in settings.items()
        }
    if isinstance(settings, list):
        return [with_types(value, schema.get("items", {})) for value in settings]
    kinds = schema.get("type", "string")
    if isinstance(settings, str) and (kinds != "string" and settings not in schema.get("enum", ())):
        value = _yaml(settings, number=kinds == "number")
        return settings if "string" in kinds and value is not None else value
    return settings


def problems(settings: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """List everything that is wrong with `settings`: one line each, naming the key."""
    errors = Draft202012Validator(schema).iter_errors(settings)
    return sorted({line for error in errors for line in _lines(error)})


def _read(path: Path) -> dict[str, Any]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _data_problems(data: Mapping[str, Any]) -> list[str]:
    """Say what the schema cannot: whether the data folder fits the format."""
    data_format, root = data["format"], data["root"]
    if data_format == "phantom":
        return ["data.root: the phantom makes its own data; set it to null"] if root else []
    if root is None or not Path(root).is_dir():
        return [
            f"data.root: found {root}, expected the folder of the {data_format} data; give its path"
        ]
    return []


def _backbone_problems(backbone: Mapping[str, Any] | None) -> list[str]:
    """Say whether the weights are there: Snakemake would take a page for it."""
    if backbone is None or Path(backbone["weights"]).is_file():
        return []
    return [
        f"backbone.weights: found no file {backbone['weights']}, expected a safetensors file of "
        f"{backbone['name']}; give its path"
    ]


def _yaml(text: str, number: bool) -> Any:
    try:
        value = yaml.safe_load(text)
        return float(value) if number and isinstance(value, str) else value
    except (yaml.YAMLError, ValueError):
        return text


def _lines(error: ValidationError) -> Iterator[str]:
    key = ".".join(map(str, error.absolute_path))
    match error.validator:
        case "additionalProperties":
            known = sorted(error.schema["properties"])
            for name in sorted(set(error.instance) - set(known), key=str):
                yield f"{_join(key, name)}: unknown key; {_known(str(name), known)}"
        case "required":
            for name in error.validator_value:
                if name not in error.instance:
                    yield f"{_join(key, name)}: missing; give it a value"
        case "type":
            found = f"{type(error.instance).__name__} {error.instance!r}"
            yield f"{key or 'the config'}: found {found}, expected {_either(error.validator_value)}"
        case "enum":
            yield f"{key}: found {error.instance!r}, expected {_either(error.validator_value)}"
        case _:
            yield f"{key}: {error.message}"


def _join(key: str, name: object) -> str:
    return f"{key}.{name}" if key else str(name)


def _known(name: str, known: list[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"


def _either(values: str | list) -> str:
    return " or ".join(map(str, [values] if isinstance(values, str) else values))
