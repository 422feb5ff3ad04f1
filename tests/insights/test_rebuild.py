"""The nightly rebuild, and what analysts read of it."""

from datetime import date, timedelta
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.orm import Session

from insights.repository import rebuild as repository
from insights.rules.catalogue import MetricName
from insights.schedules import rebuild_metrics
from insights.service import rebuilding
from lodestar.contracts.learning import Tier
from lodestar.db import work_for
from lodestar.principal import Role
from tests.database import Database
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_cohort, an_enrollment, assign, give_stars
from tests.gateway import Person, get
from tests.insights.conftest import Institution
from tests.insights.test_metrics import METRICS, counted, metric, numbers

TODAY = date(2026, 3, 5)


def rebuilt(institution: Institution, day: date = TODAY) -> int | None:
    return rebuilding.rebuild(institution.org_id, day)


def analyst(institution: Institution) -> Person:
    return a_person(institution.org_id, Role.ANALYST)


def test_what_had_no_event_is_counted_by_the_next_night(institution: Institution) -> None:
    learner = institution.enrol(stars=1, tier=Tier.SILVER)
    assert metric("tier-distribution", institution.staff)["rows"] == []
    assert rebuilt(institution) == 1
    assert numbers(metric("tier-distribution", institution.staff)) == {"Silver": (1, 1)}
    give_stars(institution.org_id, institution.enrollments[learner.user_id], 2)
    assert rebuilt(institution, TODAY + timedelta(days=1)) == 1
    assert numbers(metric("star-acquisition", institution.staff))["Star 2"] == (1, 1)
    assert rebuilt(institution, TODAY + timedelta(days=1)) == 1, "the day is done: nothing is read again"
    assert rebuilt(institution, TODAY + timedelta(days=2)) == 0


def test_a_wrong_rollup_is_repaired(institution: Institution) -> None:
    counted(institution, institution.enrol(stars=1))
    with work_for(institution.org_id) as session:
        session.execute(
            text("UPDATE insights.daily_metrics SET numerator = 7 WHERE metric = 'completion-rates'")
        )
        session.execute(text("DELETE FROM insights.daily_metrics WHERE metric = 'tier-distribution'"))
        session.execute(
            text("""INSERT INTO insights.daily_metrics (metric, day, program_id, cohort, tier, key, numerator,
                      denominator, amount, counted)
                    SELECT metric, '1999-01-01', program_id, cohort, tier, key, 1, 1, 0, 0 FROM insights.daily_metrics
                    WHERE metric = 'completion-rates'""")
        )
    assert rebuilt(institution) == 3
    assert numbers(metric("completion-rates", institution.staff)) == {"Job Readiness": (0, 1)}
    assert len(metric("tier-distribution", institution.staff)["rows"]) == 1


def test_a_rebuild_that_was_cut_off_goes_on_where_it_was(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "PAGE", 1)
    for _ in range(3):
        institution.enrol(stars=1)
    steps = count()
    assert rebuilding.rebuild(institution.org_id, TODAY, lambda: next(steps) < 2) is None
    with work_for(institution.org_id) as session:
        assert session.scalar(text("SELECT count(*) FROM insights.enrollment_facts")) == 2
    assert rebuilt(institution) == 3
    assert numbers(metric("completion-rates", institution.staff)) == {"Job Readiness": (0, 3)}


def test_facts_of_an_enrollment_that_is_gone_go_too(institution: Institution) -> None:
    counted(institution, institution.enrol())
    with work_for(institution.org_id) as session:
        session.execute(text("UPDATE insights.enrollment_facts SET enrollment_id = uuidv7()"))
    assert rebuilt(institution) == 2
    assert numbers(metric("completion-rates", institution.staff)) == {"Job Readiness": (0, 1)}


