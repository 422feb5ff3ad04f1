"""Multiple-choice items cut from a text: one right option, which the quoted sentence proves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from simulators.composing import text as english

OPTIONS = 4
FEWEST_WORDS, MOST_WORDS = 8, 45
SAME_SHAPE_FIRST = 8
"""From how many of the closest candidates the wrong options are drawn."""


@dataclass(frozen=True, slots=True)
class Item:
    """`options[answer]` is right because `quote`, a verbatim sentence, says so."""

    stem: str
    options: list[str]
    answer: int
    explanation: str
    quote: str
    topic: str


def items(body: str, *, difficulty: str, options: int, rng: Random) -> Iterator[Item]:
    """As many different items as the text has sentences for, in random order."""
    pool = english.terms(body)
    candidates = [s for s in english.sentences(body) if FEWEST_WORDS <= len(s.split()) <= MOST_WORDS]
    unique = list(dict.fromkeys(candidates))
    rng.shuffle(unique)
    for sentence in unique:
        item = _item(sentence, pool, difficulty=difficulty, options=options, rng=rng)
        if item is not None:
            yield item


def _item(sentence: str, pool: list[str], *, difficulty: str, options: int, rng: Random) -> Item | None:
    term = _key_term(sentence, pool, difficulty=difficulty)
    wrong = _distractors(term, sentence, pool, wanted=options - 1, rng=rng) if term else []
    if term is None or len(wrong) < options - 1:
        return None
    blank = re.compile(rf"\b{re.escape(term)}\b")
    if difficulty == "hard":
        choices = [sentence, *(blank.sub(word, sentence) for word in wrong)]
        stem = f"Which of these statements about {_about(sentence, term)} does the lesson make?"
    else:
        choices = [term, *wrong]
        gap = blank.sub("_____", sentence)
        stem = f"Which word completes this statement from the lesson? “{gap}”"
    right = choices[0]
    rng.shuffle(choices)
    return Item(
        stem=stem,
        options=choices,
        answer=choices.index(right),
        explanation=f"The lesson says: “{sentence}”",
        quote=sentence,
        topic=term.lower(),
    )


def _key_term(sentence: str, pool: list[str], *, difficulty: str) -> str | None:
    """The term to ask for: the text's most frequent one for an easy item, a rarer one for a harder."""
    inside = [word for word in english.words(sentence) if english.is_term(word)]
    rank = {english.stem(word): place for place, word in enumerate(pool)}
    once = [
        word
        for word in inside
        if len(re.findall(rf"\b{re.escape(word)}\b", sentence)) == 1 and english.stem(word) in rank
    ]
    if not once:
        return None
    ranked = sorted(once, key=lambda word: rank[english.stem(word)])
    return ranked[0] if difficulty == "easy" else ranked[len(ranked) // 2]


def _distractors(term: str, sentence: str, pool: list[str], *, wanted: int, rng: Random) -> list[str]:
    """Other terms of the same text, of the same shape, that the sentence does not hold."""
    present = english.stems(sentence)
    others = [word for word in pool if english.stem(word) not in present]
    closest = sorted(others, key=lambda word: _distance(term, word))[: max(SAME_SHAPE_FIRST, wanted)]
    chosen = rng.sample(closest, min(wanted, len(closest)))
    return [word.capitalize() if term[0].isupper() else word.lower() for word in chosen]


def _distance(term: str, word: str) -> tuple[bool, int]:
    """First the ending, which tells a verb from a noun; then the length."""
    return (term.lower()[-2:] != word.lower()[-2:], abs(len(term) - len(word)))


def _about(sentence: str, term: str) -> str:
    others = [word.lower() for word in english.words(sentence) if english.is_term(word) and word != term]
    return " and ".join(dict.fromkeys(others[:2])) or term.lower()
