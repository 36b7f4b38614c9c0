"""Validate an RO-Crate without a network."""

import json
from io import BytesIO
from pathlib import Path

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from rocrate_validator import services
from rocrate_validator.models import ValidationSettings
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
SCHEMA_ORG = """
    CreativeWork ComputerLanguage ControlAction CreateAction Dataset HowTo HowToStep Organization
    OrganizeAction Person PropertyValue SoftwareApplication SoftwareSourceCode
    about additionalType agent author contentSize datePublished description encodingFormat endTime
    exampleOfWork hasPart identifier instrument license mainEntity mentions name object position
    programmingLanguage propertyID result softwareVersion startTime step unitCode url value version
    workExample
"""
TERMS = {name: f"http://schema.org/{name}" for name in SCHEMA_ORG.split()} | {
    "File": "http://schema.org/MediaObject",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": "https://bioschemas.org/ComputationalWorkflow#input",
    "output": "https://bioschemas.org/ComputationalWorkflow#output",
}
"""As RO-Crate 1.1's context has them. A term that is not here fails the validation."""


def issues(crate: Path, cache: Path, severity: str = "REQUIRED") -> list[str]:
    """Return all that violates what the Provenance Run Crate profile, version 0.5, requires.

    Args:
        crate: the folder.
        cache: a folder for the validator's cache of what it would fetch.
        severity: REQUIRED, or RECOMMENDED for what it recommends too.
    """
    _seed(cache / "http")
    settings = ValidationSettings(
        rocrate_uri=crate,
        profile_identifier="provenance-run-crate-0.5",
        requirement_severity=severity,
        cache_path=cache / "http",
        offline=True,
    )
    result = services.validate(settings)
    return [
        f"{issue.check.identifier} {issue.violatingEntity}: {issue.message}"
        for issue in result.get_issues()
    ]


class _OnlyTheContext(HTTPAdapter):
    """Answers every request with the context."""

    def send(self, request: PreparedRequest, **_: object) -> Response:
        body = BytesIO(json.dumps({"@context": TERMS}).encode())
        headers = {"Content-Type": "application/ld+json"}
        answer = HTTPResponse(body, headers=headers, status=200, preload_content=False)
        return self.build_response(request, answer)


def _seed(cache: Path) -> None:
    """Put the context where the validator, offline, looks for it."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    with CachedSession(str(cache), backend="sqlite", expire_after=-1) as session:
        session.mount("https://", _OnlyTheContext())
        session.get(CONTEXT)
