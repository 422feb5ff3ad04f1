"""Seeding invites people over a connection that loses answers, as a busy machine's does."""

import json

import httpx

from local.client import PatientClient
from local.seed.models import Member, Organization
from local.seed.people import write_organization

ANA = Member(email="ana@example.org", name="Ana", role="learner")
COLLEGE = Organization(
    key="college", name="College", type="institution", timezone="Europe/Lisbon", owner=True, members=(ANA,)
)


class Product:
    """It keeps what it is asked for, loses its first invitation's answer, and shows no secret twice."""

    def __init__(self) -> None:
        self.invited: list[str] = []
        self.accepted: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "GET":
            known = [{"slug": "college", "id": "1"}] if path.endswith("/organizations") else []
            return httpx.Response(200, json={"data": known, "page": {"next_cursor": None}})
        if path.endswith("/v1/identity/invitations"):
            assert json.loads(request.content) == {"email": ANA.email, "role": ANA.role}
            key = request.headers["Idempotency-Key"]
            if key in self.invited:
                return httpx.Response(409, json={"code": "secret_already_shown"})
            self.invited.append(key)
            if len(self.invited) == 1:
                raise httpx.ReadError("gone")
            return httpx.Response(201, json={"token": f"token-{len(self.invited)}"})
        self.accepted.append(path)
        return httpx.Response(200, json={})


def test_an_invitation_whose_answer_was_lost_is_made_anew() -> None:
    """It was asked for again with its key, refused as shown already, and the seed stopped."""
    product = Product()
    client = PatientClient(
        "http://product.test", http=httpx.Client(transport=httpx.MockTransport(product.answer))
    )
    assert write_organization(client, COLLEGE) == "1"
    assert product.accepted == ["/v1/identity/public/invitations/token-2"]
