"""Metrics as a table: exact for staff, as they may be seen for analysts."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from insights.service import exporting, rebuilding
from lodestar.contracts.learning import Tier
from lodestar.principal import Role
from tests.factories.identity import a_person
from tests.gateway import get, post
from tests.insights.conftest import Institution
from tests.insights.exports import EXPORTS, asked_for, stored
from tests.insights.tables import csv_rows, said, xlsx_cells


def test_an_analyst_takes_metrics_away_as_they_may_be_seen_and_no_learner(institution: Institution) -> None:
    for _ in range(12):
        institution.enrol(stars=1, tier=Tier.SILVER)
    institution.enrol(stars=2, tier=Tier.GOLD)
    rebuilding.rebuild(institution.org_id, date(2026, 3, 5))
    analyst = a_person(institution.org_id, Role.ANALYST)
    refused = post(EXPORTS, {"format": "csv"}, as_=analyst)
    assert (refused.status, refused.json["code"]) == (403, "aggregates_only")
    theirs = asked_for(institution.staff, "csv")
    assert get(f"{EXPORTS}/{theirs['id']}", as_=analyst).status == 404
    assert get(EXPORTS, as_=analyst).expect(200)["data"] == []
    wish = {"format": "csv", "kind": "metric", "metric": "tier-distribution"}
    export = post(EXPORTS, wish, as_=analyst).expect(202)
    assert [one["id"] for one in get(EXPORTS, as_=analyst).expect(200)["data"]] == [export["id"]]
    exporting.make(institution.org_id, UUID(export["id"]))
    rows = csv_rows(stored(get(f"{EXPORTS}/{export['id']}", as_=analyst).expect(200)))
    assert [(row["group"], row["numerator"], row["suppressed"]) for row in rows] == [
        ("Silver", "", "yes"),
        ("Gold", "", "yes"),
    ]
    narrowed = post(EXPORTS, {**wish, "filters": {"tier": "gold"}}, as_=analyst)
    assert (narrowed.status, narrowed.json["code"]) == (403, "aggregates_only")


def test_staff_take_a_metric_away_exact_and_filtered_in_both_formats(institution: Institution) -> None:
    institution.enrol(stars=1, tier=Tier.SILVER)
    institution.enrol(stars=2, tier=Tier.GOLD)
    rebuilding.rebuild(institution.org_id, date(2026, 3, 5))
    for format_ in ("csv", "xlsx"):
        wish = {
            "format": format_, "kind": "metric", "metric": "star-acquisition", "filters": {"tier": "gold"},
        }  # fmt: skip
        export = post(EXPORTS, wish, as_=institution.staff).expect(202)
        assert post(EXPORTS, wish, as_=institution.staff).expect(202)["id"] == export["id"]
        exporting.make(institution.org_id, UUID(export["id"]))
        found = get(f"{EXPORTS}/{export['id']}", as_=institution.staff).expect(200)
        assert (found["row_count"], found["filters"], found["metric"]) == (
            5,
            {"tier": "gold"},
            "star-acquisition",
        )
        assert "filename%3D%22star-acquisition-" in found["download"]["url"]
        if format_ == "csv":
            rows = csv_rows(stored(found))
            assert [row["numerator"] for row in rows] == ["1", "1", "0", "0", "0"]
        else:
            sheet = list(xlsx_cells(stored(found)))
            assert [said(cell) for cell in sheet[1]][:3] == ["Star 1", "1", "1"]


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"kind": "metric"}, "metric"),
        ({"metric": "ai-quality"}, "metric"),
        ({"kind": "metric", "metric": "weather"}, "metric"),
        ({"kind": "metric", "metric": "ai-quality", "filters": {"star": 1}}, "filters.star"),
        ({"filters": {"from": "2026-01-01"}}, "filters.from"),
        ({"kind": "weather"}, ""),
    ],
)
def test_a_wish_of_neither_kind_is_refused(
    institution: Institution, wish: dict[str, Any], field: str
) -> None:
    problem = post(EXPORTS, {"format": "csv", **wish}, as_=institution.staff).expect(422)
    assert [error["field"] for error in problem["errors"]] == [field]
