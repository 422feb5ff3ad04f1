"""What is open to whom: learning's published views, and its factories."""

import pytest

from lodestar.contracts import learning
from lodestar.contracts.learning import ModuleKind, Tier
from lodestar.db import work_for
from lodestar.ids import new_id
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_program, an_enrollment, give_stars, seen_modules

pytestmark = pytest.mark.usefixtures("product")


def test_each_star_opens_the_next_kind_of_module() -> None:
    org_id = an_organization()
    program = a_program(org_id)
    enrollment_id = an_enrollment(org_id, a_person(org_id).user_id, program)
    for stars, kind in enumerate(ModuleKind):
        give_stars(org_id, enrollment_id, stars)
        seen = seen_modules(org_id, enrollment_id)
        for other, modules in program.modules.items():
            expected = list(ModuleKind).index(other) <= stars
            assert [seen[m] for m in modules] == [expected] * len(modules), (stars, kind, other)


def test_a_module_says_which_star_opens_it() -> None:
    org_id = an_organization()
    program = a_program(org_id)
    learner = a_person(org_id)
    enrollment_id = an_enrollment(org_id, learner.user_id, program, stars=2, tier=Tier.SILVER)
    with work_for(org_id) as session:
        access = learning.module_access(
            session,
            learner_id=learner.user_id,
            enrollment_id=enrollment_id,
            module_id=program.module(ModuleKind.PROJECT),
        )
        peer = learning.module_access(
            session,
            learner_id=new_id(),
            enrollment_id=enrollment_id,
            module_id=program.module(ModuleKind.PROJECT),
        )
    assert peer is None
    assert access is not None
    assert (access.open, access.required_star, access.tier) == (False, 3, Tier.SILVER)
    assert access.reason == "Earn star 3 first: it opens this part."


def test_content_is_seen_by_its_owner_and_by_whom_it_is_assigned_to() -> None:
    owner, client, stranger = (an_organization() for _ in range(3))
    program = a_program(owner, assigned_to=[client])
    seen = []
    for org_id in (owner, client, stranger):
        with work_for(org_id) as session:
            lesson = learning.lesson(session, program.lessons[0])
            seen.append(lesson and lesson.asset_id)
    assert seen == [program.lesson_assets[0], program.lesson_assets[0], None]


def test_an_asset_is_open_where_its_stage_is() -> None:
    org_id = an_organization()
    program = a_program(org_id)
    learner = a_person(org_id)
    an_enrollment(org_id, learner.user_id, program, stars=1)
    with work_for(org_id) as session:
        uses = [
            learning.asset_use(session, learner_id=learner.user_id, asset_id=asset_id)
            for asset_id in (program.lesson_assets[0], program.masterclass_assets[0], new_id())
        ]
    assert [use and (use.open, use.required_star) for use in uses] == [(True, 1), (False, 2), None]


def test_a_promotion_is_offered_at_the_stars_that_the_version_names() -> None:
    org_id = an_organization()
    learner = a_person(org_id)
    enrollment_id = an_enrollment(org_id, learner.user_id, a_program(org_id))
    offered = {}
    for stars in range(6):
        give_stars(org_id, enrollment_id, stars)
        with work_for(org_id) as session:
            offer = learning.promotion_eligibility(
                session, learner_id=learner.user_id, enrollment_id=enrollment_id
            )
        offered[stars] = offer and (offer.star, offer.current_tier, offer.target_tier)
    expected = {star: (star, Tier.BRONZE, Tier.SILVER) for star in (2, 3, 4)}
    assert {star: offer for star, offer in offered.items() if offer} == expected
