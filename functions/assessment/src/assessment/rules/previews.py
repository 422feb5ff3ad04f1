"""What is decided about samples without looking anything up, and what their makers should know before they save."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from assessment.rules.prompts import unknown_names

PREVIEWS_AN_HOUR = 30
"""D-20, apart from what the same person asks of models as a learner."""
KEPT = timedelta(days=1)
GIVEN_UP = "The sample could not be made. Ask for it again; if that fails too, quote the operation's id."
LEAST_SECONDS_A_QUESTION = 20


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that saving would not refuse, and that learners would notice."""

    code: str
    detail: str


NOTHING_TO_ASK = Warned(
    "nothing_to_ask",
    "No model's answer was enough and the banks hold too little: a learner could not be asked.",
)


def digest(draft: Mapping[str, Any]) -> str:
    """Two drafts are one when this is: SHA-256, in hex, of the canonical JSON."""
    return hashlib.sha256(json.dumps(draft, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def unknown_variables(prompts: Iterable[str], systems: Iterable[str]) -> list[Warned]:
    """Names in braces that nothing replaced: misspelt ones, and any in a system prompt, where none are replaced."""
    unknown = {name for prompt in prompts for name in unknown_names(prompt)}
    warned = [
        Warned("unknown_variable", f"Nothing replaces {{{name}}}; the model reads it as it stands.")
        for name in sorted(unknown)
    ]
    verbatim = {name for system in systems for name in unknown_names(system)}
    return warned + [
        Warned(
            "variable_in_system_prompt",
            f"{{{name}}} stands in a system prompt, where nothing is replaced; move it to the input prompt.",
        )
        for name in sorted(verbatim)
    ]


def too_few(*, got: int, wanted: int) -> list[Warned]:
    """Fewer questions than the settings ask for."""
    if got >= wanted:
        return []
    return [
        Warned(
            "too_few_items",
            f"There were {got} of {wanted} questions. Add items to the banks that serve here.",
        )
    ]


def hurried(*, time_limit_seconds: int | None, questions: int) -> list[Warned]:
    """A time limit that leaves hardly any time to read."""
    if not time_limit_seconds or not questions:
        return []
    each = time_limit_seconds // questions
    if each >= LEAST_SECONDS_A_QUESTION:
        return []
    return [Warned("time_limit_short", f"The time limit leaves {each} seconds a question.")]


def made_by(*, was_asked: bool, calls: int, source: str | None) -> list[Warned]:
    """Why no model made any of it, if none did."""
    if source == "model":
        return []
    if not was_asked:
        return [
            Warned("model_not_asked", "There is nothing to ask a model about: no transcript, or no profile.")
        ]
    if not calls:
        return [Warned("no_model", "No model is configured here; learners get what the banks hold.")]
    return [
        Warned("model_unused", "No model's answer could be shown; learners would get what the banks hold.")
    ]


def lesson_warnings(*, required: int, inactive: int, got: int, wanted: int, enough: bool) -> list[Warned]:
    """What a lesson's mapping leads to (JR-22, JR-23)."""
    warned = too_few(got=got, wanted=wanted)
    if not enough:
        warned.append(Warned("no_quiz_without_model", "When no model serves, the lesson has no quiz at all."))
    if required > wanted:
        warned.append(
            Warned(
                "more_required_than_asked",
                f"All {required} required items are asked, though the quiz says {wanted}.",
            )
        )
    if inactive:
        warned.append(
            Warned("inactive_items", f"{inactive} of the items are not in use and are never asked.")
        )
    return warned
