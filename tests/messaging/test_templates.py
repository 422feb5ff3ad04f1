"""/v1/messaging/templates - revisions, typed variables, safe HTML, and what is shown before it is sent."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lodestar.contracts.messaging import Recipient
from lodestar.ids import new_id
from lodestar.principal import Role
from messaging import defaults
from messaging.rules import texting
from messaging.service import filling
from tests import gateway
from tests.factories.identity import a_person, an_organization
from tests.factories.messaging import a_message, deliveries
from tests.gateway import Person
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("product")
URL = "/v1/messaging/templates"


@pytest.fixture
def staff() -> Person:
    return a_person(an_organization(), Role.ORG_STAFF)


def a_text(**changes: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "key": "welcome", "channel": "email", "category": "operational", "subject": "Welcome, {{first_name}}",
        "body_html": "<p>Hello {{first_name}}</p>{{#link}}<a href=\"{{link}}\">Begin</a>{{/link}}",
        "variables": [
            {"name": "first_name", "type": "text", "example": "Ada"},
            {"name": "link", "type": "url", "required": False},
        ],
    }  # fmt: skip
    return {**usual, **changes}


def written(staff: Person, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = gateway.post(URL, a_text(**changes), as_=staff).expect(201)
    return found


def codes(answer: gateway.Answer) -> set[str]:
    return {error["code"] for error in answer.expect(422)["errors"]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"subject": "Hello {{surname}}"}, "unknown_variable"),
        ({"body_html": "<p>{{first_name</p>"}, "bad_template"),
        ({"body_html": "{{#link}}never closed"}, "bad_template"),
        ({"body_html": "<p>{{{first_name}}}</p>"}, "bad_template"),
        ({"body_html": "<p>{{first_name.__class__}}</p>"}, "bad_template"),
        ({"body_html": "<script>alert(1)</script>"}, "unsafe_html"),
        ({"body_html": '<p onclick="x()">Hi</p>'}, "unsafe_html"),
        ({"body_html": '<a href="javascript:alert(1)">Hi</a>'}, "unsafe_html"),
        ({"body_html": '<a href="{{first_name}}">Hi</a>'}, "unsafe_html"),
        ({"body_html": "<a href={{link}}>Hi</a>"}, "unsafe_html"),
        ({"subject": "Hello\r\nBcc: everybody@example.org"}, "not_one_line"),
        ({"subject": ""}, "missing"),
        ({"body_html": ""}, "missing"),
        ({"channel": "whatsapp", "body_html": "", "body_text": "Hi"}, "missing"),
        ({"variables": [{"name": "first_name", "type": "money", "example": "Ada"}]}, "wrong_variable"),
        ({"key": "class-reminder"}, "variable_nobody_sends"),
    ],
)
def test_a_text_that_could_not_be_sent_well_is_refused_when_it_is_saved(
    staff: Person, change: dict[str, Any], code: str
) -> None:
    assert code in codes(gateway.post(URL, a_text(**change), as_=staff))


def test_one_revision_is_active_and_what_was_sent_is_not_rewritten(staff: Person) -> None:
    first, second = written(staff), written(staff, subject="Hello, {{first_name}}")
    assert (first["revision"], second["revision"], first["state"]) == (1, 2, "draft")
    for one in (first, second):
        gateway.patch(f"{URL}/{one['id']}", {"state": "active"}, as_=staff).expect(200)
    states = {
        t["revision"]: t["state"] for t in gateway.get(f"{URL}?key=welcome", as_=staff).expect(200)["data"]
    }
    assert states == {1: "retired", 2: "active"}
    refused = gateway.patch(f"{URL}/{second['id']}", {"subject": "Hi"}, as_=staff)
    assert refused.expect(409)["code"] == "revision_fixed"


def test_a_preview_shows_examples_and_escapes_values(staff: Person) -> None:
    url = f"{URL}/{written(staff)['id']}/previews"
    values = {"first_name": "<b>Ada</b>", "link": "https://example.org/?a=1&b=2"}
    shown = gateway.post(url, {"variables": values}, as_=staff).expect(200)
    assert (
        shown["html"]
        == '<p>Hello &lt;b&gt;Ada&lt;/b&gt;</p><a href="https://example.org/?a=1&amp;b=2">Begin</a>'
    )
    assert shown["text"] == "Hello <b>Ada</b>\nBegin (https://example.org/?a=1&b=2)"
    assert gateway.post(url, {}, as_=staff).expect(200)["subject"] == "Welcome, Ada"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"link": "javascript:alert(1)"}, "wrong_variable"),
        ({"surname": "Lovelace"}, "unknown_variable"),
        ({"first_name": 7}, "wrong_variable"),
        ({"first_name": None}, "missing_variable"),
    ],
)
def test_a_preview_names_the_variable_that_is_wrong(staff: Person, values: dict[str, Any], code: str) -> None:
    answer = gateway.post(f"{URL}/{written(staff)['id']}/previews", {"variables": values}, as_=staff)
    assert codes(answer) == {code}


def test_another_organizations_template_is_absent(staff: Person) -> None:
    made = written(staff)
    stranger = a_person(an_organization(), Role.ORG_STAFF)
    assert gateway.get(f"{URL}/{made['id']}", as_=stranger).status == 404
    assert gateway.patch(f"{URL}/{made['id']}", {"state": "active"}, as_=stranger).status == 404
    learner = a_person(staff.org_id)
    assert gateway.get(f"{URL}/{made['id']}", as_=learner).status == 403


def test_the_organizations_text_in_the_recipients_language_goes_before_the_built_in_one(
    staff: Person, simulators: Simulators
) -> None:
    own = {"key": "export-ready", "category": "transactional", "variables": [], "body_html": "<p>Hola</p>"}
    made = written(staff, **own, locale="es", subject="Tus datos")
    gateway.patch(f"{URL}/{made['id']}", {"state": "active"}, as_=staff).expect(200)
    for locale in ("es-MX", "de"):
        a_message(staff.org_id, Recipient(email=f"{new_id()}@example.org", locale=locale))
    assert {mail["subject"] for mail in simulators.inbox()["messages"]} == {"Tus datos", "Your data is ready"}
    assert {d["template_revision"] for d in deliveries(staff)} == {0, 1}


def test_a_value_cannot_break_out_of_the_subject(staff: Person, simulators: Simulators) -> None:
    made = written(staff)
    gateway.patch(f"{URL}/{made['id']}", {"state": "active"}, as_=staff).expect(200)
    name = "Ada\r\nBcc: everybody@example.org"
    a_message(
        staff.org_id,
        Recipient(email=f"{new_id()}@example.org"),
        template_key="welcome",
        variables={"first_name": name},
    )
    (mail,) = simulators.inbox()["messages"]
    assert mail["subject"] == "Welcome, Ada Bcc: everybody@example.org"


@pytest.mark.parametrize("text", defaults.templates().values(), ids=lambda t: f"{t.key}/{t.channel}")
def test_every_built_in_text_can_be_kept_and_filled_by_its_examples(text: texting.Text) -> None:
    assert texting.faults(text) == []
    examples = filling.example(text)
    values, faults = filling.values(
        text, examples, name="Ada", organization="Riverside", zone=ZoneInfo("Europe/Berlin")
    )
    assert faults == []
    composed = texting.compose(text, values)
    assert "{{" not in f"{composed.subject}{composed.html}{composed.text}"


def test_every_built_in_policy_has_its_texts_and_their_variables_are_sent() -> None:
    for policy in defaults.policies().values():
        sent = {v.name for v in defaults.kinds()[policy.anchor_kind]}
        for channel in policy.channels:
            text = defaults.templates()[policy.template_key, channel]
            assert {v.name for v in text.variables if v.required} <= sent
        assert policy.audience in defaults.audiences()[policy.anchor_kind]


def test_an_e_mail_has_nothing_to_approve(staff: Person) -> None:
    url = f"{URL}/{written(staff)['id']}"
    refused = gateway.patch(url, {"approval": "approved"}, as_=staff).expect(409)
    assert refused["code"] == "nothing_to_approve"
