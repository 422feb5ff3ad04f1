"""A learner on a program whose videos exist."""

from collections.abc import Callable

import pytest

from lodestar.contracts.learning import Tier
from lodestar.principal import Role
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_program, an_enrollment
from tests.factories.media import an_asset
from tests.gateway import Person
from tests.learning.telling import Learner

Start = Callable[..., tuple[Learner, Person]]


@pytest.fixture
def start(product: None) -> Start:
    """A learner who has just started, or has `stars`: `learner, person = start()`."""

    def begin(
        *, stars: int = 0, tier: Tier = Tier.BRONZE, quizzes: bool = False, text_lesson: bool = False
    ) -> tuple[Learner, Person]:
        org_id = an_organization()
        staff = a_person(org_id, Role.ORG_STAFF)
        lessons = [an_asset(org_id, staff.user_id), None if text_lesson else an_asset(org_id, staff.user_id)]
        talks = [an_asset(org_id, staff.user_id, purpose="masterclass_video") for _ in range(6)]
        program = a_program(org_id, lesson_assets=lessons, masterclass_assets=talks, quizzes=quizzes)
        person = a_person(org_id)
        enrollment_id = an_enrollment(org_id, person.user_id, program, stars=stars, tier=tier)
        return Learner(org_id, person.user_id, enrollment_id, program), person

    return begin
