"""Settings are checked against a closed schema: an unknown key is an error that names it."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError


def with_types(settings: Any, schema: Mapping[str, Any]) -> Any:
    """Read text as YAML wherever the schema wants something other than text.

    Snakemake takes every scalar of a mapping on the command line, as in `roi={"size": 32}`,
    for text, and YAML itself takes 1e-3 for text.
    """
    if isinstance(settings, Mapping):
        parts = schema.get("properties", {})
        return {name: with_types(value, parts.get(name, {})) for name, value in settings.items()}
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
