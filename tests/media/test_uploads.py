"""/v1/media/uploads, and the event by which storage tells that a file arrived."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from lodestar.adapters.storage import object_store
from lodestar.db import work_for
from lodestar.principal import NOBODY, Role
from media.reactions import object_created
from media.schedules import find_uploads
from tests import gateway
from tests.bus import emitted
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person
from tests.media import flows
from tests.media.conftest import Clock
from tests.media.files import INTERVIEW

pytestmark = pytest.mark.usefixtures("product")
MEGABYTE = 1024 * 1024


@pytest.fixture
def learner() -> Person:
    """A learner who agreed to be recorded."""
    person = a_person(an_organization())
    flows.consent(person)
    return person


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def test_a_file_goes_straight_to_storage_and_is_received(learner: Person) -> None:
    upload = flows.begin(learner).expect(201)
    assert (upload["state"], upload["method"], upload["max_bytes"]) == ("pending", "post", 20 * MEGABYTE)
    assert upload["content_type"] == "video/webm"
    flows.arrive(learner, upload, INTERVIEW.read_bytes())
    after = gateway.get(f"{flows.UPLOADS}/{upload['id']}", as_=learner).expect(200)
    assert (after["state"], after["asset_state"], after["target"]) == ("received", "processing", None)
    (event,) = emitted(learner.org_id, "media.upload_received")
    assert event["data"] == {"upload_id": upload["id"], "asset_id": upload["asset_id"]}


def test_storage_telling_twice_or_late_changes_nothing(learner: Person) -> None:
    upload = flows.begin(learner).expect(201)
    flows.arrive(learner, upload, INTERVIEW.read_bytes())
    key = flows.key_of(learner.org_id, upload["asset_id"])
    before = gateway.get(f"{flows.ASSETS}/{upload['asset_id']}", as_=learner).expect(200)
    object_created.handler(flows.storage_event(key, times=3), None)
    object_created.handler(flows.storage_event(key, etag="0" * 32), None)
    assert gateway.get(f"{flows.ASSETS}/{upload['asset_id']}", as_=learner).expect(200) == before
    assert len(emitted(learner.org_id, "media.upload_received")) == 1


def test_an_object_that_no_upload_announced_is_left_alone(learner: Person) -> None:
    key = f"{learner.org_id}/interview_video/stray/original.webm"
    object_store().upload(key, b"stray", content_type="video/webm")
    assert object_created.handler(flows.storage_event(key), None) == {"batchItemFailures": []}
    assert emitted(learner.org_id, "media.upload_received") == []


def test_nobody_is_recorded_without_consent() -> None:
    answer = flows.begin(a_person(an_organization()))
    assert (answer.status, answer.json["code"]) == (409, "consent_required")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"size_bytes": 25 * MEGABYTE}, 422, "file_too_large"),
        ({"content_type": "video/x-msvideo"}, 422, "unsupported_type"),
        ({"content_type": "text/html"}, 422, "unsupported_type"),
        ({"purpose": "masterclass_video"}, 403, "purpose_forbidden"),
        ({"purpose": "anything"}, 422, "invalid_content"),
        ({"size_bytes": 0}, 422, "invalid_content"),
        ({"storage_key": "elsewhere"}, 422, "invalid_content"),
    ],
)
def test_what_may_not_be_uploaded_is_refused_with_words(
    learner: Person, change: dict[str, object], status: int, code: str
) -> None:
    answer = flows.begin(learner, **change)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["detail"]
    assert gateway.get(flows.ASSETS, as_=learner).expect(200)["data"] == []


def test_the_form_fixes_key_type_and_size(learner: Person) -> None:
    import base64
    import json

    upload = flows.begin(learner).expect(201)
    policy = json.loads(base64.b64decode(upload["target"]["fields"]["policy"]))
    assert ["content-length-range", 1, 20 * MEGABYTE] in policy["conditions"]
    assert {"Content-Type": "video/webm"} in policy["conditions"]
    key = f"{learner.org_id}/interview_video/{upload['asset_id']}/original.webm"
    assert {"key": key} in policy["conditions"]


def test_a_peer_and_another_tenant_find_no_upload(learner: Person) -> None:
    upload = flows.begin(learner).expect(201)
    for stranger in (a_person(learner.org_id), a_person(an_organization(), Role.ORG_ADMIN)):
        for url, body in (("", None), ("/parts", {"numbers": [1]}), ("/completions", {})):
            method = gateway.get if body is None else gateway.post
            options = {} if body is None else {"body": body}
            answer = method(f"{flows.UPLOADS}/{upload['id']}{url}", as_=stranger, **options)
            assert answer.status == 404


def test_a_client_may_say_that_it_sent_the_file(learner: Person) -> None:
    upload = flows.begin(learner).expect(201)
    url = f"{flows.UPLOADS}/{upload['id']}/completions"
    assert gateway.call("POST", url, as_=learner).json["code"] == "file_not_arrived"
    flows.send(upload, INTERVIEW.read_bytes())
    assert gateway.post(url, {}, as_=learner).expect(201)["state"] == "received"
    assert gateway.post(url, {}, as_=learner).expect(201)["state"] == "received"
    assert len(emitted(learner.org_id, "media.upload_received")) == 1


def test_a_large_file_goes_up_in_parts(staff: Person) -> None:
    upload = flows.begin(staff, purpose="lesson_video", size_bytes=110 * MEGABYTE).expect(201)
    url = f"{flows.UPLOADS}/{upload['id']}"
    assert (upload["method"], upload["part_count"], upload["target"]) == ("multipart", 7, None)
    assert gateway.post(f"{url}/parts", {"numbers": [8]}, as_=staff).status == 422
    answer = gateway.post(f"{url}/parts", {"numbers": [1, 2]}, as_=staff).expect(200)
    parts = []
    for part, data in zip(answer["parts"], (b"a" * 5 * MEGABYTE, b"b" * 1000), strict=True):
        sent = httpx.put(part["url"], content=data, timeout=30).raise_for_status()
        parts.append({"number": part["number"], "etag": sent.headers["etag"]})
    wrong = [{"number": 1, "etag": '"0"'}]
    assert gateway.post(f"{url}/completions", {"parts": wrong}, as_=staff).json["code"] == "parts_missing"
    done = gateway.post(f"{url}/completions", {"parts": parts[::-1]}, as_=staff).expect(201)
    assert (done["state"], done["asset_state"]) == ("received", "processing")
    asset = gateway.get(f"{flows.ASSETS}/{upload['asset_id']}", as_=staff).expect(200)
    assert asset["size_bytes"] == 5 * MEGABYTE + 1000


def test_an_upload_goes_on_where_it_was_left_without_what_the_browser_knew(staff: Person) -> None:
    """Some parts are sent, the page is closed, and whoever comes back knows the upload's id alone."""
    upload = flows.begin(staff, purpose="masterclass_video", size_bytes=110 * MEGABYTE).expect(201)
    url = f"{flows.UPLOADS}/{upload['id']}"
    begun = gateway.get(url, as_=staff).expect(200)
    assert (begun["arrived_bytes"], begun["arrived_parts"]) == (0, [])
    assert (begun["declared_bytes"], begun["missing_numbers"]) == (110 * MEGABYTE, [1, 2, 3, 4, 5, 6, 7])
    _send(staff, url, [1, 2, 5])
    back = gateway.get(url, as_=staff).expect(200)
    assert [part["number"] for part in back["arrived_parts"]] == [1, 2, 5]
    assert all(part["etag"] for part in back["arrived_parts"])
    assert (back["arrived_bytes"], back["missing_numbers"]) == (15 * MEGABYTE, [3, 4, 6, 7])
    early = gateway.post(f"{url}/completions", {}, as_=staff).expect(409)
    assert (early["code"], early["missing"]) == ("parts_missing", [3, 4, 6, 7])
    _send(staff, url, back["missing_numbers"])
    assert gateway.post(f"{url}/completions", {}, as_=staff).expect(201)["asset_state"] == "processing"
    done = gateway.get(url, as_=staff).expect(200)
    assert (done["state"], done["arrived_bytes"], done["missing_numbers"]) == ("received", 35 * MEGABYTE, [])
    assert gateway.get(url, as_=a_person(staff.org_id, Role.ORG_STAFF)).status == 404


