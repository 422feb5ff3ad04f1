"""Operations that come before an organization is chosen."""

import json
from uuid import uuid4

import pytest

from lodestar.api import ORGANIZATION_OPTIONAL, APIRouter, Caller, lambda_handler
from lodestar.principal import NOBODY, Role
from tests.gateway import Person, gateway_event

router = APIRouter(tags=["test"])


@router.get("/v1/test/anywhere", dependencies=[ORGANIZATION_OPTIONAL])
def anywhere(caller: Caller) -> dict[str, str]:
    return {"org_id": str(caller.org_id)}


@router.get("/v1/test/somewhere")
def somewhere(caller: Caller) -> dict[str, str]:
    return {"org_id": str(caller.org_id)}


handler = lambda_handler(router)
NEWCOMER = Person(uuid4(), {})
IN_TWO = Person(uuid4(), {uuid4(): frozenset({Role.LEARNER}), uuid4(): frozenset({Role.INSTRUCTOR})})


@pytest.mark.parametrize("person", [NEWCOMER, IN_TWO], ids=["in none", "in two"])
def test_only_an_operation_that_says_so_needs_no_organization(person: Person) -> None:
    free = handler(gateway_event("GET", "/v1/test/anywhere", as_=person), None)
    assert (free["statusCode"], json.loads(free["body"])) == (200, {"org_id": str(NOBODY)})
    bound = handler(gateway_event("GET", "/v1/test/somewhere", as_=person), None)
    assert (bound["statusCode"], json.loads(bound["body"])["code"]) == (400, "organization_required")


def test_an_organization_that_is_not_theirs_is_refused_even_there() -> None:
    headers = {"Lodestar-Organization": str(uuid4())}
    event = gateway_event("GET", "/v1/test/anywhere", as_=IN_TWO, headers=headers)
    assert handler(event, None)["statusCode"] == 400
