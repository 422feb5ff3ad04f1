"""One correlation id from the browser to the last task: each hop hands it on."""

import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy import text

from backbone import reconcile
from lodestar import events
from lodestar.contracts.assessment import AttemptSubmitted
from lodestar.contracts.media import UploadReceived
from lodestar.db import work_for
from lodestar.events import reaction
from lodestar.ids import new_id
from lodestar.jobs import schedule, task
from lodestar.log import continuing, correlation_id
from media.schedules import find_uploads
from tests import gateway
from tests.bus import emitted, queue_event
from tests.factories.identity import a_person, an_organization
from tests.gateway import Person
from tests.media import flows
from tests.media.files import INTERVIEW

pytestmark = pytest.mark.usefixtures("product")
ID = "from-the-browser-1"


class Step(BaseModel):
    """What a machine hands a task."""

    org_id: UUID


@pytest.fixture
def learner() -> Person:
    person = a_person(an_organization())
    flows.consent(person)
    return person


def begin(learner: Person) -> dict[str, Any]:
    """Open an upload, under ID."""
    body = {
        "purpose": "interview_video", "size_bytes": 200_000, "content_type": "video/webm", "filename": "answers.webm",
    }  # fmt: skip
    answer = gateway.post(flows.UPLOADS, body, as_=learner, headers={"X-Correlation-Id": ID})
    assert answer.headers["x-correlation-id"] == ID
    opened: dict[str, Any] = answer.expect(201)
    return opened


def correlations(org_id: UUID, name: str) -> list[str]:
    return [event["correlation_id"] for event in emitted(org_id, name)]


def test_storage_s_own_event_leads_back_to_the_request_that_opened_the_upload(learner: Person) -> None:
    flows.arrive(learner, begin(learner), INTERVIEW.read_bytes())
    assert correlations(learner.org_id, "media.upload_received") == [ID]


def test_completing_under_another_id_leads_back_too(learner: Person) -> None:
    upload = begin(learner)
    flows.send(upload, INTERVIEW.read_bytes())
    path = f"{flows.UPLOADS}/{upload['id']}/completions"
    answer = gateway.post(path, as_=learner, headers={"X-Correlation-Id": "another-1"})
    answer.expect(201)
    assert answer.headers["x-correlation-id"] == "another-1"
    assert correlations(learner.org_id, "media.upload_received") == [ID]


def test_the_schedule_that_finds_a_lost_upload_leads_back_and_keeps_its_own_id(
    learner: Person, capsys: pytest.CaptureFixture[str]
) -> None:
    upload = begin(learner)
    flows.send(upload, INTERVIEW.read_bytes())
    with work_for(learner.org_id) as session:
        session.execute(text("UPDATE media.uploads SET created_at = created_at - interval '10 minutes'"))
    find_uploads.handler({}, None)
    assert correlations(learner.org_id, "media.upload_received") == [ID]
    lines = [
        json.loads(line) for line in capsys.readouterr().out.splitlines() if '"event":"schedule"' in line
    ]
    assert lines[-1]["correlation_id"] != ID


def test_a_reaction_and_what_it_emits_go_on() -> None:
    org_id = new_id()
    with work_for(org_id) as session, continuing(ID):
        events.emit(session, UploadReceived(upload_id=new_id(), asset_id=new_id()))
    seen: list[str] = []

    def react(session: Any, event: UploadReceived) -> None:
        seen.append(correlation_id())
        events.emit(
            session, AttemptSubmitted(attempt_id=event.asset_id, kind="project", submission_kind="text")
        )

    [received] = emitted(org_id)
    assert reaction(UploadReceived, react)(queue_event(received), None) == {"batchItemFailures": []}
    assert seen == correlations(org_id, "assessment.attempt_submitted") == [ID]


def test_a_task_and_what_it_emits_go_on() -> None:
    org_id = new_id()

    def run(step: Step) -> dict[str, Any]:
        with work_for(step.org_id) as session:
            events.emit(session, UploadReceived(upload_id=new_id(), asset_id=new_id()))
        return {}

    task(Step, run)({"org_id": str(org_id), "correlation_id": ID}, None)
    assert correlations(org_id, "media.upload_received") == [ID]


def test_each_run_of_a_schedule_is_a_story_of_its_own() -> None:
    seen: list[str] = []

    def run() -> dict[str, int]:
        seen.append(correlation_id())
        return {}

    handler = schedule(run)
    with continuing(ID):
        handler({}, None)
        handler({}, None)
    assert len({*seen, ID}) == 3


@pytest.mark.parametrize("known", [True, False])
def test_work_that_is_asked_for_again_keeps_the_id_it_began_with(
    known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    org_id, event = new_id(), AttemptSubmitted(attempt_id=new_id(), kind="project", submission_kind="text")
    if known:
        with work_for(org_id) as session, continuing(ID):
            events.emit(session, event)
    stuck = "SELECT CAST(:org AS uuid) AS org_id, :name AS event_name, CAST(:data AS jsonb) AS data WHERE :older_than > 0"
    query = text(stuck).bindparams(org=org_id, name=event.name, data=event.model_dump_json())
    monkeypatch.setattr(reconcile, "SOURCES", {"test": query})
    reconcile.handler({}, None)
    again = correlations(org_id, event.name)[-1]
    assert (again == ID) is known