def _send(staff: Person, url: str, numbers: list[int]) -> None:
    """Each part of the least size that storage takes."""
    targets = gateway.post(f"{url}/parts", {"numbers": numbers}, as_=staff).expect(200)["parts"]
    for target in targets:
        httpx.put(target["url"], content=b"x" * 5 * MEGABYTE, timeout=30).raise_for_status()


def test_parts_of_an_abandoned_upload_are_let_go(staff: Person, time: Clock) -> None:
    upload = flows.begin(staff, purpose="masterclass_video", size_bytes=110 * MEGABYTE).expect(201)
    _send(staff, f"{flows.UPLOADS}/{upload['id']}", [1])
    key = flows.key_of(staff.org_id, upload["asset_id"])
    assert object_store().find_multipart(key) is not None
    with work_for(staff.org_id) as session:
        session.execute(text("UPDATE media.uploads SET created_at = now() - interval '2 days'"))
    time.forward(25 * 3600)
    assert find_uploads.handler({}, None)["expired"] >= 1
    assert object_store().find_multipart(key) is None
    after = gateway.get(f"{flows.UPLOADS}/{upload['id']}", as_=staff).expect(200)
    assert (after["state"], after["arrived_parts"], after["problem_code"]) == (
        "expired",
        [],
        "upload_expired",
    )


def test_a_file_sent_whole_has_no_parts(learner: Person) -> None:
    upload = flows.begin(learner).expect(201)
    answer = gateway.post(f"{flows.UPLOADS}/{upload['id']}/parts", {"numbers": [1]}, as_=learner)
    assert (answer.status, answer.json["code"]) == (409, "not_multipart")


