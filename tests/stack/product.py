"""The running product as a test drives it: people over HTTP, vendors by their `/_control`, rows as time left them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4

from sqlalchemy import NullPool, create_engine, text

from local.client import Client, wait_for
from local.seed.content import load
from local.seed.people import PASSWORD
from local.stack import Stack
from lodestar.principal import NOBODY
from tests.journeys.learner import Learner
from tests.simulators.running import Simulators
from tests.stack.functions import invoke

MODELS = ("gemini", "openai")


@dataclass
class Product:
    """One running stack."""

    stack: Stack

    @cached_property
    def simulators(self) -> Simulators:
        return Simulators(self.stack.settings.simulator_url)

    @cached_property
    def staff(self) -> Client:
        """A member of the seeded program's staff."""
        return self._member("org_staff")

    @cached_property
    def administrator(self) -> Client:
        """The seeded institution's."""
        return self._member("org_admin")

    def _member(self, role: str) -> Client:
        member = next(m for m in load().organizations[0].members if m.role == role)
        return Client(self.stack.url).sign_in(member.email, PASSWORD)

    @cached_property
    def org_id(self) -> str:
        """The seeded institution."""
        return str(self.staff.get("/v1/identity/me")["organizations"][0]["id"])

    def learner(self, *, stars: int, background: str = "economics") -> Learner:
        """Somebody new on the seeded program, who was given so many stars."""
        email = f"{uuid4().hex}@example.org"
        invitation = self.staff.post("/v1/identity/invitations", {"email": email, "role": "learner"})
        guest = Client(self.stack.url)
        acceptance = {"password": PASSWORD, "display_name": "Ada Probe", "time_zone": "Europe/Dublin"}
        guest.post(f"/v1/identity/public/invitations/{invitation['token']}", acceptance)
        api = guest.sign_in(email, PASSWORD)
        enrollment_id = wait_for(lambda: _enrolled(api), seconds=60, what="the automatic enrolment")
        chosen = api.get("/v1/assessment/backgrounds", key=background)["data"][0]
        api.patch(f"/v1/learning/enrollments/{enrollment_id}", {"background_id": chosen["id"]})
        given = {
            "enrollment_id": enrollment_id,
            "star": stars,
            "tier": "bronze",
            "reason": "Credit for a test.",
        }
        self.staff.post("/v1/learning/overrides", given)
        return Learner(api, enrollment_id)

    def order_models(self, **orders: Any) -> None:
        """Order the same of every vendor of models."""
        for vendor in MODELS:
            self.simulators.order(vendor, **orders)

    def let_pass(self, attempt_id: str) -> None:
        """As if a quarter of an hour had passed since anybody last worked on the attempt."""
        self.execute(
            """
            UPDATE assessment.attempts
            SET claimed_at = claimed_at - interval '15 minutes', updated_at = updated_at - interval '15 minutes'
            WHERE id = :id
            """,
            id=attempt_id,
        )

    def reconcile(self) -> dict[str, int]:
        """Run backbone's job now; how many of each kind it started again."""
        counts: dict[str, int] = invoke(self.stack, "Reconcile")
        return counts

    def execute(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """SQL within the institution, for what no API tells, and to let time pass."""
        engine = create_engine(self.stack.databases.application, poolclass=NullPool)
        with engine.begin() as connection:
            entered = {"org": self.org_id, "nobody": NOBODY}
            connection.execute(text("SELECT backbone.enter(:org, :nobody, false)"), entered)
            result = connection.execute(text(statement), values)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []


def _enrolled(api: Client) -> str | None:
    rows = api.get("/v1/learning/enrollments")["data"]
    return str(rows[0]["id"]) if rows else None
