"""R10: what opens doors is kept nowhere: no token, password, API key, link or signature in the database or the logs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from unittest.mock import patch
from uuid import uuid4

import pytest
from sqlalchemy import text

from lodestar.log import log
from lodestar.principal import Role
from tests import gateway
from tests.database import Database
from tests.factories.identity import a_person, an_organization
from tests.proof import Proof
from tests.security import ledger
from tests.security.catalogue import relations
from tests.security.door import ask
from tests.security.forgeries import FROM_A_KEY, TOKENS
from tests.security.logs import captured
from tests.security.operations import METHODS, Operation, filled, operations
from tests.security.world import World, a_full_organization
from tests.user_pool import UserPool

pytestmark = pytest.mark.proof
PASSWORD = "Correct-Horse-Battery-7"
SIGNATURE = re.compile(r"(?:[Ss]ignature|[Pp]olicy)\"?[=:] ?\"?([A-Za-z0-9+/=_%-]{32,})")
PATTERNS = {
    "a token": re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}"),
    "an API key": re.compile(r"lsk_[A-Za-z0-9_-]{20,}"),
    "a signature": SIGNATURE,
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an AWS key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
}
NO_SECRETS = {
    "the subject itself",
    "a header of a megabyte",
    "claims of a megabyte",
    "the key's hash",
    "its shown beginning",
}
"""What opens nothing, and may be kept; or is too large to be looked for."""
LEAST = 12
"""Characters below which a secret would be found by chance."""


@dataclass
class Places:
    """Where secrets may have got to: the text of every row by its table, and of all log lines."""

    rows: dict[str, str]
    lines: str
    secrets: set[str] = field(default_factory=set)

    def found(self) -> Iterator[str]:
        """Each place that holds a secret."""
        for place, content in {**self.rows, "the logs": self.lines}.items():
            yield from (f"{place}: {secret[:24]}..." for secret in self.secrets if secret in content)
            for what, pattern in PATTERNS.items():
                yield from (f"{place}: {what} {m.group()[:60]}" for m in pattern.finditer(content))


def everything(migrator_url: str) -> dict[str, str]:
    """All rows of all tables as text."""
    with ledger.seeing_everything(migrator_url) as connection:
        tables = [r.name for r in relations(connection) if not r.is_view]
        return {
            table: "\n".join(connection.scalars(text(f"SELECT r::text FROM {table} AS r")))
            for table in tables
        }


def sent(operation: Operation, world: World, person: gateway.Person) -> str:
    """The operation as our own clients send it; its answer."""
    choose = partial(world.own, resource=operation.resource, person=person)
    headers = {"Idempotency-Key": str(uuid4())} if operation.method == "post" else {}
    body = filled(operation.body(), choose)
    return gateway.call(
        operation.method.upper(), operation.url(choose), as_=person, body=body, headers=headers
    ).text


def a_day(pool: UserPool, world: World) -> set[str]:
    """Everything that is done with secrets: people sign in, fail to, register, make keys, links and uploads."""
    secrets, subject, address = {PASSWORD}, str(uuid4()), f"{uuid4()}@example.org"
    a_person(an_organization(), Role.ORG_ADMIN, email=address)
    secrets |= {pool.id_token(subject, address), pool.token(subject)}
    secrets |= {forge(pool, subject) for what, forge in TOKENS.items() if what not in NO_SECRETS}
    made = gateway.post("/v1/identity/api-keys", {"name": "A", "scopes": ["learning:read"]}, as_=world.admin)
    key = made.expect(201)["key"]
    secrets |= {key, *(change(key) for what, change in FROM_A_KEY.items() if what not in NO_SECRETS)}
    for credential in secrets:
        ask("GET", "/v1/identity/me", {"Authorization": [f"Bearer {credential}"]})
    secrets |= _registered(world)
    for operation in sorted(operations(), key=lambda o: METHODS.index(o.method)):
        for person in (world.learner, world.admin):
            answer = sent(operation, world, person) if not operation.is_public else ""
            secrets |= set(SIGNATURE.findall(answer)) | set(PATTERNS["an API key"].findall(answer))
    return {secret for secret in secrets if len(secret) >= LEAST and "." not in secret[:1]}


def _registered(world: World) -> set[str]:
    """Registrations and invitations, good and bad, each with a key as our clients send it."""
    public = "/v1/identity/public"
    invited = {"email": f"{uuid4()}@example.org", "role": "learner"}
    tokens = set()
    for password in (PASSWORD, "short", PASSWORD):
        person = {"password": password, "display_name": "Grace Hopper", "time_zone": "Europe/Berlin"}
        made = gateway.post("/v1/identity/invitations", invited, as_=world.admin).expect(201)
        tokens.add(made["token"])
        for _ in range(2):
            key = {"Idempotency-Key": str(uuid4())}
            gateway.post(f"{public}/invitations/{made['token']}", person, headers=key)
            gateway.post(f"{public}/registrations", person | {"email": invited["email"]}, headers=key)
        with patch("identity.service.invitations.offer", side_effect=RuntimeError("broken")):
            assert gateway.get(f"{public}/invitations/{made['token']}").status == 500
    return tokens


@pytest.fixture
def places(pool: UserPool, database: Database) -> Places:
    """What a day leaves behind."""
    world = a_full_organization()
    with captured() as lines:
        secrets = a_day(pool, world)
        return Places(everything(database.migrator_url), lines(), secrets)


def test_no_secret_is_kept_or_logged(proof: Proof, places: Places) -> None:
    assert len(places.lines) > 10_000
    assert len(places.secrets) > 100
    assert [secret for secret in places.secrets if re.fullmatch("[0-9a-f]{64}", secret)], "no URL was signed"
    tried = len(places.secrets) * (len(places.rows) + 1)
    proof.found("R10", "secrets x tables and logs", tried=tried, wrong=sorted(set(places.found())))


def test_a_planted_secret_is_found(proof: Proof, pool: UserPool, database: Database) -> None:
    token, planted = pool.token("somebody"), []
    plants = {"a token": token, "a password": PASSWORD, "a URL": f"https://s3/?X-Amz-Signature={'0' * 64}"}
    for what, secret in plants.items():
        with captured() as lines:
            log.info("planted", given=secret)
            planted += [what for _ in Places({}, lines(), {PASSWORD}).found()]
        with ledger.rehearsal():
            planted += [what for _ in Places({"a table": secret}, "", {PASSWORD}).found()]
    proof.control(
        "R10", "secrets kept out of the database and the logs", tried=2 * len(plants), caught=len(planted)
    )
    assert len(planted) >= 2 * len(plants)
    assert PASSWORD not in "".join(everything(database.migrator_url).values())
