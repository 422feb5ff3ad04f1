"""The authorizer's context is parsed once and judged at every request."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lodestar import clock
from lodestar.auth import principal_from
from lodestar.ids import new_id
from lodestar.principal import Principal, Role
from lodestar.problems import Forbidden, Unauthenticated
from tests.gateway import Person

ORGANIZATION = new_id()


def caller_of(context: dict[str, str]) -> Principal:
    return principal_from(context, organization=None, needed_scope="learning:read")


def test_a_context_that_was_read_before_ends_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    end = datetime.now(UTC) + timedelta(minutes=1)
    person = Person(new_id(), {ORGANIZATION: frozenset({Role.LEARNER})}, expires_at=str(end.timestamp()))
    assert caller_of(person.context()).user_id == person.user_id
    monkeypatch.setattr(clock, "now", lambda: end)
    with pytest.raises(Unauthenticated, match="expired"):
        caller_of(person.context())


@pytest.mark.parametrize("roles", [frozenset({Role.ORG_ADMIN}), frozenset({Role.LEARNER, Role.ANALYST})])
def test_a_person_whose_roles_changed_has_the_new_ones(roles: frozenset[Role]) -> None:
    user_id = new_id()
    before = caller_of(Person(user_id, {ORGANIZATION: frozenset({Role.LEARNER})}).context())
    after = caller_of(Person(user_id, {ORGANIZATION: roles}).context())
    assert (before.roles, after.roles) == (frozenset({Role.LEARNER}), roles)


def test_equal_roles_do_not_make_one_person_another() -> None:
    people = [Person(new_id(), {ORGANIZATION: frozenset({Role.LEARNER})}) for _ in range(3)]
    assert [caller_of(person.context()).user_id for person in people] == [person.user_id for person in people]


def test_a_key_of_a_person_is_bounded_by_its_own_scopes() -> None:
    person = Person(new_id(), {ORGANIZATION: frozenset({Role.ORG_ADMIN})})
    assert caller_of(person.context()).api_key_id is None
    key = {"api_key_id": str(UUID(int=7)), "scopes": "learning:read"}
    assert caller_of({**person.context(), **key}).scopes == {"learning:read"}
    with pytest.raises(Forbidden, match="lacks the scope"):
        caller_of({**person.context(), **key, "scopes": "learning:write"})
