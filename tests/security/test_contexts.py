"""R10: a handler lets nobody in without an authorizer's context that holds now, and a client cannot bring one along."""

import json
from typing import Any

import pytest

from lodestar.ids import new_id
from lodestar.principal import Role
from tests.gateway import FAR_FUTURE, Person
from tests.proof import Proof
from tests.security.door import enter
from tests.security.test_matrix import absent, signed
from tests.security.world import World

pytestmark = pytest.mark.proof
SOMEBODY = str(new_id())
GOOD = {"user_id": SOMEBODY, "memberships": json.dumps({SOMEBODY: ["org_admin"]}), "expires_at": FAR_FUTURE}
NO_MOMENTS: tuple[Any, ...] = (
    "1", "0", "-1", "", "nan", "inf", "-inf", "1e400", "never", "0x7fffffff", None, [],
)  # fmt: skip
CONTEXTS: dict[str, Any] = {
    "none": None,
    "an empty one": {},
    "API Gateway's own fields only": {"principalId": SOMEBODY, "integrationLatency": 3},
    "another authorizer's": {"claims": {"sub": SOMEBODY, "cognito:groups": "org_admin"}},
    **{f"ended: {end!r}": {**GOOD, "expires_at": end} for end in NO_MOMENTS},
    "no end": {name: GOOD[name] for name in ("user_id", "memberships")},
    **{f"user: {user!r}": {**GOOD, "user_id": user} for user in ("", "me", "1", None, f"{SOMEBODY}'", "*")},
    "no user": {name: GOOD[name] for name in ("memberships", "expires_at")},
    **{f"memberships: {given}": {**GOOD, "memberships": given} for given in (
        "{", "[]", "1", "true", '"x"', '{"x": ["org_admin"]}', f'{{"{SOMEBODY}": ["king"]}}', f'{{"{SOMEBODY}": "org_admin"}}',
        f'{{"{SOMEBODY}": 1}}', f'{{"{SOMEBODY}": null}}', '{"*": ["org_admin"]}', f'{{"{SOMEBODY}": [["org_admin"]]}}',
    )},
    "a key without an id that is one": {**GOOD, "api_key_id": "lsk_1", "scopes": "identity:read"},
}  # fmt: skip


def test_no_handler_answers_without_a_context_that_holds(proof: Proof, product: None) -> None:
    wrong = []
    for operation in signed():
        for what, context in CONTEXTS.items():
            answer = enter(operation.method.upper(), operation.url(absent), {}, context=context)
            wrong += [f"{operation} with {what}: {answer.status}"] if answer.status != 401 else []
    proof.found(
        "R10",
        f"{len(CONTEXTS)} contexts that are none x routes",
        tried=len(CONTEXTS) * len(signed()),
        wrong=wrong,
    )


def injections(victim: Person) -> dict[str, tuple[str, dict[str, list[str]]]]:
    """A query and headers by which a client claims to be somebody."""
    context = victim.context()
    named = {f"X-{name}": [value] for name, value in context.items()}
    encoded = json.dumps({"authorizer": context})
    return {
        "its fields as headers": ("", {name: [value] for name, value in context.items()}),
        "its fields as our headers": ("", named),
        "the event's field": ("", {"requestContext": [encoded], "X-Request-Context": [encoded]}),
        "Amazon's headers": ("", {"X-Amzn-Authorizer": [encoded], "X-Amzn-Request-Context": [encoded], "X-Apigateway-Context": [encoded], "X-Apigateway-Event": [encoded]}),
        "an adapter's headers": ("", {"X-Mangum-Event": [encoded], "Aws.Event": [encoded], "Lodestar-Caller": [json.dumps(context)]}),
        "a proxy's headers": ("", {"X-Forwarded-User": [context["user_id"]], "X-User-Id": [context["user_id"]], "X-Remote-User": [context["user_id"]]}),
        "the query": (f"?user_id={context['user_id']}&authorizer={context['user_id']}&requestContext.authorizer.user_id={context['user_id']}", {}),
        "their organization": ("", {"Lodestar-Organization": [str(victim.org_id)], "Lodestar-Roles": ["platform_admin"]}),
    }  # fmt: skip


def test_a_client_cannot_bring_a_context_along(proof: Proof, ours: World, theirs: World) -> None:
    wrong, tried = [], 0
    for operation in signed():
        for what, (query, headers) in injections(theirs.admin).items():
            tried += 1
            answer = enter(operation.method.upper(), operation.url(absent) + query, headers, context=None)
            wrong += [f"{operation} by {what}: {answer.status}"] if answer.status != 401 else []
    proof.found("R10", "contexts that a client brings x routes", tried=tried, wrong=wrong)


def test_whoever_is_signed_in_stays_who_they_are(proof: Proof, ours: World, theirs: World) -> None:
    url, mine, wrong = "/v1/identity/me/permissions", ours.learner.context(), []
    honest = enter("GET", url, {}, context=mine).expect(200)
    for what, (query, headers) in injections(theirs.admin).items():
        answer = enter("GET", url + query, headers, context=mine)
        as_expected = answer.status == 400 if "Lodestar-Organization" in headers else answer.json == honest
        wrong += [] if as_expected else [f"{what}: {answer.status} {answer.text[:200]}"]
    for name in (
        "",
        "*",
        "null",
        str(theirs.org_id).upper(),
        f"{ours.org_id},{theirs.org_id}",
        f"{theirs.org_id}\n",
        "x" * 9000,
    ):
        answer = enter("GET", url, {"Lodestar-Organization": [name]}, context=mine)
        wrong += [] if answer.status == 400 else [f"organization {name[:50]!r}: {answer.status}"]
    proof.found("R10", "signed in, with another's context brought along", tried=15, wrong=wrong)


def test_a_context_that_is_believed_would_be_noticed(proof: Proof, ours: World, theirs: World) -> None:
    """The control: were a header believed, the first test would see another person."""
    answers = {
        what: enter("GET", "/v1/identity/me/permissions", headers, context=theirs.admin.context())
        for what, (_, headers) in injections(theirs.admin).items()
    }
    caught = [what for what, answer in answers.items() if answer.status != 401]
    proof.control("R10", "the context is API Gateway's", tried=len(answers), caught=len(caught))
    assert Role.ORG_ADMIN in answers["its fields as headers"].json["roles"]
