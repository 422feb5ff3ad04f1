"""What machines learn of a step's failure: a class name, by which they retry it or not."""

from uuid import UUID

import pytest
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from lodestar.jobs import task


class Step(BaseModel):
    """What a machine hands a task."""

    org_id: UUID


EVENT = {"org_id": "00000000-0000-0000-0000-000000000000"}


def failing(code: str) -> ProgrammingError:
    """What pg8000 and SQLAlchemy make of a server's error."""
    return ProgrammingError("SELECT 1", {}, Exception({"S": "FATAL", "C": code, "M": "for a test"}))


def raised_by_a_step(error: Exception) -> Exception:
    def run(_step: Step) -> dict[str, object]:
        raise error

    with pytest.raises(DBAPIError) as caught:
        task(Step, run)(EVENT, None)
    return caught.value


@pytest.mark.parametrize("code", ["57P01", "57P02", "57P03", "53300"])
def test_a_database_that_begins_or_ends_is_an_operational_error(code: str) -> None:
    assert type(raised_by_a_step(failing(code))) is OperationalError


@pytest.mark.parametrize("code", ["42601", "LS409"])
def test_a_refusal_keeps_its_class(code: str) -> None:
    assert type(raised_by_a_step(failing(code))) is ProgrammingError
