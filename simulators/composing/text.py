"""Words and sentences: enough of English to cut questions from a transcript and find a rubric in an essay."""

import re
from collections import Counter

_STOPWORDS = """
    a about above after again all almost also although always am among an and another answer answers any
    anyone are aren as at away back be became because become been before being below best better between
    both but by can cannot clear clearly come could criteria criterion day did do does doing don done
    down during each either else enough even ever every few first for from full further gave get gets
    give given gives go goes going good got had has have having he her here hers herself him himself his
    how however if in instead into is isn it its itself just keep kind know last later learner learners
    least less lesson let level levels like likely little look made make makes making many may maybe me
    mean means might more most much must my myself need needs never next no nor not nothing now of off
    often on once one only or other others our ours out over own part partly people perhaps points put
    question questions quite rather really said same say says second see seem seen several shall she
    should show shows simply since small so some someone something sometimes soon still student students
    submission such take taken takes tell than that the their theirs them themselves then there these
    they thing things think this those though three through thus to together too took toward two under
    until up upon us use used uses using usually very want wants was way ways we well went were what when
    where whether which while who whole whom whose why will with within without work works would yes yet
    you your yours yourself
"""
STOPWORDS = frozenset(_STOPWORDS.split())
"""Words that carry no subject, and those that every lesson and rubric shares."""

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])|\n{2,}")
_WORD = re.compile(r"[A-Za-z][A-Za-z'-]*[A-Za-z]|\d[\d.,]*\d|\d")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|_")

SHORTEST_TERM = 4
LONGEST_UNIT = 300

_CHUNK = re.compile(rf".{{1,{LONGEST_UNIT}}}(?:\s|$)")


def sentences(text: str) -> list[str]:
    """The text's sentences, each a verbatim substring of it."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part and part.strip()]


def units(text: str) -> list[str]:
    """What can be quoted: lines, the long ones by sentence; each a verbatim substring of one line."""
    found: list[str] = []
    for line in text.splitlines():
        stripped = line.strip()
        if len(stripped) <= LONGEST_UNIT // 2:
            found.append(stripped)
        else:
            found.extend(chunk for sentence in sentences(stripped) for chunk in _chunks(sentence))
    return [unit for unit in found if len(unit) >= SHORTEST_TERM]


def _chunks(sentence: str) -> list[str]:
    """A sentence, or what nobody punctuated, in pieces of at most LONGEST_UNIT characters."""
    return [piece.strip() for piece in _CHUNK.findall(sentence)]


def words(text: str) -> list[str]:
    """Words and numbers in order; identifiers fall into their words."""
    return _WORD.findall(_CAMEL.sub(" ", text))


def is_term(word: str) -> bool:
    """Whether a word carries meaning of its own."""
    return len(word) >= SHORTEST_TERM and word.lower() not in STOPWORDS and word[0].isalpha()


def stem(word: str) -> str:
    """A crude stem: enough that `testing`, `tests` and `tested` are one."""
    lower = word.lower().removesuffix("'s")
    for suffix in (
        "ations",
        "ation",
        "ments",
        "ment",
        "ingly",
        "ings",
        "ing",
        "ies",
        "ied",
        "edly",
        "ed",
        "es",
        "ly",
        "s",
        "e",
        "y",
    ):
        if lower.endswith(suffix) and len(lower) - len(suffix) >= SHORTEST_TERM - 1:
            return lower.removesuffix(suffix)
    return lower


def stems(text: str) -> frozenset[str]:
    """The stems of a text's terms."""
    return frozenset(stem(word) for word in words(text) if is_term(word))


def all_stems(text: str) -> frozenset[str]:
    """The stems of every word, stopwords and short ones too."""
    return frozenset(stem(word) for word in words(text))


def terms(text: str) -> list[str]:
    """The text's terms, the most frequent first, then the longer; one spelling a stem."""
    counts: Counter[str] = Counter()
    spelling: dict[str, str] = {}
    for word in words(text):
        if is_term(word):
            counts[stem(word)] += 1
            spelling.setdefault(stem(word), word)
    ranked = sorted(counts, key=lambda found: (-counts[found], -len(found), found))
    return [spelling[found] for found in ranked]
