"""Which list of the API an index serves, and which filter none does."""

import json
import re
from collections.abc import Iterable, Set
from functools import cache
from typing import Any

from bench.listings import LISTINGS, Listing
from local.openapi import DOCUMENT
from local.schema.catalogue import Index, Table

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


def without_index(tables: Iterable[Table]) -> list[str]:
    """The filters by a column that no index begins with, after the organization and what the path names: where few of
    an organization's rows have the value, a page reads them all. An index of some rows may choose them by the column."""
    by_name = {table.full_name: table for table in tables}
    return [
        f"{path}?{name}"
        for path, listing in sorted(LISTINGS.items())
        for name in sorted(_parameters(path))
        if _column(listing, name) in {column.name for column in by_name[listing.table].columns}
        and not _is_indexed(by_name[listing.table], _column(listing, name), after={"org_id", *_slots(path)})
    ]


def _is_indexed(table: Table, column: str, *, after: Set[str]) -> bool:
    keys = [constraint.columns for constraint in (*table.of("p"), *table.of("u"))]
    keys += [index.columns for index in table.indexes]
    keys += [
        ("org_id", column)
        for index in table.indexes
        if index.columns[0] == "org_id" and re.search(rf"\b{column}\b", index.predicate or "")
    ]
    return any(column in key and set(key[: key.index(column)]) <= after for key in keys)


def _slots(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


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
