"""Rows that exist or are made: seeding again finds by natural key what it made before."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from local.client import Client

AT_ONCE = 4
T = TypeVar("T")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)
Row = dict[str, Any]


def by_key(rows: Iterable[Row], key: Callable[[Row], K]) -> dict[K, Row]:
    """The rows by their key."""
    return {key(row): row for row in rows}


def each(make: Callable[[T], R], entries: Iterable[T]) -> list[R]:
    """Several at once, in the order of the entries."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(make, entries))


class Rows:
    """A collection with a natural key: the field `key`, within the field `scope` where one is named.

    `query` narrows it to the rows among which the key is unique.
    """

    def __init__(
        self,
        client: Client,
        path: str,
        *,
        key: str = "key",
        scope: str | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> None:
        self._client, self._path, self._key, self._scope = client, path, key, scope
        self._known = by_key(client.every(path, **(query or {})), self._name)

    def _name(self, row: Row) -> tuple[Any, Any]:
        return (row.get(self._scope) if self._scope else None, row[self._key])

    def ensure(self, body: Row) -> Row:
        """The row with the body's key, made if there is none, brought up to date if it differs."""
        row = self._known.get(self._name(body))
        if row is None:
            row = self._client.post(self._path, body)
        else:
            changes = {name: value for name, value in body.items() if name in row and row[name] != value}
            if changes:
                row = self._client.patch(f"{self._path}/{row['id']}", changes, etag=f'"{row["version"]}"')
        self._known[self._name(body)] = row
        return row
