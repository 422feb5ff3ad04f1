"""One OpenAPI 3.1 document for the whole product, assembled from every domain's routers.

Routers say what only they know: paths, bodies, answers, summaries, the problems that an endpoint raises. All else
follows by rule, so that a new domain has it for nothing: names, links, examples, headers, the edge's own problems.
"""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

from local.gateway_responses import GatewayResponses
from local.openapi.examples import show_examples
from local.openapi.headers import declare_headers
from local.openapi.links import link_operations
from local.openapi.naming import describe_tags, name_operations
from local.openapi.parts import UNSIGNED, operations
from local.openapi.problems import declare_problems

__all__ = ["DOCUMENT", "ROOT", "UNSIGNED", "assemble", "endpoint_modules", "routers"]

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "openapi.json"
DESCRIPTION = """\
From a first lesson to a signed offer. Every request but those under `/public/` carries `Authorization: Bearer`
with a sign-in's token or an API key (`lsk_...`). Who belongs to several organizations names one in
`Lodestar-Organization`. Errors are problem documents (RFC 9457) with a stable `code`. Links tell where an answer
leads: docs/guides/client.md follows them from an enrollment to a result.
"""


def endpoint_modules() -> Iterator[str]:
    """The dotted names of every resource: `learning.endpoints.enrollments`."""
    for source in sorted(ROOT.glob("functions/*/src")):
        sys.path.insert(0, str(source)) if str(source) not in sys.path else None
        for file in sorted(source.glob("*/endpoints/*.py")):
            if file.stem != "__init__":
                yield f"{file.parent.parent.name}.endpoints.{file.stem}"


def routers() -> dict[str, APIRouter]:
    """Each resource's router by its module's name."""
    return {name: importlib.import_module(name).router for name in endpoint_modules()}


def assemble() -> dict[str, Any]:
    """The document."""
    app = FastAPI(
        title="Lodestar",
        version="1",
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    for router in routers().values():
        app.include_router(router)
    document = app.openapi()
    document["servers"] = [{"url": "/", "description": "Where this document was read"}]
    gateway = GatewayResponses(next(iter(sorted(ROOT.glob("functions/*/template.yaml")))))
    _require_credentials(document)
    describe_tags(document)
    name_operations(document)
    declare_headers(document)
    declare_problems(document, gateway)
    link_operations(document)
    show_examples(document)
    _answer_again(document)
    return document


def _answer_again(document: dict[str, Any]) -> None:
    """What a repeated creation answers with 200 is what the first one answered, where it declares nothing else."""
    for operation in operations(document):
        first, answer = operation.success
        for status, again in operation.document["responses"].items():
            if status[0] == "2" and status != first and "content" not in again:
                again |= {part: answer[part] for part in ("content", "headers", "links") if part in answer}


def _require_credentials(document: dict[str, Any]) -> None:
    """An API key needs the scope that is named; a person's roles are told by 403."""
    document.setdefault("components", {})["securitySchemes"] = {
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A sign-in's token, or an API key (`lsk_...`).",
        }
    }
    for operation in operations(document):
        scope = f"{operation.segments[0]}:{'read' if operation.method == 'get' else 'write'}"
        operation.document["security"] = [] if operation.is_public else [{"bearer": [scope]}]
