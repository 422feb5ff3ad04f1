"""R7: storage tells of an object several times, out of order, or not at all."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from lodestar.adapters.storage import StorageError, object_store
from lodestar.db import work_for
from lodestar.principal import Role
from media.reactions import object_created
from media.schedules import find_uploads
from media.service import uploads
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person
from tests.media import flows
from tests.proof import Proof, generator, size

pytestmark = [pytest.mark.proof, pytest.mark.usefixtures("product")]
FILES = size(slice=20, whole=400)
LOST = max(1, FILES // 20)
TIMES = 3


@pytest.fixture
def staff(monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody who uploads more than an hour's worth, and a reconciler that does not wait."""
    monkeypatch.setattr(uploads, "UPLOADS_AN_HOUR", FILES * 2)
    monkeypatch.setattr(find_uploads, "QUIET_SECONDS", 0)
    return a_person(an_organization(), Role.ORG_STAFF)


def arrived(staff: Person) -> dict[str, str]:
    """Files that lie in storage, whose uploads nobody was told about: the asset by its key."""
    found = {}
    for _ in range(FILES):
        upload = flows.begin(staff, purpose="resource", content_type="text/plain").expect(201)
        key = flows.key_of(staff.org_id, upload["asset_id"])
        object_store().upload(key, b"text", content_type="text/plain")
        found[key] = upload["asset_id"]
    return found


def told(keys: list[str]) -> None:
    """Storage tells of each several times, in no order, in batches of ten."""
    records = [record for key in keys for record in flows.storage_event(key, times=TIMES)["Records"]]
    generator("R7:storage").shuffle(records)
    for start in range(0, len(records), 10):
        batch = [{**r, "messageId": str(at)} for at, r in enumerate(records[start : start + 10])]
        assert object_created.handler({"Records": batch}, None) == {"batchItemFailures": []}


def received(org_id: UUID) -> list[str]:
    """The assets whose processing was asked for, as often as it was."""
    return [event["data"]["asset_id"] for event in emitted(org_id, "media.upload_received")]


def pending(org_id: UUID) -> int:
    with work_for(org_id) as session:
        return int(session.scalar(text("SELECT count(*) FROM media.uploads WHERE state = 'pending'")) or 0)


def test_each_file_is_received_once_and_what_storage_never_told_is_found(proof: Proof, staff: Person) -> None:
    files = arrived(staff)
    lost = set(generator("R7:lost").sample(sorted(files), LOST))
    told([key for key in files if key not in lost])
    came = received(staff.org_id)
    expected = sorted(files[key] for key in files if key not in lost)
    proof.found(
        "R7", f"files told of {TIMES} times, out of order", tried=len(expected),
        wrong=[] if sorted(came) == expected else [f"{len(came)} of {len(expected)}"],
    )  # fmt: skip
    proof.control(
        "R7", "nobody looks for what storage did not tell", tried=LOST, caught=pending(staff.org_id)
    )
    find_uploads.handler({}, None)
    told(sorted(lost))
    late = [asset for asset in sorted(files.values()) if received(staff.org_id).count(asset) != 1]
    proof.found("R7", "files never told of are found, once", tried=LOST, wrong=late)


def test_a_file_that_cannot_be_looked_after_does_not_hide_the_others(
    proof: Proof, staff: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = arrived(staff)
    bad = min(files)
    head = type(object_store()).head

    def refusing(store: Any, key: str) -> Any:
        if key == bad:
            raise StorageError(key, "AccessDenied")
        return head(store, key)

    monkeypatch.setattr(type(object_store()), "head", refusing)
    counts = find_uploads.handler({}, None)
    hidden = set(files.values()) - set(received(staff.org_id)) - {files[bad]}
    proof.found("R7", "files next to one that cannot be read", tried=FILES - 1, wrong=hidden)
    assert counts["failed"] >= 1
