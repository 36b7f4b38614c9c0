"""The things that a crate names: files, programs, formal parameters and their values."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from coin.provenance.lineage import Job, program_of

TERMS = {
    name: f"https://w3id.org/ro/terms/workflow-run#{name}" for name in ("sha256", "resourceUsage")
}
"""The profile's own terms that we use; the context of RO-Crate 1.1 has all others."""

FORMATS = {
    ".csv": "text/csv",
    ".dcm": "application/dicom",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".tex": "application/x-tex",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
}
DATA_TYPES = {bool: "Boolean", int: "Integer", float: "Float", str: "Text"}


class Entities:
    """A crate while it is put together: each thing in it once, found by its name.

    A file that the crate holds is under its path in the checkout; one that it only names has an
    `@id` that begins with `#`.
    """

    def __init__(self) -> None:
        self.crate = ROCrate(version="1.1", gen_preview=True)
        self.crate.metadata.extra_terms.update(TERMS)
        self.files: dict[str, Entity] = {}
        self._parameters: dict[str, Entity] = {}
        self._values: dict[str, dict[str, Entity]] = {}
        self._links: set[tuple[str, str, str]] = set()

    def add(self, identifier: str, kind: str, **properties: Any) -> Entity:
        """Add anything that is not a file in the crate; a list of one thing becomes that thing."""
        properties = {
            name: value[0] if isinstance(value, list) and len(value) == 1 else value
            for name, value in properties.items()
        }
        properties["@type"] = kind
        return self.crate.add(ContextEntity(self.crate, identifier, properties))

    def pack(self, path: str, sha256: str, is_program: bool) -> None:
        """Add a file that the crate will hold; the Snakefile is the workflow itself."""
        source = Path(path)
        properties: dict[str, str | list[str]] = {
            "name": path,
            "sha256": sha256,
            "contentSize": str(source.stat().st_size),
            "encodingFormat": FORMATS.get(source.suffix, "text/plain"),
        }
        if path == "Snakefile":
            properties["@type"] = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
            file = self.crate.add_workflow(
                source, path, main=True, lang="snakemake", properties=properties
            )
        else:
            if is_program:
                properties["@type"] = ["File", "SoftwareSourceCode"]
                properties["version"] = f"sha256:{sha256}"
            file = self.crate.add_file(source, path, properties=properties)
        self.files[path] = file

    def named(self, job: Job, files: list[dict[str, Any]]) -> list[Entity]:
        """Return the entities of files that a job read or wrote; those of a folder are one."""
        entities: dict[str, Entity] = {}
        for file in files:
            entity = self._file(file)
            if folder := _folder_of(job, file):
                part, entity = entity, self._folder(folder)
                self._link(entity, "hasPart", part)
            self._link(entity, "exampleOfWork", self._parameters[_parameter(job, file["option"])])
            entities[entity.id] = entity
        return list(entities.values())

    def values(self, job: Job) -> list[Entity]:
        """Return the entities of a job's options that are not files; null is no value."""
        of_files = {file["option"] for file in [*job["inputs"], *job["outputs"]]}
        return [
            self._value(_parameter(job, option), option, value)
            for option, value in job["options"].items()
            if option not in of_files and not _is_nothing(value)
        ]

    def declare_parameters(self, job: Job) -> None:
        """Add the formal parameters of a job's program, as far as they are not there yet."""
        files = {
            file["option"]: "Dataset" if _folder_of(job, file) else "File"
            for file in [*job["inputs"], *job["outputs"]]
        }
        written = {file["option"] for file in job["outputs"]}
        for option, value in job["options"].items():
            identifier = _parameter(job, option)
            if identifier in self._parameters or (option not in files and _is_nothing(value)):
                continue
            kind = files.get(option) or DATA_TYPES.get(type(value), "PropertyValue")
            parameter = self.add(identifier, "FormalParameter", name=option, additionalType=kind)
            self._parameters[identifier] = parameter
            direction = "output" if option in written else "input"
            self._link(self.files[program_of(job)], direction, parameter)

    def _file(self, file: dict[str, Any]) -> Entity:
        path = file["path"]
        if path not in self.files:
            self.files[path] = self.add(
                f"#{quote(path)}",
                "File",
                name=path,
                description="not in this crate",
                sha256=file["sha256"],
                contentSize=str(file["bytes"]),
                encodingFormat=FORMATS.get(Path(path).suffix, "application/octet-stream"),
            )
        return self.files[path]

    def _folder(self, path: str) -> Entity:
        key = f"{path}/"
        if key not in self.files:
            self.files[key] = self.add(
                f"#{quote(key)}", "Dataset", name=path, description="not in this crate"
            )
        return self.files[key]

    def _value(self, parameter: str, option: str, value: Any) -> Entity:
        """Return the entity of a value, which all jobs of a program share that were given it."""
        known = self._values.setdefault(parameter, {})
        text = json.dumps(value)
        if text not in known:
            known[text] = self.add(
                f"{parameter}/{len(known) + 1}",
                "PropertyValue",
                name=option,
                value=value if type(value) in DATA_TYPES else text,
                exampleOfWork=self._parameters[parameter],
            )
        return known[text]

    def _link(self, entity: Entity, name: str, value: Entity) -> None:
        link = (entity.id, name, value.id)
        if link not in self._links:
            self._links.add(link)
            entity.append_to(name, value, compact=True)


def _parameter(job: Job, option: str) -> str:
    return f"#{program_of(job)}/{option}"


def _folder_of(job: Job, file: dict[str, Any]) -> str | None:
    """Return the folder that an option named, if it is one and `file` lies in it."""
    value = job["options"].get(file["option"])
    return value if isinstance(value, str) and value != file["path"] else None


def _is_nothing(value: Any) -> bool:
    return value is None or value == []
