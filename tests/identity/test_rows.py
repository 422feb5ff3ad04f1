"""Identity's rows under row-level security, as the application role sees them."""

import pytest
from sqlalchemy import text

from lodestar.contracts import identity
from lodestar.db import work_for
from lodestar.principal import Role
from tests.factories.identity import a_person, an_organization

pytestmark = pytest.mark.usefixtures("product")


def test_members_are_seen_by_their_own_organization_only() -> None:
    ours, theirs = an_organization(), an_organization()
    person = a_person(ours, Role.LEARNER, Role.INSTRUCTOR)
    with work_for(ours) as session:
        assert identity.members(session, [person.user_id])[person.user_id].display_name == "Ada Lovelace"
        assert identity.holders(session, Role.INSTRUCTOR) == [person.user_id]
        assert session.scalar(text("SELECT count(*) FROM identity.organizations")) == 1
    with work_for(theirs) as session:
        assert identity.members(session, [person.user_id]) == {}
        assert session.scalar(text("SELECT count(*) FROM identity.users")) == 0
