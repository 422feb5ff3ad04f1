"""Identifiers: UUIDv7 (RFC 9562), so that the order of ids is the order of creation."""

from uuid import UUID

from uuid6 import uuid7


def new_id() -> UUID:
    """A fresh identifier that sorts after the ones made before it."""
    return UUID(int=uuid7().int)
