"""One OpenAPI 3.1 document for the whole product, assembled from every domain's routers.

`python -m local.openapi` writes docs/openapi.json; with `--check` it exits 1 when the file is stale.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "openapi.json"
UNSIGNED = ("/public/", "/webhooks/")
PROBLEM = {"$ref": "#/components/schemas/ProblemDocument"}
DESCRIPTION = """\
From a first lesson to a signed offer. Every request but those under `/public/` carries `Authorization: Bearer`
with a sign-in's token or an API key (`lsk_...`). Who belongs to several organizations names one in
`Lodestar-Organization`. Errors are problem documents (RFC 9457) with a stable `code`.
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
        separate_input_output_schemas=False,
    )
    for router in routers().values():
        app.include_router(router)
    document = app.openapi()
    document["servers"] = [{"url": "/"}]
    document.setdefault("components", {})["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A sign-in's token, or an API key."}
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if not any(part in path for part in UNSIGNED):
                operation["security"] = [{"bearer": []}]
    _name_shared_answers(document)
    return document


def _name_shared_answers(document: dict[str, Any]) -> None:
    """Problems that many operations answer alike are written once and referred to by their codes."""
    shared: dict[str, Any] = {}
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                examples = answer.get("content", {}).get("application/problem+json", {}).get("examples")
                if examples:
                    answer["content"].pop("application/json", None)
                    answer["content"]["application/problem+json"]["schema"] = PROBLEM
                    name = "-".join(sorted(examples))
                    shared[name] = answer
                    operation["responses"][status] = {"$ref": f"#/components/responses/{name}"}
    document["components"]["responses"] = shared


def main() -> int:
    """Write the document, or check it."""
    fresh = json.dumps(assemble(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    if "--check" in sys.argv:
        if not DOCUMENT.exists() or DOCUMENT.read_text() != fresh:
            print("docs/openapi.json is stale: run `make openapi` and commit it.", file=sys.stderr)
            return 1
        return 0
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
