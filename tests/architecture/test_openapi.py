"""docs/openapi.json is what the routers say, and says what a client developer needs."""

import json

from local.openapi import DOCUMENT, assemble


def test_the_committed_document_is_fresh() -> None:
    assert json.loads(DOCUMENT.read_text()) == assemble(), "run `make openapi` and commit docs/openapi.json"


def test_every_operation_has_a_summary_and_its_problems() -> None:
    document = assemble()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], f"{method} {path}"
            assert {"401", "404", "422"} <= set(operation["responses"]) or "/public/" in path, (
                f"{method} {path}"
            )
