"""R10: no forged, foreign, spent or mangled credential opens any route; good ones open all of them."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import text

from backbone import tokens
from lodestar import clock
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests import gateway
from tests.factories.identity import a_person, an_organization
from tests.proof import Proof, generator, size
from tests.security import forgeries
from tests.security.door import ask
from tests.security.forgeries import AROUND, FROM_A_KEY, TOKENS
from tests.security.operations import Operation
from tests.security.test_matrix import absent, signed
from tests.user_pool import UserPool, a_key

pytestmark = pytest.mark.proof


@pytest.fixture
def subject(pool: UserPool) -> str:
    """A member whose account has been seen before."""
    address, known = f"{uuid4()}@example.org", str(uuid4())
    a_person(an_organization(), Role.ORG_ADMIN, email=address)
    assert ask("GET", "/v1/identity/me", bearing(pool.id_token(known, address))).status == 200
    return known


@pytest.fixture
def nobody_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where forged headers say that keys are, somebody listens; nobody may come."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        monkeypatch.setattr(forgeries, "EVIL", f"http://127.0.0.1:{listener.getsockname()[1]}/keys")
        yield
        with pytest.raises(BlockingIOError):
            listener.accept()


def bearing(credential: str) -> dict[str, list[str]]:
    return {"Authorization": [f"Bearer {credential}"]}


def routes(what: str) -> list[Operation]:
    """Every route that needs a sign-in; in a slice, other ones for each kind of forgery."""
    return generator(what).sample(signed(), size(slice=3, whole=len(signed())))


def let_in(what: str, headers: dict[str, list[str]]) -> list[str]:
    """The routes that the credential opened."""
    return [
        f"{what}: {operation}"
        for operation in routes(what)
        if ask(operation.method.upper(), operation.url(absent), headers).context
    ]


def test_no_forged_token_opens_any_route(
    proof: Proof, pool: UserPool, subject: str, nobody_asked: None
) -> None:
    made = {what: forge(pool, subject) for what, forge in TOKENS.items()}
    wrong = [fault for what, token in made.items() for fault in let_in(what, bearing(token))]
    tried = sum(len(routes(what)) for what in made)
    proof.found("R10", f"{len(made)} classes of tokens x routes", tried=tried, wrong=wrong)
    assert len(made) >= 40
    assert let_in("good", bearing(pool.token(subject))), "the honest token opens the door"


def test_a_good_credential_opens_every_route_the_one_way_only(
    proof: Proof, pool: UserPool, subject: str
) -> None:
    good = pool.token(subject)
    opened = [o for o in signed() if ask(o.method.upper(), o.url(absent), bearing(good)).context]
    shut = sorted({str(o) for o in signed()} - {str(o) for o in opened})
    proof.found("R10", "a good token x routes", tried=len(signed()), wrong=shut)
    assert ask("GET", "/v1/identity/me", {"authorization": [f"bearer {good}"]}).status == 200
    wrong = [fault for what, bring in AROUND.items() for fault in let_in(what, bring(good))]
    proof.found(
        "R10",
        f"{len(AROUND)} other ways to bring a good one x routes",
        tried=sum(len(routes(what)) for what in AROUND),
        wrong=wrong,
    )


def a_key_of(admin: gateway.Person) -> dict[str, Any]:
    body = {"name": f"Import {new_id()}", "scopes": ["learning:read"]}
    made: dict[str, Any] = gateway.post("/v1/identity/api-keys", body, as_=admin).expect(201)
    return made


def spent_keys() -> dict[str, str]:
    """Keys that were good once."""
    admin = a_person(an_organization(), Role.ORG_ADMIN)
    expired, revoked, rotated, ending = (a_key_of(admin) for _ in range(4))
    url = "/v1/identity/api-keys"
    gateway.delete(f"{url}/{revoked['id']}", as_=admin).expect(204)
    gateway.post(f"{url}/{rotated['id']}/rotations", {"overlap_hours": 0}, as_=admin).expect(201)
    with work_for(admin.org_id) as session:
        past = {"at": clock.now() - timedelta(seconds=1), "id": expired["id"]}
        session.execute(text("UPDATE identity.api_keys SET expires_at = :at WHERE id = :id"), past)
    left, suspended = (a_person(an_organization(), Role.ORG_ADMIN) for _ in range(2))
    keys = {"left": a_key_of(left)["key"], "suspended": a_key_of(suspended)["key"]}
    with work_for(left.org_id) as session:
        session.execute(text("UPDATE identity.memberships SET ended_at = now()"))
    with work_for(suspended.org_id) as session:
        session.execute(text("UPDATE identity.organizations SET state = 'rejected'"))
    assert ask("GET", "/v1/identity/me", bearing(ending["key"])).context, "the honest key opens the door"
    return {
        "an expired key": expired["key"],
        "a revoked key": revoked["key"],
        "a key that was replaced": rotated["key"],
        "a key of a membership that ended": keys["left"],
        "a key of an organization that was rejected": keys["suspended"],
        "a key's id": ending["id"],
    }


def test_no_spent_guessed_or_mangled_key_opens_any_route(proof: Proof, pool: UserPool) -> None:
    admin = a_person(an_organization(), Role.ORG_ADMIN)
    good = a_key_of(admin)["key"]
    tried = spent_keys() | {what: change(good) for what, change in FROM_A_KEY.items()}
    wrong = [fault for what, key in tried.items() for fault in let_in(what, bearing(key))]
    wrong += [fault for what, bring in AROUND.items() for fault in let_in(what, bring(good))]
    count = sum(len(routes(what)) for what in [*tried, *AROUND])
    proof.found("R10", f"{len(tried) + len(AROUND)} classes of API keys x routes", tried=count, wrong=wrong)
    opened = [o for o in signed() if ask(o.method.upper(), o.url(absent), bearing(good)).context]
    assert len(opened) == len(signed()), (
        "the honest key is known everywhere; its scopes are the handlers' affair"
    )


def accepted(pool: UserPool, subject: str) -> list[str]:
    """The forgeries that open one route."""
    return [
        what
        for what, forge in TOKENS.items()
        if ask("GET", "/v1/identity/me", bearing(forge(pool, subject))).context
    ]


def test_forgeries_are_accepted_once_signatures_are_not_checked(
    proof: Proof, pool: UserPool, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: Any = jwt.decode
    kept = dict.fromkeys(("verify_exp", "verify_iat", "verify_nbf", "verify_iss", "verify_sub"), True)

    def unchecked(token: str, key: Any, *, options: Any, **others: Any) -> Any:
        return checked(token, key, options={**options, **kept, "verify_signature": False}, **others)

    monkeypatch.setattr(jwt, "decode", unchecked)
    caught = accepted(pool, subject)
    proof.control("R10", "signatures checked", tried=len(TOKENS), caught=len(caught))
    assert {"another's signature", "a stranger's key under the pool's id"} <= set(caught)


def test_forgeries_are_accepted_once_any_key_will_do(
    proof: Proof, pool: UserPool, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = jwt.PyJWK(forgeries.jwk_of(a_key("stranger")))
    monkeypatch.setattr(tokens.SigningKeys, "key", lambda *_: stranger)
    caught = accepted(pool, subject)
    proof.control("R10", "keys are the pool's own", tried=len(TOKENS), caught=len(caught))
    assert {"jku", "jwk", "x5c"} <= set(caught)


def test_forgeries_are_accepted_once_the_client_does_not_matter(
    proof: Proof, pool: UserPool, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "_require_our_client", lambda _claims: None)
    caught = accepted(pool, subject)
    proof.control("R10", "tokens are for our client", tried=len(TOKENS), caught=len(caught))
    assert {"client: another", "ID token of another client"} <= set(caught)


def test_tokens_that_ran_out_are_accepted_once_time_does_not_matter(
    proof: Proof, pool: UserPool, subject: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "LEEWAY_SECONDS", 10**9)
    caught = accepted(pool, subject)
    proof.control("R10", "tokens hold now", tried=len(TOKENS), caught=len(caught))
    assert {"expired a minute ago", "not yet valid", "issued in the future"} <= set(caught)
