"""From a learner's request to the result they read: the event that starts the machine, and the words of the prompts."""

import pytest
from sqlalchemy import text

from assessment.models.prompts import PromptTemplate
from lodestar.db import work_for
from tests.assessment.grading.submissions import HONEST
from tests.assessment.grading.walking import a_text
from tests.bus import emitted
from tests.gateway import get, post
from tests.machine import Execution
from tests.simulators.running import Simulators

pytestmark = pytest.mark.usefixtures("simulators")


def test_what_a_learner_hands_in_is_graded_and_explained() -> None:
    case = a_text("", state="in_progress", submitted_at=None)
    url = f"/v1/assessment/attempts/{case.attempt_id}"
    post(f"{url}/submissions", {"kind": "text", "text": HONEST}, as_=case.learner).expect(201)
    get(f"{url}/result", as_=case.learner).expect(409)
    [submitted] = emitted(case.org_id, "assessment.attempt_submitted")

    execution = Execution("grade_attempt", {"detail": submitted})

    assert execution.run() == "Settled"
    result = get(f"{url}/result", as_=case.learner).expect(200)
    assert (result["state"], result["graded_by"], result["passed"]) == ("graded", "model", True)
    assert result["model"].startswith("offline-")
    assert {criterion["key"] for criterion in result["criteria"]} == {"problem", "solution"}
    assert all(criterion["quote"] in HONEST for criterion in result["criteria"])


def test_the_assessments_writer_words_the_prompts(simulators: Simulators) -> None:
    case = a_text(HONEST)
    with work_for(case.org_id) as session:
        session.add(
            PromptTemplate(
                purpose="grade_text", strategy="direct", revision=3, system_prompt="You read kindly.",
                input_prompt="Return key, level, quotes and feedback for each criterion, and suspicious_passages.",
            )
        )  # fmt: skip

    case.graded()

    assert case.attempt.state == "graded"
    assert {grade.prompt_version for grade in case.grades} == {"grade_text/direct@3"}
    assert simulators.sent("gemini")[-1]["system"].startswith("You read kindly.")
    with work_for(case.org_id) as session:
        query = text("SELECT DISTINCT prompt_version FROM backbone.ai_runs WHERE subject_id = :id")
        assert session.scalars(query, {"id": case.attempt_id}).all() == ["grade_text/direct@3"]


def test_a_second_opinion_comes_from_another_strategy_and_another_model(simulators: Simulators) -> None:
    case = a_text(HONEST)
    case.graded()
    [first] = [grade for grade in case.grades if grade.run == 1]
    borderline = a_text(HONEST, passing_score=float(first.score) - 1)

    execution = borderline.graded()

    assert "GiveSecondOpinion" in execution.path
    one, other = borderline.grades
    assert (one.strategy, other.strategy) == ("direct", "evidence-first")
    assert one.model != other.model
    assert one.doubts == ["borderline"]
    assert sum(grade.settled for grade in borderline.grades) == 1
