"""statemachines/fulfil_privacy_request.asl.json, walked in the embedded AWS."""

import pytest

from tests.stack.executions import walked
from tests.stack.product import Product

pytestmark = [pytest.mark.stack, pytest.mark.slow]
MACHINE = "fulfil_privacy_request"
REQUESTS = "/v1/identity/privacy-requests"
DOMAINS = ("Assessment", "Learning", "Media", "Messaging", "Backbone", "Identity")
ANSWERED = ["ClaimRequest", "IsClaimed", *(f"AnswerFor{domain}" for domain in DOMAINS), "HasEveryoneAnswered"]


def test_an_export_becomes_an_archive_with_a_link(served: Product) -> None:
    learner = served.learner(stars=1).api
    request_id = learner.post(REQUESTS, {"kind": "export"})["id"]
    walk = walked(served.stack, MACHINE, request_id)
    assert (walk.states, walk.failures) == ([*ANSWERED, "AssembleExport", "Exported"], [])
    assert learner.get(f"{REQUESTS}/{request_id}")["download"]["url"]
