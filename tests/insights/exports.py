"""Exports asked for, made, and read from storage."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import boto3

from insights.service import exporting
from lodestar.config import settings
from tests.gateway import Person, get, post

EXPORTS = "/v1/insights/exports"


def asked_for(staff: Person, format_: str, **filters: Any) -> dict[str, Any]:
    """A new export that has not begun."""
    answer: dict[str, Any] = post(EXPORTS, {"format": format_, "filters": filters}, as_=staff).expect(202)
    return answer


def made(staff: Person, format_: str, **filters: Any) -> dict[str, Any]:
    """A completed export."""
    export = asked_for(staff, format_, **filters)
    exporting.make(staff.org_id, UUID(export["id"]))
    found: dict[str, Any] = get(f"{EXPORTS}/{export['id']}", as_=staff).expect(200)
    return found


def stored(export: dict[str, Any]) -> bytes:
    """What the link leads to."""
    key = urlsplit(export["download"]["url"]).path.split("/", 2)[2]
    body: bytes = (
        boto3.client("s3").get_object(Bucket=settings().need("media_bucket"), Key=key)["Body"].read()
    )
    return body
