"""The words said to a model that makes content: an organization's templates, or ours where it wrote none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NAME = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """Instructions of one strategy. `version` names them in the log of calls."""

    version: str
    system: str
    template: str

    def text(self, values: Mapping[str, object]) -> str:
        """The template with its names in braces replaced; an unknown name stays, so that its writer sees it."""
        return _NAME.sub(lambda found: str(values.get(found.group(1), found.group(0))), self.template)


def unknown_names(rendered: str) -> set[str]:
    """The names in braces that nothing replaced."""
    return set(_NAME.findall(rendered))


BUILT_IN: dict[str, Prompt] = {
    "quiz": Prompt(
        "quiz/built-in@1",
        "You write fair single-choice questions about one lesson, from what its transcript says and nothing else.",
        'Write {count} single-choice questions of {difficulty} difficulty for tier {tier} about the lesson "{title}".\n'
        "Each has a stem, four different options of similar length, the index of the only right one (answer), an "
        "explanation of one sentence, and as quote one sentence copied word for word from the transcript, which "
        "proves the answer and uses its words. Ask about each fact once. {guidance}",
    ),
    "exam": Prompt(
        "exam/built-in@1",
        "You write fair exams about what a course taught, from its transcripts and nothing else.",
        "Write {count} single-choice questions of {difficulty} difficulty for tier {tier}, spread over the lessons.\n"
        "Each has a stem, four different options of similar length, the index of the only right one (answer), an "
        "explanation of one sentence, and as quote one sentence copied word for word from a transcript, which proves "
        "the answer and uses its words. {guidance}",
    ),
    "project": Prompt(
        "project/built-in@1",
        "You write one project that one person can finish in about a week without money.",
        "Background: {background}. Tier: {tier}. Type: {type}.\n{guidance}\nReturn title, scenario, requirements, "
        "deliverables and steps. Whoever does what is asked can meet every criterion of the rubric.",
    ),
    "interview_questions": Prompt(
        "interview_questions/built-in@1",
        "You write questions for a recorded interview. Each can be answered in a minute from ordinary experience. "
        "Never ask about origin, family, health, religion, age or appearance.",
        "Write {count} questions of type {type} for {background} at tier {tier}. Focus: {focus_area}.\n{guidance}\n"
        "Return for each its text, and as looks_for what a good answer contains.",
    ),
}
