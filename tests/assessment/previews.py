"""Asking for a preview and reading it, and what an organization's content is before and after."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from lodestar.db import work_for
from tests import bus
from tests.assessment.scenes import Scene
from tests.factories.assessment import a_rubric
from tests.gateway import get, post

PROFILE = {
    "system_prompt": "You write projects about harbours.",
    "input_prompt": "Write for {background} at the tier {tier}. Mention a harbour.",
}


def made(scene: Scene, url: str, body: dict[str, Any]) -> Any:
    """Asked for, made by the reaction, and read."""
    asked = post(url, body, as_=scene.staff)
    preview = asked.expect(202)
    assert asked.headers["location"] == f"/v1/identity/operations/{preview['operation_id']}"
    bus.deliver(scene.org_id)
    return read(scene, url, preview)


def read(scene: Scene, url: str, preview: Any) -> Any:
    return get(f"{url}/{preview['id']}", as_=scene.staff).expect(200)


def quiz_url(assessment_id: UUID) -> str:
    return f"/v1/assessment/assessments/{assessment_id}/previews"


def profile_url(scene: Scene, *, kind: str = "project", type_: str = "case_study") -> str:
    return f"/v1/assessment/backgrounds/{scene.background_id}/profiles/{kind}/{type_}/bronze/previews"


def a_profile(scene: Scene, **fields: Any) -> dict[str, Any]:
    return {**PROFILE, "rubric_id": str(a_rubric(scene.org_id)), **fields}


def prompt_url(scene: Scene, purpose: str, **words: str) -> str:
    body = {"purpose": purpose, "system_prompt": "Write fairly.", "input_prompt": "Write {count} questions."}
    made = post("/v1/assessment/prompt-templates", body | words, as_=scene.staff).expect(201)
    return f"/v1/assessment/prompt-templates/{made['id']}/previews"


def codes(preview: Any) -> set[str]:
    return {warning["code"] for warning in preview["result"]["warnings"]}


def stored(scene: Scene) -> dict[str, Any]:
    """All content of the organization, row by row: what a preview must leave as it was."""
    tables = (
        "assessments", "tier_templates", "background_profiles", "prompt_templates", "attempts", "item_lesson_links",
        "rubrics",
    )  # fmt: skip
    with work_for(scene.org_id) as session:
        return {
            table: session.scalars(
                text(
                    f"SELECT to_jsonb(t)::text FROM assessment.{table} AS t WHERE org_id = :org ORDER BY id"
                ),
                {"org": scene.org_id},
            ).all()
            for table in tables
        }


def runs(scene: Scene) -> list[Any]:
    return list(get("/v1/assessment/ai-runs?limit=100", as_=scene.staff).expect(200)["data"])
