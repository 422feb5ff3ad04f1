"""Reminders in the whole product: a policy is previewed, a class is set, another is moved, a third cancelled. What
should be in the vendors' inbox is there, and the product says why the rest is not.

    python -m tests.journeys.reminders        against the stack that `make run` serves
"""

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from local.client import Client, wait_for
from local.deploy import ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD
from local.deploy import client as aws_client
from local.settings import Settings

POLICY = {
    "anchor_kind": "class_session",
    "offset_seconds": -70,
    "audience": "learner",
    "channels": ["email"],
    "template_key": "class-reminder",
    "category": "operational",
}
SOON = timedelta(seconds=75)
"""Due in five seconds, and within the sweep's minute still before the class."""
PATIENCE_SECONDS = 90.0
CALLED = "+12025550100"
"""A number that is nobody's, which the simulated Bolna finds answered."""


class Reminders:
    """One run, with addresses of its own."""

    def __init__(self, settings: Settings, *, bus: str) -> None:
        self.staff = Client(settings.public_url).sign_in(ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD)
        self.organization = str(self.staff.get("/v1/identity/me")["organizations"][0]["id"])
        self._simulators = settings.simulator_url
        self._events = aws_client(settings, "events")
        self._bus = bus
        self.policy = f"journey-{uuid4().hex[:8]}"

    def run(self) -> Mapping[str, dict[str, Any]]:
        """What became of each of the three classes: its mail, if any, and what the product says of it."""
        self.staff.put(f"/v1/messaging/reminder-policies/{self.policy}", POLICY)
        self._call()
        at = datetime.now(UTC).replace(microsecond=0) + SOON
        preview = {"at": at.isoformat(), "recipients": [{"name": "Ada", "time_zone": "Asia/Kolkata"}]}
        previewed = self.staff.post(f"/v1/messaging/reminder-policies/{self.policy}/previews", preview)
        addresses = {
            name: f"delivered+{name}-{uuid4().hex[:12]}@example.org"
            for name in ("kept", "moved", "cancelled")
        }
        subjects = {name: str(uuid4()) for name in addresses}
        for name, address in addresses.items():
            recipient = {"email": address, "name": name, "audience": "learner"}
            told = {
                "at": at.isoformat(),
                "time_zone": "UTC",
                "recipients": [recipient],
                "variables": {"title": name},
            }
            self._tell("anchor_set", subjects[name], told)
        for name in addresses:
            self._await_scheduled(name)
        tomorrow = at + timedelta(days=1)
        self._tell("anchor_moved", subjects["moved"], {"at": tomorrow.isoformat(), "time_zone": "UTC"})
        self._tell("anchor_cancelled", subjects["cancelled"], {"reason": "The teacher is ill."})
        wait_for(
            lambda: self._inbox(addresses["kept"]) or None,
            seconds=PATIENCE_SECONDS,
            what="mail of the kept class",
        )
        found = {
            name: {
                "mails": self._inbox(address),
                "scheduled": self._scheduled(name),
                "explanation": self._explained(address),
            }
            for name, address in addresses.items()
        }
        self.staff.put(f"/v1/messaging/reminder-policies/{self.policy}", {**POLICY, "enabled": False})
        return {"preview": previewed, **found, "called": self._called()}

    def _call(self) -> None:
        """Somebody is called where it is noon, for nobody is called at night."""
        text = {
            "key": self.policy,
            "channel": "voice",
            "category": "operational",
            "vendor_template": "3c90c3cc-0d44-4b50-8888-8dd25736052a",
            "body_text": "Hello {{recipient_name}}.",
        }
        made = self.staff.post("/v1/messaging/templates", text)
        self.staff.patch(f"/v1/messaging/templates/{made['id']}", {"state": "active"})
        hours_from_noon = datetime.now(UTC).hour - 12
        requested = {
            "template_key": self.policy,
            "category": "operational",
            "channels": ["voice"],
            "dedupe_key": self.policy,
            "recipients": [{"phone": CALLED, "name": "Ada", "time_zone": f"Etc/GMT{hours_from_noon:+d}"}],
        }
        self._publish("message_requested", requested)

    def _called(self) -> dict[str, Any]:
        """What became of the call, once Bolna has confirmed its end."""

        def ended() -> dict[str, Any] | None:
            rows = self.staff.every("/v1/messaging/deliveries", template_key=self.policy)
            found = [self.staff.get(f"/v1/messaging/deliveries/{row['id']}/explanation") for row in rows]
            told = [one for one in found if any(h["kind"] == "completed" for h in one["history"])]
            return told[0] if told else None

        explained = wait_for(ended, seconds=PATIENCE_SECONDS, what="the call's end")
        calls = [one for one in self._inbox(CALLED) if one["reference"] == explained["delivery_id"]]
        return {"calls": calls, "explanation": explained}

    def _tell(self, event: str, subject_id: str, data: Mapping[str, Any]) -> None:
        """Of a class, as another domain would."""
        told_at = datetime.now(UTC).isoformat()
        self._publish(event, {"kind": "class_session", "subject_id": subject_id, "told_at": told_at, **data})

    def _publish(self, event: str, data: Mapping[str, Any]) -> None:
        """Over the bus."""
        now = datetime.now(UTC).isoformat()
        detail = {
            "event_id": str(uuid4()),
            "org_id": self.organization,
            "version": 1,
            "occurred_at": now,
            "correlation_id": "reminders",
            "data": data,
        }
        entry = {
            "Source": "lodestar.messaging",
            "DetailType": f"messaging.{event}",
            "Detail": json.dumps(detail),
            "EventBusName": self._bus,
        }
        if self._events.put_events(Entries=[entry])["FailedEntryCount"]:
            raise RuntimeError("The bus refused an event.")

    def _await_scheduled(self, name: str) -> None:
        wait_for(lambda: self._scheduled(name) or None, seconds=PATIENCE_SECONDS, what=f"schedule of {name}")

    def _scheduled(self, name: str) -> list[dict[str, Any]]:
        rows = self.staff.every("/v1/messaging/scheduled-messages", policy_key=self.policy)
        return [row for row in rows if row["name"] == name]

    def _inbox(self, address: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{self._simulators}/_inbox.json", params={"to": address}, timeout=10)
        return list(answer.raise_for_status().json()["messages"])

    def _explained(self, address: str) -> dict[str, Any] | None:
        rows = self.staff.every("/v1/messaging/deliveries", template_key=POLICY["template_key"])
        of_address = [row for row in rows if row["address"] == address]
        if not of_address:
            return None
        found: dict[str, Any] = self.staff.get(f"/v1/messaging/deliveries/{of_address[0]['id']}/explanation")
        return found


def main() -> int:
    """Tell what happened; exit status 0 when only the kept class was mailed."""
    settings = Settings.from_environment()
    outputs: dict[str, str] = json.loads(settings.outputs_file.read_text())
    found = Reminders(settings, bus=outputs["EventBusName"]).run()
    for name in ("kept", "moved", "cancelled"):
        one = found[name]
        why = (one["explanation"] or {}).get("summary") or "; ".join(
            s["explanation"] for s in one["scheduled"]
        )
        sys.stdout.write(f"{name}: {len(one['mails'])} mail(s). {why}\n")
    return 0 if [len(found[n]["mails"]) for n in ("kept", "moved", "cancelled")] == [1, 0, 0] else 1


if __name__ == "__main__":
    sys.exit(main())