def test_the_sixty_first_upload_of_an_hour_waits() -> None:
    person = a_person(an_organization(), Role.ORG_STAFF)
    for _ in range(60):
        flows.begin(person, purpose="resource", content_type="text/plain").expect(201)
    answer = flows.begin(person, purpose="resource", content_type="text/plain")
    assert (answer.status, answer.json["code"]) == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) >= 1


def test_a_file_that_nobody_told_of_is_found_and_a_lost_one_expires(learner: Person, time: Clock) -> None:
    arrived, lost = flows.begin(learner).expect(201), flows.begin(learner).expect(201)
    flows.send(arrived, Path(INTERVIEW).read_bytes())
    with work_for(learner.org_id) as session:
        session.execute(text("UPDATE media.uploads SET created_at = now() - interval '1 hour'"))
    assert find_uploads.handler({}, None)["received"] >= 1
    state = {
        u["id"]: gateway.get(f"{flows.UPLOADS}/{u['id']}", as_=learner).json["state"] for u in (arrived, lost)
    }
    assert state == {arrived["id"]: "received", lost["id"]: "pending"}
    time.forward(3600)
    assert find_uploads.handler({}, None)["expired"] >= 1
    after = gateway.get(f"{flows.UPLOADS}/{lost['id']}", as_=learner).expect(200)
    assert (after["state"], after["problem_code"]) == ("expired", "upload_expired")
    closed = gateway.post(f"{flows.UPLOADS}/{lost['id']}/completions", {}, as_=learner)
    assert closed.json["code"] == "upload_closed"


@pytest.mark.parametrize("size_bytes", [MEGABYTE, 300 * MEGABYTE], ids=["whole", "in parts"])
def test_a_lost_answer_is_had_again_with_a_fresh_form_and_nothing_of_it_is_kept(
    staff: Person, time: Clock, size_bytes: int
) -> None:
    asked = {"purpose": "lesson_video", "size_bytes": size_bytes}
    first = flows.begin(staff, idempotency_key="upload-1", **asked).expect(201)
    time.forward(60)
    again = flows.begin(staff, idempotency_key="upload-1", **asked).expect(201)
    assert {**again, "target": None} == {**first, "target": None}
    assert again["target"] != first["target"] or first["method"] == "multipart"
    assert len(gateway.get(flows.ASSETS, as_=staff).expect(200)["data"]) == 1
    assert flows.begin(staff, idempotency_key="upload-1", **{**asked, "size_bytes": 7}).json["code"] == (
        "idempotency_key_reused"
    )
    with work_for(staff.org_id) as session:
        assert session.scalars(text("SELECT body FROM backbone.idempotency_keys")).all() == [None]


def test_addresses_of_parts_are_signed_again_until_the_upload_is_closed(staff: Person, time: Clock) -> None:
    upload = flows.begin(staff, purpose="lesson_video", size_bytes=300 * MEGABYTE).expect(201)
    url, key = f"{flows.UPLOADS}/{upload['id']}/parts", {"Idempotency-Key": "parts-1"}
    for _ in range(2):
        answer = gateway.post(url, {"numbers": [1, 2]}, as_=staff, headers=key)
        assert [part["number"] for part in answer.expect(200)["parts"]] == [1, 2]
        assert answer.headers["cache-control"] == "no-store"
    other = gateway.post(url, {"numbers": [3]}, as_=staff, headers=key)
    assert other.json["code"] == "idempotency_key_reused"
    time.forward(25 * 3600)
    for _ in range(2):
        closed = gateway.post(url, {"numbers": [1, 2]}, as_=staff, headers=key)
        assert closed.expect(409)["code"] == "upload_closed"


def test_abandoned_uploads_do_not_keep_later_ones_from_their_turn(learner: Person) -> None:
    later = flows.begin(learner).expect(201)
    abandoned = """
        INSERT INTO media.uploads (asset_id, owner_id, method, storage_key, content_type, declared_bytes,
          largest_bytes, correlation_id, created_at, expires_at)
        SELECT asset_id, owner_id, method, storage_key || n, content_type, declared_bytes, largest_bytes,
          correlation_id, now() - interval '30 days', expires_at
        FROM media.uploads, generate_series(1, 1000) AS n
        """
    with work_for(learner.org_id) as session:
        session.execute(text(abandoned))
        session.execute(
            text("UPDATE media.uploads SET created_at = now() - interval '1 hour' WHERE id = :id"), later
        )
    turns = [_due(), _due()]
    with work_for(learner.org_id) as session:
        session.execute(text("UPDATE media.uploads SET state = 'expired'"))
    assert [later["id"] in turn for turn in turns] == [False, True]


def _due() -> set[str]:
    with work_for(NOBODY) as session:
        return {str(found) for found in session.scalars(text("SELECT id FROM media.pending_uploads(120)"))}
