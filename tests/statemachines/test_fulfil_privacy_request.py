"""statemachines/fulfil_privacy_request.asl.json, walked in the embedded AWS."""

import pytest

from local.client import wait_for
from tests.journeys.learner import Learner
from tests.stack.executions import reached, tell_again, walked
from tests.stack.functions import NO_DATABASE, broken, misled
from tests.stack.product import Product

pytestmark = [pytest.mark.stack, pytest.mark.slow]
MACHINE = "fulfil_privacy_request"
REQUESTS = "/v1/identity/privacy-requests"
POLICIES = "/v1/identity/retention-policies"
DOMAINS = ("Assessment", "Learning", "Media", "Insights", "Messaging", "Backbone", "Identity")
CLAIMED = ["ClaimRequest", "IsClaimed"]
ANSWERED = [*CLAIMED, *(f"AnswerFor{domain}" for domain in DOMAINS), "HasEveryoneAnswered"]
EXPORTED = [*ANSWERED, "AssembleExport", "Exported"]
ERASED = [*ANSWERED, "CertifyErasure", "Erased"]


def asked(learner: Learner, kind: str) -> str:
    return str(learner.api.post(REQUESTS, {"kind": kind})["id"])


def approve(served: Product, request_id: str) -> None:
    ruling = {"decision": "approved", "reason": "Asked for by the person."}
    served.administrator.post(f"{REQUESTS}/{request_id}/decisions", ruling)


def test_an_export_becomes_an_archive_with_a_link_once(served: Product) -> None:
    learner = served.learner(stars=1)
    request_id = asked(learner, "export")
    walk = walked(served.stack, MACHINE, request_id)
    assert (walk.states, walk.failures) == (EXPORTED, [])
    assert learner.api.get(f"{REQUESTS}/{request_id}")["download"]["url"]
    tell_again(served.stack, walk)
    assert walked(served.stack, MACHINE, request_id, nth=2).states == [*CLAIMED, "Superseded"]


def test_an_erasure_ends_in_a_certificate(served: Product) -> None:
    request_id = asked(served.learner(stars=1), "erase")
    approve(served, request_id)
    assert walked(served.stack, MACHINE, request_id).states == ERASED
    found = served.administrator.get(f"{REQUESTS}/{request_id}")
    assert found["state"] == "completed"
    assert found["certificate"]


def test_a_legal_hold_that_comes_in_between_stops_an_erasure(served: Product) -> None:
    learner = served.learner(stars=1)
    request_id, person = asked(learner, "erase"), learner.api.get("/v1/identity/me")["id"]
    with misled(served.stack, "AnswerForLearning", DATABASE_URL=NO_DATABASE):
        approve(served, request_id)
        await_failure(served, request_id, "AnswerForLearning")
        hold = {"user_id": person, "reason": "Appeal before the examinations board."}
        served.administrator.put(POLICIES, {"periods": {}, "legal_holds": [hold]})
    walk = walked(served.stack, MACHINE, request_id)
    served.administrator.put(POLICIES, {"periods": {}, "legal_holds": []})
    assert walk.states[-2:] == ["HoldRequest", "Held"]
    assert served.administrator.get(f"{REQUESTS}/{request_id}")["state"] == "pending"
    approve(served, request_id)
    assert walked(served.stack, MACHINE, request_id, nth=2).states == ERASED


@pytest.mark.parametrize(
    ("function", "states"),
    [
        ("ClaimPrivacyRequest", CLAIMED[:1]),
        ("AnswerForMedia", [*CLAIMED, "AnswerForAssessment", "AnswerForLearning", "AnswerForMedia"]),
        ("AssembleExport", EXPORTED[:-1]),
    ],
)
def test_a_step_that_keeps_failing_gives_the_request_back(
    served: Product, function: str, states: list[str]
) -> None:
    """Reconcile then has it done by an execution that finds what this one left."""
    with broken(served.stack, function):
        request_id = asked(served.learner(stars=1), "export")
        walk = walked(served.stack, MACHINE, request_id)
    assert (walk.status, walk.states) == ("FAILED", [*states, "GiveBackRequest", "FulfilmentFailed"])
    let_pass(served, request_id)
    assert served.reconcile()["privacy_requests"] >= 1
    assert walked(served.stack, MACHINE, request_id, nth=2).states == EXPORTED


def let_pass(served: Product, request_id: str) -> None:
    """As if an hour had passed since anybody last worked on the request."""
    aged = """
    UPDATE identity.privacy_requests SET updated_at = updated_at - interval '1 hour',
      claimed_at = claimed_at - interval '1 hour' WHERE id = :id
    """
    served.execute(aged, id=request_id)


def await_failure(served: Product, request_id: str, state: str) -> None:
    """Until the state has failed for the first time."""
    wait_for(
        lambda: reached(served.stack, MACHINE, request_id, state).failures,
        seconds=60,
        what=f"the first failure of {state}",
    )
