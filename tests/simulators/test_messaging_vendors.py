"""The vendors of messages, payments and meetings speak as their documentation says, webhooks included."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from local.processes import wait_until
from simulators.app import usual_orders
from simulators.instamojo.app import sign
from tests.adapters.listening import Endpoint
from tests.simulators.running import Simulators

KEY = {"authorization": "Bearer key"}
MAIL: dict[str, Any] = {
    "personalizations": [{"to": [{"email": "a@example.org"}], "custom_args": {"reference": "r"}}],
    "from": {"email": "b@example.org"},
    "subject": "Hello",
    "content": [{"type": "text/plain", "value": "Hi"}],
}


def mail(simulators: Simulators, **changes: Any) -> httpx.Response:
    body = {name: value for name, value in (MAIL | changes).items() if value is not None}
    return httpx.post(f"{simulators.url}/sendgrid/v3/mail/send", headers=KEY, json=body)


def test_sendgrid_accepts_with_an_id_and_its_rate_limit(simulators: Simulators) -> None:
    simulators.order("sendgrid", requests_per_minute=2)

    first, second, third = (mail(simulators) for _ in range(3))

    assert (first.status_code, first.content) == (202, b"")
    assert first.headers["x-message-id"] != second.headers["x-message-id"]
    assert (first.headers["x-ratelimit-limit"], first.headers["x-ratelimit-remaining"]) == ("2", "1")
    assert third.status_code == 429
    assert third.json() == {"errors": [{"message": "too many requests", "field": None, "help": None}]}
    assert third.headers["x-ratelimit-remaining"] == "0"
    assert int(third.headers["x-ratelimit-reset"]) > 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"personalizations": []}, "personalizations"),
        ({"personalizations": [{"to": []}]}, "personalizations.0.to"),
        ({"personalizations": [{"to": [{"email": "a"}]}]}, "personalizations.0.to.0.email"),
        ({"personalizations": MAIL["personalizations"] * 1001}, "personalizations"),
        ({"from": None}, "from.email"),
        ({"subject": None}, "subject"),
        ({"subject": "a\r\nBcc: x@example.org"}, "personalizations.0.subject"),
        ({"content": None}, "content"),
        ({"content": [{"type": "text/html", "value": "a"}, {"type": "text/plain", "value": "a"}]}, "content"),
        ({"reply_to": {"email": "two@example.org, b@example.org"}}, "reply_to.email"),
        ({"attachments": [{"content": "é", "filename": "a"}]}, "attachments.0.content"),
    ],
)  # fmt: skip
def test_sendgrid_names_the_field_at_fault(
    simulators: Simulators, changes: dict[str, Any], field: str
) -> None:
    answer = mail(simulators, **changes)

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert simulators.inbox()["total"] == 0


def test_sendgrid_wants_a_key_and_json_of_bearable_size(simulators: Simulators) -> None:
    url = f"{simulators.url}/sendgrid/v3/mail/send"

    assert httpx.post(url, json=MAIL).status_code == 401
    assert httpx.post(url, headers=KEY, content=b"{").status_code == 400
    assert httpx.post(url, headers=KEY, content=bytes(30 * 2**20 + 1)).status_code == 413


def test_sendgrids_key_is_published_for_whoever_verifies(simulators: Simulators) -> None:
    asked = httpx.get(f"{simulators.url}/sendgrid/v3/user/webhooks/event/settings/signed", headers=KEY).json()

    assert asked == httpx.get(f"{simulators.url}/_control/sendgrid/key").json()
    assert base64.b64decode(asked["public_key"])


def test_the_ordered_share_fails_and_one_seed_gives_one_run(simulators: Simulators) -> None:
    def run(seed: int) -> set[str]:
        simulators.reset(seed=seed)
        simulators.order("sendgrid", undelivered_rate=0.1)
        people = [
            {"to": [{"email": f"p{n}@example.org"}], "custom_args": {"reference": str(n)}}
            for n in range(1000)
        ]
        mail(simulators, personalizations=people)

        def settled() -> bool:
            states = simulators.inbox(limit=0)["states"]
            return int(states.get("delivered", 0) + states.get("blocked", 0)) == 1000

        wait_until(settled, seconds=20, what="every fate")
        return {m["reference"] for m in simulators.inbox(limit=1000)["messages"] if m["state"] == "blocked"}

    first = run(7)

    assert 60 <= len(first) <= 140
    assert first == run(7)
    assert first != run(8)


def test_a_reset_ends_what_was_still_to_come(simulators: Simulators, listening: Endpoint) -> None:
    simulators.order("bolna", webhook_url=listening.url, time_factor=10)
    body = {"agent_id": "a", "recipient_phone_number": "+12025550100"}
    httpx.post(f"{simulators.url}/bolna/call", headers=KEY, json=body).raise_for_status()
    wait_until(lambda: len(listening.posted) == 1, seconds=10, what="the first step")

    simulators.reset()

    assert simulators.inbox()["total"] == 0
    assert httpx.get(f"{simulators.url}/bolna/v2/agent/a/executions", headers=KEY).json()["total"] == 0


def test_aisensy_speaks_its_own_errors(simulators: Simulators) -> None:
    url = f"{simulators.url}/aisensy/campaign/t1/api/v2"
    body = {"apiKey": "key", "campaignName": "t", "destination": "12025550100", "userName": "Casey"}

    taken = httpx.post(url, json=body).json()
    unknown = httpx.post(url, json=body | {"campaignName": "unknown"})
    simulators.order("aisensy", scenario="rate_limited")
    limited = httpx.post(url, json=body)

    assert taken["success"] == "true"
    assert taken["submitted_message_id"]
    assert (unknown.status_code, unknown.json()["name"], unknown.json()["errorCode"]) == (400, "ERR400", 400)
    assert limited.status_code == 429
    assert "retry-after" not in limited.headers


def test_bolna_lists_an_agents_calls_without_their_contents(simulators: Simulators) -> None:
    simulators.order("bolna", time_factor=10)
    body = {"agent_id": "a", "recipient_phone_number": "+12025550100", "user_data": {"reference": "r"}}
    made = [httpx.post(f"{simulators.url}/bolna/call", headers=KEY, json=body).json() for _ in range(3)]

    first = httpx.get(f"{simulators.url}/bolna/v2/agent/a/executions?page_size=2", headers=KEY).json()
    whole = httpx.get(f"{simulators.url}/bolna/executions/{made[0]['execution_id']}", headers=KEY).json()

    assert made[0] == {"message": "done", "status": "queued", "execution_id": made[0]["execution_id"]}
    assert [entry["id"] for entry in first["data"]] == [made[2]["execution_id"], made[1]["execution_id"]]
    assert first["has_more"]
    assert "context_details" not in first["data"][0]
    assert whole["context_details"]["recipient_data"] == {"reference": "r"}
    assert httpx.get(f"{simulators.url}/bolna/executions/none", headers=KEY).status_code == 404
    assert httpx.get(f"{simulators.url}/bolna/executions/none").json() == {
        "error": 401,
        "message": "Access denied",
    }


MOJO = {"x-api-key": "key", "x-auth-token": "token"}


@pytest.mark.parametrize(
    ("buyer", "status", "state"), [("casey", "Credit", "Completed"), ("declined", "Failed", "Pending")]
)
def test_instamojo_tells_of_a_payment_with_its_mac(
    simulators: Simulators, listening: Endpoint, buyer: str, status: str, state: str
) -> None:
    simulators.order("instamojo", webhook_url=listening.url)
    asked = {
        "amount": "5000",
        "purpose": "Order 7",
        "email": f"{buyer}@example.org",
        "buyer_name": "Casey Größe",
    }
    made = httpx.post(f"{simulators.url}/instamojo/api/1.1/payment-requests/", headers=MOJO, data=asked)
    wait_until(lambda: len(listening.posted) == 1, seconds=10, what="the payment")

    request = made.json()["payment_request"]
    assert (made.status_code, request["status"], request["amount"]) == (201, "Pending", "5000.00")
    fields = dict(parse_qsl(listening.posted[0].body.decode(), keep_blank_values=True))
    values = [fields[name] for name in sorted(fields, key=str.lower) if name != "mac"]
    assert fields["mac"] == hmac.new(b"simulator", "|".join(values).encode(), hashlib.sha1).hexdigest()
    assert fields["mac"] != sign(fields | {"amount": "1.00"})
    assert (fields["status"], fields["buyer_name"]) == (status, "Casey Größe")
    url = f"{simulators.url}/instamojo/api/1.1/payment-requests/{request['id']}/"
    assert httpx.get(url, headers=MOJO).json()["payment_request"]["status"] == state
    payment = httpx.get(
        f"{simulators.url}/instamojo/api/1.1/payments/{fields['payment_id']}/", headers=MOJO
    ).json()
    assert payment["payment"]["status"] == status


def test_instamojo_speaks_its_own_errors(simulators: Simulators) -> None:
    url = f"{simulators.url}/instamojo/api/1.1/payment-requests/"

    wrong = httpx.post(url, headers=MOJO, data={"amount": "much", "purpose": ""})

    assert (wrong.status_code, wrong.json()["success"]) == (400, False)
    assert set(wrong.json()["message"]) == {"amount", "purpose"}
    assert httpx.post(url, data={"amount": "10"}).status_code == 401
    assert httpx.get(f"{url}none/", headers=MOJO).json() == {
        "success": False,
        "message": "Payment Request not found",
    }


def zoom_token(simulators: Simulators) -> dict[str, str]:
    basic = base64.b64encode(b"client:secret").decode()
    answer = httpx.post(
        f"{simulators.url}/zoom/oauth/token?grant_type=account_credentials&account_id=a",
        headers={"authorization": f"Basic {basic}"},
    )
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def test_zoom_keeps_meetings_for_whoever_has_a_token(simulators: Simulators) -> None:
    url = f"{simulators.url}/zoom/v2"
    token = zoom_token(simulators)
    wanted = {"topic": "Astronomy", "type": 2, "start_time": "2026-12-01T09:00:00Z", "duration": 60}

    made = httpx.post(f"{url}/users/me/meetings", headers=token, json=wanted)
    number = made.json()["id"]
    changed = httpx.patch(f"{url}/meetings/{number}", headers=token, json={"topic": "Geology"})
    read = httpx.get(f"{url}/meetings/{number}", headers=token).json()
    deleted = httpx.delete(f"{url}/meetings/{number}", headers=token)
    gone = httpx.get(f"{url}/meetings/{number}", headers=token)

    assert (made.status_code, changed.status_code, deleted.status_code) == (201, 204, 204)
    assert (read["topic"], read["start_time"]) == ("Geology", wanted["start_time"])
    assert read["join_url"] != read["start_url"]
    assert (gone.status_code, gone.json()["code"]) == (404, 3001)
    assert httpx.get(f"{url}/meetings/{number}", headers={"authorization": "Bearer x"}).json()["code"] == 124


def test_zoom_signs_what_it_tells_and_remembers_recordings(
    simulators: Simulators, listening: Endpoint
) -> None:
    simulators.order("zoom", webhook_url=listening.url)
    token = zoom_token(simulators)
    recording = {
        "id": 80000000001,
        "host_id": "me",
        "start_time": "2026-12-01T09:00:00Z",
        "recording_files": [],
    }

    event = {"event": "recording.completed", "object": recording}
    httpx.post(f"{simulators.url}/_control/zoom/events", json=event).raise_for_status()
    wait_until(lambda: len(listening.posted) == 1, seconds=10, what="the event")

    headers, body = listening.posted[0].headers, listening.posted[0].body
    message = f"v0:{headers['x-zm-request-timestamp']}:{body.decode()}"
    expected = hmac.new(b"simulator", message.encode(), hashlib.sha256).hexdigest()
    assert headers["x-zm-signature"] == f"v0={expected}"
    assert json.loads(body)["payload"]["object"] == recording
    listed = httpx.get(
        f"{simulators.url}/zoom/v2/users/me/recordings?from=2026-12-01&to=2026-12-02", headers=token
    )
    assert listed.json()["meetings"] == [recording]


def test_zoom_validates_an_endpoint_before_it_trusts_it(simulators: Simulators, listening: Endpoint) -> None:
    simulators.order("zoom", webhook_url=listening.url)
    validate = f"{simulators.url}/_control/zoom/validation"

    wrong = httpx.post(validate).status_code

    def answered(_: int, posted: Any) -> tuple[int, bytes]:
        token = json.loads(posted.body)["payload"]["plainToken"]
        digest = hmac.new(b"simulator", token.encode(), hashlib.sha256).hexdigest()
        return 200, json.dumps({"plainToken": token, "encryptedToken": digest}).encode()

    listening.answer = answered
    assert (wrong, httpx.post(validate).status_code) == (409, 204)


@pytest.mark.parametrize("vendor", ["instamojo", "zoom"])
def test_orders_hold_for_every_vendor(simulators: Simulators, vendor: str) -> None:
    paths = {"instamojo": "api/1.1/payment-requests/x/", "zoom": "v2/meetings/1"}
    simulators.order(vendor, down=True)
    down = httpx.get(f"{simulators.url}/{vendor}/{paths[vendor]}", headers=MOJO)
    simulators.order(vendor, down=False, scenario="rate_limited")
    limited = httpx.get(f"{simulators.url}/{vendor}/{paths[vendor]}", headers=MOJO)

    assert (down.status_code, limited.status_code) == (503, 429)


def test_vendors_start_as_the_environment_says() -> None:
    given = {"SIMULATOR_TIME_FACTOR": "0.1", "SIMULATOR_WEBHOOKS": '{"bolna": "http://127.0.0.1:8000/b"}'}

    local, bare = usual_orders(given), usual_orders({})

    assert (local["bolna"].time_factor, local["bolna"].webhook_url) == (0.1, "http://127.0.0.1:8000/b")
    assert local["sendgrid"].webhook_url == ""
    assert (bare["sendgrid"].time_factor, bare["sendgrid"].undelivered_rate) == (1.0, 0.1)
    assert usual_orders({"SIMULATOR_UNDELIVERED_RATE": "0"})["sendgrid"].undelivered_rate == 0
