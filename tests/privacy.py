"""Privacy requests on their way: the state machine walked for what an organization's events ask."""

import io
import json
import zipfile
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import boto3

from lodestar.config import settings
from tests import bus
from tests.gateway import Person, get, post
from tests.machine import Around, Execution

MACHINE = "fulfil_privacy_request"
STARTS = ("identity.export_requested", "identity.erasure_requested")
REQUESTS = "/v1/identity/privacy-requests"


def asked(person: Person, kind: str) -> str:
    """The id of a new request."""
    request_id: str = post(REQUESTS, {"kind": kind}, as_=person).expect(202)["id"]
    return request_id


def open_erasure(person: Person) -> str:
    """The id of the erasure that the person asked for before."""
    (found,) = get(f"{REQUESTS}?kind=erase&state=pending", as_=person).expect(200)["data"]
    request_id: str = found["id"]
    return request_id


def approved(request_id: str, admin: Person) -> None:
    """An administrator lets the erasure go on."""
    ruling = {"decision": "approved", "reason": "Identity confirmed."}
    post(f"{REQUESTS}/{request_id}/decisions", ruling, as_=admin).expect(202)


def execution_of(org_id: UUID, request_id: str, *, around: Around | None = None) -> Execution:
    """The machine, started by the latest event that asks for the request."""
    events = [e for e in bus.emitted(org_id) if e["name"] in STARTS and e["data"]["request_id"] == request_id]
    return Execution(MACHINE, {"detail": events[-1]}, around=around)


def fulfilled(org_id: UUID, request_id: str, *, around: Around | None = None) -> str:
    """Walk to the end; answers the last state."""
    return execution_of(org_id, request_id, around=around).run()


def exported(person: Person) -> dict[str, bytes]:
    """The person's archive, by the names of its entries: asked for, made, fetched by its link."""
    request_id = asked(person, "export")
    assert fulfilled(person.org_id, request_id) == "Exported"
    return archive(get(f"{REQUESTS}/{request_id}", as_=person).expect(200))


def archive(request: dict[str, Any]) -> dict[str, bytes]:
    """What the link of a completed export leads to."""
    key = urlsplit(request["download"]["url"]).path.split("/", 2)[2]
    body = boto3.client("s3").get_object(Bucket=settings().need("media_bucket"), Key=key)["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def rows(entries: dict[str, bytes], table: str) -> list[dict[str, Any]]:
    """A table of the archive: `identity.users`."""
    (name,) = [name for name in entries if name.endswith(f"/{table}.json")]
    parsed: list[dict[str, Any]] = json.loads(entries[name])
    return parsed
