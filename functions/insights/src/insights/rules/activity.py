"""Which published events are activity of a learner, and how each is told: xAPI's words for verb, object and result."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verb(StrEnum):
    """What a learner did, or what happened to them."""

    JOINED = "joined"
    REGISTERED = "registered"
    COMPLETED_LESSON = "completed_lesson"
    EARNED_STAR = "earned_star"
    CHANGED_TIER = "changed_tier"
    COMPLETED_PROGRAM = "completed_program"
    WAS_OFFERED_PROMOTION = "was_offered_promotion"
    SUBMITTED = "submitted"
    WAS_GRADED = "was_graded"
    WAS_DECIDED = "was_decided"
    WAS_INTERRUPTED = "was_interrupted"
    AWAITS_REVIEW = "awaits_review"
    WAS_ANSWERED = "was_answered"
    WATCHED = "watched"
    RATED = "rated"


@dataclass(frozen=True, slots=True)
class Telling:
    """How an event is told. `object_id` names the field of its data; `result` and `context` those that go along;
    `text` is said after the person's name, and may name what the result holds."""

    verb: Verb
    object_type: str
    object_id: str
    text: str
    result: tuple[str, ...] = ()
    context: tuple[str, ...] = ()


OUTCOME = ("score", "passed")
ATTEMPT_CONTEXT = ("kind", "tier_used", "target_tier", "star")
TELLINGS: Mapping[str, Telling] = {
    "identity.membership_created": Telling(
        Verb.JOINED, "membership", "membership_id", "joined as {role}", context=("role",)
    ),
    "learning.enrollment_created": Telling(Verb.REGISTERED, "program", "program_id", "was enrolled"),
    "learning.lesson_completed": Telling(Verb.COMPLETED_LESSON, "lesson", "lesson_id", "completed a lesson"),
    "learning.star_awarded": Telling(
        Verb.EARNED_STAR,
        "enrollment",
        "enrollment_id",
        "earned star {star}",
        ("star", "tier"),
        ("by_override",),
    ),
    "learning.tier_changed": Telling(
        Verb.CHANGED_TIER, "enrollment", "enrollment_id", "is now on {new}", ("old", "new"), ("cause",)
    ),
    "learning.program_completed": Telling(
        Verb.COMPLETED_PROGRAM, "program", "program_id", "completed the program"
    ),
    "learning.promotion_offered": Telling(
        Verb.WAS_OFFERED_PROMOTION,
        "enrollment",
        "enrollment_id",
        "was offered the exam for {target_tier}",
        ("target_tier",),
        ("star", "current_tier"),
    ),
    "assessment.attempt_submitted": Telling(
        Verb.SUBMITTED, "attempt", "attempt_id", "handed in: {kind}", context=("kind", "submission_kind")
    ),
    "assessment.attempt_graded": Telling(
        Verb.WAS_GRADED, "attempt", "attempt_id", "scored {score} % ({kind})", OUTCOME, ATTEMPT_CONTEXT
    ),
    "assessment.attempt_decided": Telling(
        Verb.WAS_DECIDED,
        "attempt",
        "attempt_id",
        "got {score} % by a decision ({kind})",
        OUTCOME,
        ATTEMPT_CONTEXT,
    ),
    "assessment.attempt_failed": Telling(
        Verb.WAS_INTERRUPTED,
        "attempt",
        "attempt_id",
        "had an attempt end without a grade ({kind})",
        ("code",),
        ("kind",),
    ),
    "assessment.review_needed": Telling(
        Verb.AWAITS_REVIEW,
        "attempt",
        "attempt_id",
        "waits for a person's decision ({kind})",
        ("reason",),
        ("kind",),
    ),
    "assessment.appeal_decided": Telling(
        Verb.WAS_ANSWERED, "attempt", "attempt_id", "had an appeal decided", ("upheld",), ("appeal_id",)
    ),
    "assessment.attempt_rated": Telling(
        Verb.RATED,
        "attempt",
        "attempt_id",
        "rated an attempt {rating} of 5 ({kind})",
        ("rating",),
        ("kind",),
    ),
    "media.playback_completed": Telling(Verb.WATCHED, "asset", "asset_id", "watched a video to its end"),
}
"""By the event's name."""
BY_VERB: Mapping[str, Telling] = {telling.verb: telling for telling in TELLINGS.values()}
WORDS = {"promotion_exam": "promotion exam", "initial": "initial assessment"}
NOBODY = "Somebody who has left"


def picked(data: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """Those of the fields that say something."""
    return {field: data[field] for field in fields if data.get(field) is not None}


def sentence(
    verb: str, *, name: str | None, program: str | None, result: Mapping[str, Any], context: Mapping[str, Any]
) -> str:
    """The event as a person reads it."""
    known = {key: _word(value) for key, value in {**context, **result}.items()}
    said = BY_VERB[verb].text.format_map(_Known(known)) if verb in BY_VERB else verb.replace("_", " ")
    return f"{name or NOBODY} {said}{f' on {program}' if program else ''}"


def _word(value: Any) -> Any:
    if isinstance(value, float):
        return f"{value:g}"
    return WORDS.get(value, value.replace("_", " ")) if isinstance(value, str) else value


class _Known(dict[str, Any]):
    """An older event may lack a field that is told today."""

    def __missing__(self, key: str) -> str:
        return "?"
