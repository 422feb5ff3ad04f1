"""Metrics as staff read them: exact, at once, with nothing left to derive."""

from typing import Any
from xml.etree import ElementTree

import pytest
from sqlalchemy import text

from insights.rules.catalogue import CATALOGUE, MetricName
from lodestar.contracts.learning import EnrollmentCreated, Tier
from lodestar.db import work_for
from lodestar.ids import new_id
from lodestar.principal import Role
from tests.factories.identity import a_person, an_organization
from tests.factories.learning import a_cohort
from tests.gateway import Person, get, patch
from tests.insights.conftest import Institution
from tests.insights.test_activity import told

METRICS = "/v1/insights/metrics"


def counted(institution: Institution, learner: Person) -> None:
    """The learner's event has come."""
    created = EnrollmentCreated(
        enrollment_id=institution.enrollments[learner.user_id], learner_id=learner.user_id,
        program_id=institution.program.program_id, version_id=institution.program.version_id,
    )  # fmt: skip
    told(institution.org_id, created)


def metric(name: str, as_: Person, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = get(f"{METRICS}/{name}?{query}", as_=as_).expect(200)
    return found


def numbers(answer: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {row["label"]: (row["numerator"], row["denominator"]) for row in answer["rows"]}


def test_staff_read_learners_by_tier(institution: Institution) -> None:
    for stars, tier in ((0, Tier.BRONZE), (1, Tier.SILVER), (2, Tier.SILVER), (5, Tier.GOLD)):
        counted(institution, institution.enrol(stars=stars, tier=tier))
    answer = metric("tier-distribution", institution.staff)
    assert numbers(answer) == {"Silver": (2, 4), "Gold": (1, 4), "No tier yet": (1, 4)}
    assert answer["rows"][0]["text"] == "2 of 4 learners (50.0 %)"
    assert answer["headline"] == "Most frequent: Silver, 2 of 4 learners (50.0 %)."
    assert (answer["exact"], answer["scope"]) == (True, "organization")
    assert answer["computed_through"] is not None


def test_staff_read_stars_and_completions(institution: Institution) -> None:
    for number in (0, 1, 2, 5):
        counted(institution, institution.enrol(stars=number))
    stars = metric("star-acquisition", institution.staff)
    assert [(row["label"], row["numerator"], row["denominator"]) for row in stars["rows"]] == [
        ("Star 1", 3, 4), ("Star 2", 2, 4), ("Star 3", 1, 4), ("Star 4", 1, 4), ("Star 5", 1, 4),
    ]  # fmt: skip
    assert numbers(metric("completion-rates", institution.staff)) == {"Job Readiness": (1, 4)}
    assert list(numbers(metric("cohort-comparison", institution.staff)).values()) == [(1, 4)]


def test_filters_keep_whom_they_name(institution: Institution) -> None:
    counted(institution, institution.enrol(stars=1, tier=Tier.SILVER))
    counted(institution, institution.enrol(stars=2, tier=Tier.GOLD))
    ask = f"program_id={institution.program.program_id}"
    assert numbers(metric("completion-rates", institution.staff, ask)) == {"Job Readiness": (0, 2)}
    assert numbers(metric("completion-rates", institution.staff, "tier=gold")) == {"Job Readiness": (0, 1)}
    assert metric("completion-rates", institution.staff, "to=2001-01-01")["rows"] == []
    assert metric("completion-rates", institution.staff, "cohort=2001-01")["rows"] == []


@pytest.mark.parametrize(
    ("ask", "field", "word"),
    [
        ("from=2026-02-01&to=2026-01-01", "query", "`from` is after `to`"),
        ("from=0", "query.from", "2026-03-01"),
        ("from_=2026-02-01", "query.from_", "not permitted"),
        ("tiers=gold", "query.tiers", "not permitted"),
    ],
)
def test_a_filter_that_cannot_be_meant_is_refused(
    institution: Institution, ask: str, field: str, word: str
) -> None:
    refused = get(f"{METRICS}/completion-rates?{ask}", as_=institution.staff).expect(422)
    (fault,) = refused["errors"]
    assert fault["field"] == field
    assert word in fault["message"]


def test_cohorts_are_compared_by_title_in_the_order_of_their_start(institution: Institution) -> None:
    org_id, program = institution.org_id, institution.program
    late, early = (a_cohort(org_id, program, title=title) for title in ("A later one", "The first"))
    with work_for(org_id) as session:
        session.execute(
            text("UPDATE learning.cohorts SET starts_on = '2026-02-01' WHERE id = :id"), {"id": early}
        )
    for cohort, stars in ((late, 5), (late, 0), (early, 1), (None, 2)):
        counted(institution, institution.enrol(stars=stars, cohort_id=cohort))
    answer = metric("cohort-comparison", institution.staff)
    month = answer["rows"][2]["key"]
    assert numbers(answer) == {"The first": (0, 1), "A later one": (1, 2), month: (0, 1)}
    assert [row["key"] for row in answer["rows"]] == [str(early), str(late), month]
    for asked, people in ((str(late), 2), (str(late).upper(), 2), (month, 1), (new_id(), 0)):
        rows = metric("tier-distribution", institution.staff, f"cohort={asked}")["rows"]
        assert sum(row["numerator"] for row in rows) == people, asked


def test_a_learner_who_is_moved_is_in_the_other_cohort_with_the_next_event(institution: Institution) -> None:
    autumn = a_cohort(institution.org_id, institution.program)
    ada = institution.enrol()
    counted(institution, ada)
    url = f"/v1/learning/enrollments/{institution.enrollments[ada.user_id]}"
    patch(url, {"cohort_id": str(autumn)}, as_=institution.staff).expect(200)
    assert "Autumn" not in numbers(metric("cohort-comparison", institution.staff))
    counted(institution, ada)
    assert numbers(metric("cohort-comparison", institution.staff)) == {"Autumn": (0, 1)}


@pytest.mark.parametrize("name", list(MetricName))
def test_every_metric_answers_with_nobody_and_with_somebody_as_numbers_and_as_a_picture(
    institution: Institution, name: str
) -> None:
    assert metric(name, institution.staff)["headline"] == "No learners yet."
    counted(institution, institution.enrol(stars=3))
    answer = metric(name, institution.staff)
    assert answer["definition"]["numerator"]
    picture = get(f"{METRICS}/{name}", as_=institution.staff, headers={"Accept": "image/svg+xml"})
    assert picture.headers["content-type"] == "image/svg+xml"
    root = ElementTree.fromstring(picture.text)
    assert root.get("width") == "600"
    texts = "".join(root.itertext())
    assert all(row["label"] in texts and row["text"] in texts for row in answer["rows"])


def test_the_catalogue_defines_every_metric(institution: Institution) -> None:
    found = get(METRICS, as_=institution.staff).expect(200)["data"]
    assert [one["name"] for one in found] == list(MetricName)


def test_an_unknown_metric_and_a_strangers_program_are_absent(institution: Institution) -> None:
    assert get(f"{METRICS}/weather", as_=institution.staff).status == 422
    stranger = a_person(an_organization(), Role.ORG_ADMIN)
    answers = [
        get(f"{METRICS}/completion-rates?program_id={one}", as_=stranger)
        for one in (institution.program.program_id, new_id())
    ]
    assert [answer.status for answer in answers] == [404, 404]
    assert answers[0].json["detail"] == answers[1].json["detail"]
    counted(institution, institution.enrol())
    assert metric("completion-rates", stranger)["rows"] == []


@pytest.mark.parametrize("role", [Role.LEARNER, Role.INSTRUCTOR, Role.RECRUITER])
def test_only_staff_and_analysts_read_metrics(institution: Institution, role: Role) -> None:
    asking = a_person(institution.org_id, role)
    assert [get(url, as_=asking).status for url in (METRICS, f"{METRICS}/ai-quality")] == [403, 403]


def test_the_guide_defines_every_metric_as_the_code_does() -> None:
    from tests.architecture.tree import ROOT

    guide = (ROOT / "docs/guides/insights.md").read_text()
    rows = (
        f"| `{name}` | {known.group} | {known.numerator} | {known.denominator} | {known.average or ''} |"
        for name, known in CATALOGUE.items()
    )
    assert "\n".join(rows) in guide
