"""API keys."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from identity.rules.scopes import DOMAINS, MOST_CALLS_PER_MINUTE, PATTERN, VERBS
from lodestar.api import ReadModel, WriteModel
from lodestar.principal import CALLS_PER_MINUTE

Scope = Annotated[str, StringConstraints(pattern=PATTERN)]


class ApiKeyCreate(WriteModel):
    """A key acts as its maker, within these scopes, until it expires."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(examples=["Nightly import"])
    scopes: list[Scope] = Field(
        min_length=1, max_length=len(DOMAINS) * len(VERBS), examples=[["learning:read"]]
    )
    expires_in_days: int = Field(default=90, ge=1, le=365)
    calls_per_minute: int = Field(
        default=CALLS_PER_MINUTE,
        ge=1,
        le=MOST_CALLS_PER_MINUTE,
        description="What a bucket holds that fills evenly; beyond it: 429",
    )


class ApiKeyRotationCreate(WriteModel):
    """A new key for an old one, which goes on working for the overlap."""

    overlap_hours: int = Field(default=24, ge=0, le=168)
    expires_in_days: int = Field(default=90, ge=1, le=365)


class ApiKeyRead(ReadModel):
    """A key as a list shows it: `prefix` is how it begins, `last_used_at` true to the minute. `state` is `active`,
    `expired` or `revoked`."""

    id: UUID
    user_id: UUID
    name: str
    prefix: str
    scopes: list[str]
    calls_per_minute: int
    state: str
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None
    rotated_to: UUID | None
    created_at: datetime


class ApiKeySecretRead(ApiKeyRead):
    """With the key, which is shown this once: `Authorization: Bearer <key>`."""

    key: str


class ScopeRead(ReadModel):
    """A scope, and what it opens: these methods on every path below `path_prefix`."""

    scope: str
    description: str
    methods: list[str]
    path_prefix: str


class ScopeCatalogueRead(ReadModel):
    """Every scope that there is. `persons_only` names what no key does, whatever its scopes."""

    scopes: list[ScopeRead]
    persons_only: list[str]
