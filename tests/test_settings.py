"""The schema is closed, describes every key, and names what is wrong."""

from pathlib import Path

import pytest
import yaml

from coin.workflow.study_config import problems, repeated_configfile, with_types

REPOSITORY = Path(__file__).parent.parent
SCHEMA = yaml.safe_load((REPOSITORY / "schemas/config.schema.yaml").read_text(encoding="utf-8"))
DEFAULT = yaml.safe_load((REPOSITORY / "config.yaml").read_text(encoding="utf-8"))


def changed(**sections):
    return DEFAULT | {
        name: {**DEFAULT[name], **section} if isinstance(section, dict) else section
        for name, section in sections.items()
    }


def test_the_default_study_is_right():
    assert problems(DEFAULT, SCHEMA) == []


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "studies").glob("*.yaml")), ids=lambda f: f.stem
)
def test_every_study_is_right(file):
    study = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert problems(changed(**study), SCHEMA) == []


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (changed(roi={"sise": 64}), "roi.sise: unknown key; did you mean size?"),
        (DEFAULT | {"nieghbours": {}}, "nieghbours: unknown key; did you mean neighbours?"),
        (changed(training={"steps": "ten"}), "training.steps: found str 'ten', expected integer"),
        (changed(training={"device": "gpu"}), "training.device: found 'gpu', expected cpu or cuda"),
        (changed(roi={"size": 8}), "roi.size: 8 is less than the minimum of 16"),
        (DEFAULT | {"roi": {"size": 32}}, "roi.context: missing; give it a value"),
        (DEFAULT | {"study": "../elsewhere"}, "study: '../elsewhere' does not match"),
        (DEFAULT | {"graph": None}, "graph: found NoneType None, expected object"),
    ],
)
def test_a_wrong_key_or_value_is_named(settings, line):
    assert [found for found in problems(settings, SCHEMA) if found.startswith(line)]


def test_all_problems_are_listed_at_once():
    wrong = changed(roi={"size": "x", "contxt": 1}, training={"steps": 0})
    assert len(problems(wrong, SCHEMA)) == 3


def test_text_from_the_command_line_takes_the_type_that_the_schema_wants():
    """Snakemake hands over `--config 'roi={"size": 32}'` with "32" as text."""
    given = {
        "study": "7",
        "data": {"root": "null", "name": "12"},
        "roi": {"size": "32", "context": "2"},
        "loss": {"classify_negatives": "true"},
        "grid": {"weights": ["0", "0.1"]},
        "training": {"steps": "ten", "learning_rate": "1e-3"},
        "unknown": "5",
    }
    assert with_types(given, SCHEMA) == {
        "study": "7",
        "data": {"root": None, "name": "12"},
        "roi": {"size": 32, "context": 2},
        "loss": {"classify_negatives": True},
        "grid": {"weights": [0, 0.1]},
        "training": {"steps": "ten", "learning_rate": 0.001},
        "unknown": "5",
    }


@pytest.mark.parametrize(
    ("arguments", "once"),
    [
        ("--cores all --configfile a.yaml --configfile b.yaml", "a.yaml b.yaml"),
        ("--configfile a.yaml b.yaml -n --configfiles=c.yaml", "a.yaml b.yaml c.yaml"),
    ],
)
def test_a_second_configfile_is_refused_in_one_line_that_names_both(arguments, once):
    """Snakemake would take the last and forget the first without a word."""
    said = repeated_configfile(arguments.split())
    assert said.endswith(f"give it once: --configfile {once}") and "\n" not in said


def test_one_configfile_of_several_names_is_right():
    assert repeated_configfile(["--configfile", "a.yaml", "b.yaml", "--config", "study=x"]) is None


def keys_of(schema, path=""):
    for name, part in schema.get("properties", {}).items():
        yield f"{path}{name}", part
        yield from keys_of(part, f"{path}{name}.")
        if isinstance(part.get("additionalProperties"), dict):  # names of the user's own
            yield from keys_of(part["additionalProperties"], f"{path}{name}.*.")


def test_every_key_is_described_and_every_section_closed():
    for key, part in keys_of(SCHEMA):
        assert part.get("description"), key
        if part.get("type") == "object":
            assert part["additionalProperties"] is not True, key
        else:
            assert "unit" in part and "paper" in part, key
