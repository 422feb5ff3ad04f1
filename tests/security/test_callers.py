"""Who may call at all: nobody unsigned, nobody whose sign-in ran out, nobody in an organization that is not theirs."""

from dataclasses import replace
from uuid import UUID

from lodestar.ids import new_id
from tests.gateway import Answer
from tests.security.operations import Operation, operations
from tests.security.world import World


def signed() -> list[Operation]:
    """The operations that need a sign-in."""
    return [operation for operation in operations() if not operation.is_public]


def absent(name: str) -> UUID:
    """An id that no row has."""
    del name
    return new_id()


def refusals(answers: dict[str, Answer]) -> dict[str, tuple[int, str]]:
    return {name: (answer.status, answer.json["code"]) for name, answer in answers.items()}


def test_nobody_calls_without_a_sign_in(product: None) -> None:
    answers = {str(operation): operation.send(absent, as_=None) for operation in signed()}
    assert len(answers) > 100
    assert set(refusals(answers).values()) == {(401, "unauthenticated")}, refusals(answers)


def test_nobody_calls_with_a_sign_in_that_ran_out(ours: World) -> None:
    late = replace(ours.admin, expires_at="1")
    answers = {str(operation): operation.send(absent, as_=late) for operation in signed()}
    assert set(refusals(answers).values()) == {(401, "unauthenticated")}, refusals(answers)


def test_nobody_enters_an_organization_that_is_not_theirs(ours: World, theirs: World) -> None:
    chosen = {"Lodestar-Organization": str(theirs.org_id)}
    answers = {
        str(operation): operation.send(absent, as_=ours.admin, headers=chosen) for operation in signed()
    }
    assert set(refusals(answers).values()) == {(400, "organization_required")}, refusals(answers)
