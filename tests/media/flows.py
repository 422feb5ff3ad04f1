"""What several tests do alike: consent, upload as a browser does, storage's event, the state machine's steps."""

import importlib
import json
from typing import Any
from uuid import UUID

import httpx

from lodestar.adapters.storage import object_store
from lodestar.db import work_for
from lodestar.ids import new_id
from media.models.assets import MediaAsset
from media.reactions import object_created
from tests import gateway
from tests.gateway import Answer, Person

UPLOADS = "/v1/media/uploads"
ASSETS = "/v1/media/assets"


def consent(person: Person, purpose: str = "recording") -> None:
    """The person agrees."""
    body = {"purpose": purpose, "notice_version": "1"}
    gateway.post("/v1/identity/consents", body, as_=person).expect(201)


def begin(person: Person, **fields: Any) -> Answer:
    """Open an upload; by default of a small interview. `idempotency_key` is its header."""
    key = fields.pop("idempotency_key", None)
    usual = {
        "purpose": "interview_video",
        "size_bytes": 200_000,
        "content_type": "video/webm;codecs=vp9,opus",
        "filename": "answers.webm",
    }
    return gateway.post(UPLOADS, usual | fields, as_=person, headers={"Idempotency-Key": key} if key else {})


def send(upload: dict[str, Any], data: bytes) -> None:
    """POST the form as a browser does."""
    target = upload["target"]
    answer = httpx.post(target["url"], data=target["fields"], files={"file": ("x", data)}, timeout=30)
    assert answer.is_success, answer.text


def storage_event(key: str, *, times: int = 1, etag: str | None = None) -> dict[str, Any]:
    """The queue's event of storage's Object Created."""
    info = object_store().head(key)
    detail = {
        "bucket": {"name": "media"},
        "object": {"key": key, "size": info.size, "etag": etag or info.etag},
    }
    body = {"id": str(new_id()), "source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    return {"Records": [{"messageId": str(nth), "body": json.dumps(body)} for nth in range(times)]}


def key_of(org_id: UUID, asset_id: str | UUID) -> str:
    """Where the asset's original lies."""
    with work_for(org_id) as session:
        return session.get_one(MediaAsset, UUID(str(asset_id))).storage_key


def arrive(person: Person, upload: dict[str, Any], data: bytes) -> None:
    """Send the file, and let storage tell of it."""
    send(upload, data)
    event = storage_event(key_of(person.org_id, upload["asset_id"]))
    assert object_created.handler(event, None) == {"batchItemFailures": []}


def step(name: str, org_id: UUID, asset_id: str, *, execution: str = "run", **more: str) -> dict[str, Any]:
    """Run one task of process_media as the machine does."""
    handler = importlib.import_module(f"media.tasks.{name}").handler
    payload = {"org_id": str(org_id), "asset_id": asset_id, "execution": execution, "correlation_id": "test"}
    answer: dict[str, Any] = handler({**payload, **more}, None)
    return answer


def process(org_id: UUID, asset_id: str) -> dict[str, Any]:
    """Walk the steps of process_media, as its definition orders them, until the asset is ready or rejected."""
    need = step("claim_processing", org_id, asset_id)["need"]
    if need == "probe":
        found = step("probe", org_id, asset_id)
        if found["verdict"] == "rejected":
            return found
        if not found["speech_wanted"]:
            return step("finish_processing", org_id, asset_id, speech="none")
    step("extract_sound", org_id, asset_id)
    step("transcribe", org_id, asset_id)
    return step("finish_processing", org_id, asset_id, speech="ready")


def an_upload(person: Person, data: bytes, **fields: Any) -> str:
    """Upload and process; answers the asset's id."""
    upload = begin(person, **fields).expect(201)
    arrive(person, upload, data)
    process(person.org_id, upload["asset_id"])
    return str(upload["asset_id"])