def test_the_schedule_rebuilds_whoever_is_due_and_nobody_twice(
    institution: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    institution.enrol()
    due = repository.due

    def due_here(session: Session, *, most: int) -> list[tuple[UUID, date]]:
        """Other tests' organizations, by the hundred, are left alone."""
        return [one for one in due(session, most=most) if one[0] == institution.org_id]

    monkeypatch.setattr(repository, "due", due_here)
    assert rebuild_metrics.run() == {"organizations": 1, "repaired": 1}
    assert rebuild_metrics.run() == {"organizations": 0, "repaired": 0}


@pytest.fixture
def crowd(institution: Institution) -> Institution:
    """Twelve with silver and a star, fourteen with nothing, three with gold."""
    for stars, tier, people in ((1, Tier.SILVER, 12), (0, Tier.BRONZE, 14), (2, Tier.GOLD, 3)):
        for _ in range(people):
            institution.enrol(stars=stars, tier=tier)
    return institution


def test_an_analyst_reads_tens_and_no_group_of_fewer(crowd: Institution) -> None:
    assert rebuilt(crowd) == 29
    answer = metric("tier-distribution", analyst(crowd))
    assert {row["label"]: (row["numerator"], row["suppressed"]) for row in answer["rows"]} == {
        "Silver": (None, True), "Gold": (None, True), "No tier yet": (10, False),
    }  # fmt: skip
    assert answer["rows"][2]["text"] == "About 10 of 10 learners (100.0 %)"
    assert (answer["exact"], answer["computed_through"]) == (False, "2026-03-01T00:00:00Z")
    picture = get(f"{METRICS}/tier-distribution", as_=analyst(crowd), headers={"Accept": "image/svg+xml"})
    assert picture.text.count("stroke-dasharray") == 2
    stars = metric("star-acquisition", analyst(crowd))
    assert [(row["label"], row["numerator"], row["denominator"]) for row in stars["rows"] if not row["suppressed"]] == [
        ("Star 1", 10, 20), ("Star 3", 0, 20), ("Star 4", 0, 20), ("Star 5", 0, 20),
    ]  # fmt: skip


def test_an_analyst_reads_nothing_before_the_first_release_and_the_same_all_month(crowd: Institution) -> None:
    asking = analyst(crowd)
    assert metric("completion-rates", asking)["headline"].startswith("Figures for analysts are made")
    rebuilt(crowd)
    before = {name: metric(name, asking) for name in MetricName}
    for _ in range(11):
        crowd.enrol(stars=1, tier=Tier.SILVER)
    rebuilt(crowd, TODAY + timedelta(days=3))
    assert {name: metric(name, asking) for name in MetricName} == before
    rebuilt(crowd, TODAY.replace(month=4))
    silver = metric("tier-distribution", asking)["rows"][0]
    assert (silver["numerator"], silver["suppressed"]) == (20, False)


@pytest.mark.parametrize("narrow", ["cohort=2026-03", "tier=silver", "from=2026-01-01", "to=2026-12-31"])
def test_an_analyst_may_not_narrow_a_metric(crowd: Institution, narrow: str) -> None:
    refused = get(f"{METRICS}/completion-rates?{narrow}", as_=analyst(crowd))
    assert (refused.status, refused.json["code"]) == (403, "aggregates_only")


@pytest.mark.parametrize(("in_autumn", "shown"), [(9, {"2026"}), (10, {"2026", "Spring", "Autumn"})])
def test_an_analyst_reads_a_cohort_by_its_title_when_it_is_large_enough(
    institution: Institution, in_autumn: int, shown: set[str]
) -> None:
    spring, autumn = (
        a_cohort(institution.org_id, institution.program, title=title) for title in ("Spring", "Autumn")
    )
    for cohort, people in ((spring, 12), (autumn, in_autumn), (None, 14)):
        for _ in range(people):
            institution.enrol(cohort_id=cohort)
    rebuilt(institution)
    rows = metric("cohort-comparison", analyst(institution))["rows"]
    assert [row["label"] for row in rows[:2]] == ["Autumn", "Spring"]
    assert {row["label"].split("-")[0] for row in rows if not row["suppressed"]} == shown
    assert {row["denominator"] for row in rows} <= {10, None}


def test_an_analyst_may_read_one_program(crowd: Institution) -> None:
    rebuilt(crowd)
    asking = analyst(crowd)
    one = metric("star-acquisition", asking, f"program_id={crowd.program.program_id}")
    assert one["rows"] == metric("star-acquisition", asking)["rows"]


@pytest.fixture
def platform(database: Database) -> UUID:
    """The platform's own organization."""
    with create_engine(database.migrator_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("SELECT identity.ensure_administrator('root@example.org')"))
        connection.exec_driver_sql("SET ROLE lodestar_crossing")
        query = text("SELECT id FROM identity.organizations WHERE kind = 'platform'")
        found: UUID = connection.execute(query).scalar_one()
    return found


def test_the_platform_reads_the_sum_of_all_organizations_and_none_of_them_apart(
    institution: Institution, platform: UUID
) -> None:
    others = [an_organization() for _ in range(2)]
    for org_id in others:
        assign(institution.program, org_id)
    sizes = {institution.org_id: 23, others[0]: 14, others[1]: 6}
    for org_id, size in sizes.items():
        for _ in range(size):
            an_enrollment(org_id, a_person(org_id).user_id, institution.program)
        rebuilding.rebuild(org_id, TODAY)
    ask = f"program_id={institution.program.program_id}"
    for role in (Role.ANALYST, Role.PLATFORM_ADMIN):
        answer = metric("completion-rates", a_person(platform, role), ask)
        assert (answer["scope"], answer["exact"]) == ("everywhere", False)
        (row,) = answer["rows"]
        assert (row["numerator"], row["denominator"]) == (0, 30)
        assert row["text"] == "About 0 of 30 learners (0.0 %); 0.0 stars on average; 1 left out"
    assert metric("completion-rates", a_person(platform, Role.ORG_STAFF))["scope"] == "organization"


def test_the_platform_reads_all_cohorts_as_one_group(institution: Institution, platform: UUID) -> None:
    other = an_organization()
    assign(institution.program, other)
    for org_id in (institution.org_id, other):
        cohort = a_cohort(org_id, institution.program)
        for _ in range(12):
            an_enrollment(org_id, a_person(org_id).user_id, institution.program, cohort_id=cohort)
        rebuilding.rebuild(org_id, TODAY)
    ask = f"program_id={institution.program.program_id}"
    (row,) = metric("cohort-comparison", a_person(platform, Role.ANALYST), ask)["rows"]
    assert (row["key"], row["label"], row["denominator"]) == ("cohort", "Cohorts of organizations", 20)


def test_the_sum_of_all_organizations_is_the_platforms_alone(crowd: Institution) -> None:
    rebuilt(crowd)
    with work_for(crowd.org_id) as session:
        query = "SELECT count(*) FROM insights.released_everywhere('completion-rates', NULL)"
        assert session.scalar(text(query)) == 0
    assert metric("completion-rates", analyst(crowd))["scope"] == "organization"
