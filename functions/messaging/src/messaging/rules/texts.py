"""What people are told, and where it leads: every text of a notification."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lodestar.contracts.assessment import (
    AiFailing,
    AppealDecided,
    AssessmentKind,
    AttemptFailed,
    AttemptOutcome,
    ReviewNeeded,
)
from lodestar.contracts.identity import ExportReady
from lodestar.contracts.learning import ProgramCompleted, PromotionOffered, StarAwarded, TierChanged
from lodestar.contracts.media import AssetRejected

KIND_WORDS = {
    AssessmentKind.INITIAL: "assessment",
    AssessmentKind.QUIZ: "quiz",
    AssessmentKind.PROMOTION_EXAM: "promotion exam",
    AssessmentKind.PROJECT: "project",
    AssessmentKind.INTERVIEW: "interview",
}
FILE_WORDS = {
    "interview_video": "interview recording",
    "lesson_video": "lesson video",
    "masterclass_video": "masterclass video",
}
REVIEW_REASONS = {
    "integrity": "it shows signs of an attempt to influence its grading",
    "disagreement": "the gradings of it do not agree",
    "no_model": "no model was there to grade it",
    "attempts_used": "the learner has used every attempt",
    "no_transcript": "what was handed in could not be read",
    "unproven": "the model's opinion does not follow from what it quotes",
    "appeal": "the learner appealed against its outcome",
}
FIRST_STAR, LAST_STAR = 1, 5


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification to be. `occasion` is what it is told of once; the target is what it opens."""

    type: str
    occasion: str
    title: str
    body: str
    target_type: str
    target_id: UUID


def star_awarded(event: StarAwarded) -> Notice:
    """To the learner."""
    body = "It was awarded to you by your institution. " if event.by_override else ""
    if event.star == FIRST_STAR and event.tier is not None:
        body += f"Your tier is {event.tier.capitalize()}. "
    body += "Every star is yours now." if event.star >= LAST_STAR else "The next stage is open."
    return Notice(
        "star_awarded",
        f"{event.enrollment_id}:{event.star}",
        f"You earned star {event.star}",
        body,
        "enrollment",
        event.enrollment_id,
    )


def tier_changed(event: TierChanged) -> Notice:
    """To the learner."""
    new = event.new.capitalize()
    causes = {
        "initial": f"Your assessments place you in {new}.",
        "promotion": f"You passed the promotion exam. What comes next is made for {new}.",
        "override": f"Your institution moved you to {new}.",
    }
    return Notice(
        "tier_changed",
        f"{event.enrollment_id}:{event.cause}:{event.old or 'none'}:{event.new}",
        f"Your tier is {new}",
        causes.get(event.cause, f"You are in {new} now."),
        "enrollment",
        event.enrollment_id,
    )


def promotion_offered(event: PromotionOffered) -> Notice:
    """To the learner."""
    target = event.target_tier.capitalize()
    return Notice(
        "promotion_offered",
        f"{event.enrollment_id}:{event.star}",
        f"You may take the exam for {target}",
        f"Pass it and go on in {target}; skip it and go on in {event.current_tier.capitalize()}. "
        "It can be taken once at this star.",
        "enrollment",
        event.enrollment_id,
    )


def attempt_graded(event: AttemptOutcome) -> Notice:
    """To the learner."""
    return Notice(
        "attempt_graded",
        str(event.attempt_id),
        f"Your {KIND_WORDS[event.kind]} is graded",
        _outcome(event),
        "attempt",
        event.attempt_id,
    )


def attempt_decided(event: AttemptOutcome) -> Notice:
    """To the learner. A later decision on the same attempt with another outcome is a new occasion."""
    return Notice(
        "attempt_decided",
        f"{event.attempt_id}:{event.score:g}:{event.passed}",
        f"A person reviewed your {KIND_WORDS[event.kind]}",
        _outcome(event),
        "attempt",
        event.attempt_id,
    )


def appeal_dismissed(event: AppealDecided) -> Notice:
    """To the learner."""
    return Notice(
        "appeal_decided",
        str(event.appeal_id),
        "A person answered your appeal",
        "The outcome stays as it is; the answer says why.",
        "attempt",
        event.attempt_id,
    )


def _outcome(event: AttemptOutcome) -> str:
    result = "You passed." if event.passed else "It is not passed yet; the result says what to work on."
    return f"{event.score:g} %. {result}"


def review_needed(event: ReviewNeeded) -> Notice:
    """To staff."""
    reason = REVIEW_REASONS.get(event.reason, event.reason.replace("_", " "))
    return Notice(
        "review_needed",
        f"{event.attempt_id}:{event.reason}",
        f"A learner's {KIND_WORDS[event.kind]} waits for your decision",
        f"It needs a person because {reason}.",
        "attempt",
        event.attempt_id,
    )


def attempt_failed(event: AttemptFailed) -> Notice:
    """To the learner."""
    return Notice(
        "attempt_failed",
        f"{event.attempt_id}:{event.code}",
        f"Your {KIND_WORDS[event.kind]} could not be completed",
        f"{event.detail} It does not count against you; you may begin again.",
        "attempt",
        event.attempt_id,
    )


def ai_failing(event: AiFailing, *, org_id: UUID, now: datetime) -> Notice:
    """To administrators, at most once an hour."""
    return Notice(
        "ai_failing",
        f"{now:%Y-%m-%dT%H}",
        "Calls to AI models are failing",
        f"{event.failures} of {event.calls} calls failed within {event.window_minutes} minutes. Learners are served "
        "from the banks meanwhile; look at the AI runs for the cause.",
        "organization",
        org_id,
    )


def asset_rejected(event: AssetRejected) -> Notice:
    """To the file's owner."""
    return Notice(
        "asset_rejected",
        f"{event.asset_id}:{event.code}",
        f"Your {FILE_WORDS.get(event.purpose, 'file')} cannot be used",
        event.detail,
        "media_asset",
        event.asset_id,
    )


def program_completed(event: ProgramCompleted) -> Notice:
    """To the learner."""
    return Notice(
        "program_completed",
        str(event.enrollment_id),
        "You completed the program",
        "Five stars: you are job ready. Congratulations!",
        "enrollment",
        event.enrollment_id,
    )


def export_ready(event: ExportReady) -> Notice:
    """To whoever asked for the data."""
    return Notice(
        "export_ready",
        str(event.request_id),
        "Your data is ready",
        f"Open the request to fetch the archive. It is deleted on {event.expires_on}.",
        "privacy_request",
        event.request_id,
    )
