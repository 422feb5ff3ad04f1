"""Which list of the API an index serves."""

import json
import re
from functools import cache
from typing import Any

from bench.listings import LISTINGS, Listing
from local.openapi import DOCUMENT
from local.schema.catalogue import Index

NO_FILTERS = {"limit", "cursor", "include", "sort"}


@cache
def document() -> dict[str, Any]:
    """The committed OpenAPI document, which a test of its own keeps fresh."""
    loaded: dict[str, Any] = json.loads(DOCUMENT.read_text())
    return loaded


def lists_of(table: str) -> list[str]:
    """The paths that page through the table."""
    return sorted(path for path, listing in LISTINGS.items() if listing.table == table)


def served(table: str, index: Index) -> list[str]:
    """The lists that read the index, by what its columns begin with: an order, or a filter and an order."""
    first, *columns = index.columns
    if not columns or first != "org_id":
        return []
    found = []
    for path in lists_of(table):
        filters = {_column(LISTINGS[path], name): name for name in _parameters(path)}
        if f"{{{columns[0]}}}" in path:
            found.append(path)
        elif columns[0] in filters:
            found.append(f"{path}?{filters[columns[0]]}=")
        elif columns[0] in ("id", "created_at", "sequence") and len(columns) <= len(("created_at", "id")):
            found.append(path)
    return found


def _parameters(path: str) -> set[str]:
    operation = document()["paths"].get(path, {}).get("get", {})
    names = {
        parameter.get("name")
        for parameter in operation.get("parameters", ())
        if parameter.get("in") == "query"
    }
    return {str(name) for name in names - NO_FILTERS}


def _column(listing: Listing, parameter: str) -> str:
    """A parameter that is not called as its column is has SQL of its own in `bench.listings`."""
    named = (
        re.match(r"SELECT (\w+)::text FROM \{table\}", query) for query in listing.values.get(parameter, ())
    )
    return next((match[1] for match in named if match), parameter)
