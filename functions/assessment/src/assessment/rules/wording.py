"""What a learner reads about an attempt (JR-62): no client derives it."""

from typing import Literal

from assessment.rules.states import State
from lodestar.contracts.assessment import AssessmentKind
from lodestar.contracts.learning import Tier

STATES: dict[str, str] = {
    State.PREPARING: "Your content is being prepared. This takes a few seconds.",
    State.DRAFT: "Ready. What you are asked is fixed when you start.",
    State.IN_PROGRESS: "Started. Your work is saved as you go; hand it in when you are done.",
    State.SUBMITTED: "Handed in. Grading starts in a moment.",
    State.GRADING: "Your work is being graded.",
    State.NEEDS_REVIEW: "A person will look at your work and decide.",
    State.GRADED: "Graded.",
    State.DECIDED: "A person has decided.",
    State.FAILED: "This attempt ended through no fault of yours and does not count. You may begin again.",
    State.EXPIRED: "The time ran out before you handed in.",
}
SOURCES = {
    "model": "AI-generated",
    "bank": "From your institution's question bank",
    "generic": "From the course's general questions",
    "person": "Written by a person",
}
Grader = Literal["rules", "model", "person"]
GRADERS = {
    "rules": "Scored by comparing answers with the key",
    "model": "Graded by AI",
    "person": "Decided by a person",
}
REVIEW_REASONS = {
    "no_model": "No model could grade it",
    "no_transcript": "What was handed in could not be read",
    "integrity": "Something in it is addressed to whoever grades",
    "disagreement": "Two opinions lie too far apart",
    "unproven": "The model's opinion does not follow from what it quotes",
    "attempts_used": "It was the last attempt, and not passed",
    "appeal": "The learner appealed",
}
"""Why an attempt waits for a person."""
DIFFICULTIES: dict[str, str] = {Tier.BRONZE: "easy", Tier.SILVER: "medium", Tier.GOLD: "hard"}
ADVICE: dict[str, str] = {
    Tier.BRONZE: "Read each explanation and the passage it quotes, then try again with new questions.",
    Tier.SILVER: "Say in your own words why each wrong option is wrong, then try new questions.",
    Tier.GOLD: "Find the assumption behind each mistake, and where in the lesson it is answered.",
}


def state_message(state: str, failure_detail: str | None) -> str:
    """Where the attempt stands, and what comes next."""
    if state == State.FAILED and failure_detail:
        return f"{failure_detail} {STATES[State.FAILED]}"
    return STATES[state]


def graded_by(kind: str, state: str) -> Grader | None:
    """Who or what the outcome comes from: `rules`, `model` or `person`; None while there is none."""
    if state == State.DECIDED:
        return "person"
    if state != State.GRADED:
        return None
    return "model" if kind in (AssessmentKind.PROJECT, AssessmentKind.INTERVIEW) else "rules"


def result_message(kind: str, *, passed: bool, tier: str | None) -> str:
    """What the outcome means."""
    if kind == AssessmentKind.INITIAL:
        return "Done. Your five results together set your tier."
    if kind == AssessmentKind.PROMOTION_EXAM:
        return (
            "Passed: your tier rises by one."
            if passed
            else "Not passed. Your tier stays, and nothing else is lost."
        )
    if passed:
        return "Passed."
    advice = ADVICE.get(tier or "") if kind == AssessmentKind.QUIZ else None
    return f"Not passed this time. {advice or 'Read the feedback, then try again.'}"
