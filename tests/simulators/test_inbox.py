"""/_inbox shows what was sent, harmlessly whatever was sent."""

import base64
import re
from typing import Any

import httpx
import pytest

from local.processes import wait_until
from tests.simulators.running import Simulators

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def mail(simulators: Simulators, **changes: Any) -> None:
    body: dict[str, Any] = {
        "personalizations": [
            {
                "to": [{"email": "casey@example.org", "name": HOSTILE}],
                "subject": HOSTILE,
                "headers": {"X-Note": HOSTILE},
            }
        ],
        "from": {"email": "no-reply@example.org", "name": HOSTILE},
        "content": [
            {"type": "text/plain", "value": HOSTILE},
            {"type": "text/html", "value": f"<html><head></head><p>{HOSTILE}<img src='cid:logo'></p></html>"},
        ],
        "attachments": [
            {"content": base64.b64encode(b"BEGIN:VCALENDAR").decode(), "type": "text/calendar", "filename": HOSTILE},
            {"content": "R0lGODlhAQ==", "type": "image/gif", "filename": "l.gif", "content_id": "logo", "disposition": "inline"},
        ],
    } | changes  # fmt: skip
    url = f"{simulators.url}/sendgrid/v3/mail/send"
    httpx.post(url, json=body, headers={"authorization": "Bearer key"}).raise_for_status()


def whatsapp(simulators: Simulators, text: str = "Hello") -> None:
    body = {
        "apiKey": "k", "campaignName": HOSTILE, "destination": "+12025550100", "userName": "Alex", "templateParams": [text],
    }  # fmt: skip
    httpx.post(f"{simulators.url}/aisensy/campaign/t1/api/v2", json=body).raise_for_status()


def call(simulators: Simulators, number: str = "+12025550101") -> None:
    body = {"agent_id": "a", "recipient_phone_number": number, "user_data": {"name": HOSTILE}}
    httpx.post(
        f"{simulators.url}/bolna/call", json=body, headers={"authorization": "Bearer k"}
    ).raise_for_status()


@pytest.fixture
def inbox(simulators: Simulators) -> Simulators:
    mail(simulators)
    whatsapp(simulators, HOSTILE)
    call(simulators)
    return simulators


def test_every_channel_is_shown_newest_first(inbox: Simulators) -> None:
    page = httpx.get(f"{inbox.url}/_inbox").text

    assert re.findall(r'class="channel (\w+)"', page) == ["voice", "whatsapp", "email"]
    assert [message["channel"] for message in inbox.inbox()["messages"]] == ["voice", "whatsapp", "email"]
    assert 'class="bubble"' in page


def test_what_was_sent_never_becomes_part_of_the_page(inbox: Simulators) -> None:
    answer = httpx.get(f"{inbox.url}/_inbox", params={"to": "casey"})

    assert answer.text.count("<script") == 1
    assert "<img" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_a_filter_that_is_hostile_stays_a_filter(inbox: Simulators) -> None:
    answer = httpx.get(f"{inbox.url}/_inbox", params={"to": HOSTILE})

    assert answer.text.count("<script") == 1


def test_a_mails_html_is_shown_in_a_sandbox_with_its_pictures(inbox: Simulators) -> None:
    [message] = inbox.inbox(channel="email")["messages"]
    page = httpx.get(f"{inbox.url}/_inbox").text
    html = httpx.get(f"{inbox.url}/_inbox/{message['id']}/html")

    [frame] = re.findall(r"<iframe[^>]*>", page)
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
    policy = html.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "allow-same-origin" not in policy
    assert "data:image/gif;base64,R0lGODlhAQ==" in html.text
    assert '<head><base target="_blank">' in html.text


def test_attachments_are_downloaded_and_never_shown(inbox: Simulators) -> None:
    [message] = inbox.inbox(channel="email")["messages"]

    file = httpx.get(f"{inbox.url}/_inbox/{message['id']}/attachments/0")

    assert file.content == b"BEGIN:VCALENDAR"
    assert file.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%3Cscript%3E")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{inbox.url}/_inbox/{message['id']}/attachments/2").status_code == 404
    assert httpx.get(f"{inbox.url}/_inbox/none/html").status_code == 404


def test_a_call_that_ended_is_shown_with_what_was_said_and_can_be_heard(inbox: Simulators) -> None:
    call(inbox, "+12025550100")

    def ended() -> bool:
        return bool(inbox.inbox(to="5550100", channel="voice")["states"] == {"completed": 1})

    wait_until(ended, seconds=15, what="the call's end")
    [message], [busy] = (inbox.inbox(to=n, channel="voice")["messages"] for n in ("5550100", "5550101"))
    page = httpx.get(f"{inbox.url}/_inbox", params={"to": "5550100"}).text
    assert "<b>user</b> <bdi>Thank you, I will be there.</bdi>" in page
    assert "&lt;script&gt;" in page
    assert page.count("<script") == 1
    sound = httpx.get(f"{inbox.url}/_inbox/{message['id']}/recording")
    assert sound.headers["content-type"] == "audio/wav"
    assert sound.content.startswith(b"RIFF")
    assert httpx.get(f"{inbox.url}/_inbox/{busy['id']}/recording").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "found"), [({"to": "CASEY"}, 1), ({"to": "5550101"}, 1), ({"channel": "whatsapp"}, 1), ({"to": "nobody"}, 0), ({}, 3)]
)  # fmt: skip
def test_messages_are_found_by_recipient_and_channel(
    inbox: Simulators, wanted: dict[str, str], found: int
) -> None:
    assert inbox.inbox(**wanted)["total"] == found  # type: ignore[arg-type]
    assert httpx.get(f"{inbox.url}/_inbox", params=wanted).text.count("<article") == found


def test_the_page_stands_by_itself(inbox: Simulators) -> None:
    page = httpx.get(f"{inbox.url}/_inbox").text

    own = re.findall(r'(?:src|href)="(/_inbox/assets/[^"]+)"', page)
    assert len(own) == 2
    assert all(httpx.get(inbox.url + path).status_code == 200 for path in own)
    assert "http://" not in page
    assert re.search(r'<html lang="en">', page)
    assert page.count("<label") == 3
