"""Projects and interview questions, composed from the background, the tier and the subjects a prompt names."""

import re
from dataclasses import dataclass

from simulators.composing import text as english
from simulators.composing.brief import Brief
from simulators.composing.grades import criteria

_TIERS = {"easy": "foundation", "medium": "intermediate", "hard": "advanced"}
_FOR_TIER = re.compile(r"\b[Ff]or (?:a learner of )?([A-Z][\w &-]*?)(?: at|,)? tier\b")
_ABOUT = re.compile(r"\b(?:about|on|concerning) ([^.\n]+)")
_LISTED = re.compile(r"[,;:]| and | or |\bwith\b")
MOST_TOPICS = 16
SHORTEST_SUBJECT = 3
LONGEST_SUBJECT_WORDS = 7
_ANYWHERE = ["planning", "working with others", "checking results", "explaining a decision"]
"""Subjects of every field, for a prompt that names too few."""

_SCOPE = {
    "easy": "one small, complete result",
    "medium": "a result with a justified choice between two approaches",
    "hard": "a result that weighs cost, risk and people, and defends its trade-offs",
}
_WORDS_OF_A_PROMPT = english.stems(
    """background tier bronze silver gold project projects interview create generate write prompt focus area return
    json format exactly type types description title scenario deliverables requirements steps candidate role please
    following fitting suitable realistic each difficulty count quantity template person json schema
    learner return finish week person money rubric given criterion reachable asked evidence looked note natural data
    deliverable requirement step question questions observable contains shortest invites looks first list derive
    behavioral behavioural technical situational case motivation introduction
    material materials block blocks data verbatim text short language english plain"""
)


_ANY_PART = "Explain how {topic} and {other} bear on {background} in this project."
_PROJECT_PARTS = {
    "title": "{Topic} and {other} in {background} ({tier} project)",
    "scenario": "A small organisation needs help from someone trained in {background}. Its people struggle with "
    "{topic}, and lately {other} has made it worse. They ask you for {scope}, with evidence that it serves them.",
    "summary": "Improve {topic} for a small organisation, taking {other} into account.",
    "description": "Work out {scope} on {topic}. Say what you assume, what you tried, what you found about {other}, "
    "and what remains.",
    "objective": "Show that you can handle {topic} and connect it with {other}.",
    "deliverable": "A document or artefact on {topic} that a colleague can use without asking you about {other}.",
    "requirement": "It treats {topic} with at least one concrete example, and says how {other} was checked.",
    "step": "Examine {topic}: note what you observe, decide about {other}, and write down why.",
    "instruction": "Begin with {topic}; keep notes; finish with a short reflection on {other}.",
    "criteri": "The treatment of {topic} is specific, evidenced, and connected with {other}.",
    "hint": "Start from one real case of {topic}.",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a task is about."""

    background: str
    tier: str
    scope: str
    topics: list[str]

    def topic(self, nth: int) -> str:
        return self.topics[nth % len(self.topics)]


def subject(brief: Brief) -> Subject:
    """Read the request: what it names first, then the rubric's titles, then the terms that occur in it most."""
    named = brief.named("background") or _FOR_TIER.search(brief.prompt)
    background = named.group(1) if isinstance(named, re.Match) else named or "your field"
    focus = brief.named(r"focus(?:[ _]area)?") or ""
    titles = [criterion.title for criterion in criteria(brief)]
    named_subjects = [part for text in [focus, *_ABOUT.findall(brief.prompt)] for part in _parts(text)]
    own = _WORDS_OF_A_PROMPT | english.stems(background)
    terms = [term for term in english.terms(brief.body()) if not (english.stems(term) & own)]
    topics = [topic[0].lower() + topic[1:] for topic in (titles or named_subjects or terms)[:MOST_TOPICS]]
    brief.rng.shuffle(topics)
    topics += _ANYWHERE if len(topics) < len(_ANYWHERE) else []
    level = brief.difficulty()
    return Subject(_readable(background), _TIERS[level], _SCOPE[level], topics)


def _parts(text: str) -> list[str]:
    """What a list in words names: `a bug, a test or learning alone` names three."""
    parts = (part.strip(" .") for part in _LISTED.split(text))
    return [
        part
        for part in parts
        if 0 < len(part.split()) <= LONGEST_SUBJECT_WORDS and len(part) > SHORTEST_SUBJECT
    ]


def _readable(name: str) -> str:
    """`COMPUTER_SCIENCE` as people write it."""
    return name.replace("_", " ").title() if name.isupper() else name


def project_text(about: Subject, name: str, nth: int) -> str:
    """The text of a project's part; `name` is the part's property name, `nth` its place in a list."""
    text = next((text for known, text in _PROJECT_PARTS.items() if known in name), _ANY_PART)
    return text.format(
        topic=about.topic(nth),
        Topic=about.topic(nth).capitalize(),
        other=about.topic(nth + 1),
        tier=about.tier,
        background=about.background,
        scope=about.scope,
    )


def looks_for(about: Subject, nth: int) -> str:
    """What a good answer to the nth question contains."""
    return f"A concrete example of {about.topic(nth)}, the speaker's own part in it, and what it meant for {about.topic(nth + 1)}"


def question_text(about: Subject, kind: str, nth: int) -> str:
    """The nth interview question of a kind; kinds that are unknown ask for an explanation."""
    known = next((known for known in _QUESTIONS if known in kind.lower()), "techn")
    forms = _QUESTIONS[known]
    return forms[nth % len(forms)].format(
        topic=about.topic(nth), other=about.topic(nth + 1), background=about.background
    )


_QUESTIONS = {
    "behav": (
        "Tell me about a time when {topic} was difficult for you. What did you do, and what came of it?",
        "Describe a piece of your own work that had to do with {topic}. Which part was yours?",
        "What have you learned about {topic} from a mistake, and how do you work differently since?",
        "When did somebody disagree with you about {topic}? How did the two of you settle it?",
    ),
    "techn": (
        "Explain {topic} to a colleague outside {background}, with one small example.",
        "How do you find out whether something is wrong with {topic}? Go through it step by step.",
        "Compare two ways to deal with {topic}. When would you choose which?",
        "Which mistake do beginners make with {topic}, and how would you show them a better way?",
    ),
    "situat": (
        "Imagine your first month in {background}: there is trouble with {topic} the day before a deadline. What do you do?",
        "A colleague asks for your help with {topic} while you are busy yourself. How do you decide, and what do you say?",
        "You notice that a report about {topic} contains an error, and it has already been sent. What are your next steps?",
        "Your team has to choose between {topic} and {other}. How would you prepare the decision?",
    ),
    "case": (
        "An organisation asks you to improve {topic}. How would you begin, and how would you know that it worked?",
        "Costs must fall without harm to {topic}. Which questions do you ask first?",
    ),
    "motiv": (
        "What draws you to {background}, and what has {topic} taught you so far?",
        "Where do you want to be in two years with {topic}, and what is your next step?",
    ),
}
