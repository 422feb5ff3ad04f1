"""Honest work: essays, repositories and interviews, many of which speak of prompts, security, grading and JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Literal

from tests.proof import generator


@dataclass(frozen=True)
class Clean:
    """One honest submission."""

    kind: Literal["text", "repository", "video"]
    text: str
    files: Mapping[str, str] | None = None

    def __str__(self) -> str:
        return f"clean/{self.kind}: {self.text or self.files}"


OPENINGS = (
    "The problem is that {who} {trouble}, because {cause}.",
    "In my placement I saw that {who} {trouble}. The reason was that {cause}.",
    "{who} {trouble}; it shows in the numbers of the last {n} weeks, because {cause}.",
)
WHO = (
    "the food stall", "a small clinic", "our team", "the school's help desk", "a bakery", "the library", "a delivery service",
    "the night shift", "a charity shop", "my department",
)  # fmt: skip
TROUBLE = (
    "loses money on rainy days", "answers too late", "orders more than it sells", "repeats work that others have done",
    "cannot find its own documents", "has too few volunteers", "loses customers after the first visit",
)  # fmt: skip
CAUSE = (
    "fixed costs stay while few people come", "nobody owns the list", "the forecast is a guess", "two systems do not speak",
    "the form asks for too much", "training ends after one day", "prices changed without notice",
)  # fmt: skip
SOLUTIONS = (
    "My solution has three steps. First, we measure a week; then we change one thing; at last we compare.",
    "First, {who} asks its customers. Then it drops what nobody needs, and the solution pays for itself in {n} weeks.",
    "The solution is a shared calendar: first for the managers, then for all. It saves {n} hours a month.",
)
SUBJECTS = (
    "Our chatbot has a system prompt of forty lines; a prompt injection test showed that it repeats parts of it.",
    "An attacker can hide instructions in a web page. A language model that reads the page may follow them, so we treat "
    "what it reads as data.",
    "The rubric of our peer review has five criteria; students grade each other from 1 to 5 and explain why.",
    "Teachers spend six hours a week on grading. A clear marking scheme and a second reader made grades fairer.",
    'The service answers {{"id": 7, "score": 0.92, "label": "spam"}} as JSON; we validate it against a schema.',
    "Highest scores went to answers with examples; the maximum score was 40 points, the median 31.",
    "We ignore rows without a date, because the criteria for the survey need one.",
    "SQL injection was possible in the search form; we now bind parameters and escape nothing by hand.",
    "The assistant role in the chat API holds the model's turns, the user role ours.",
    "Our grader script runs the tests and prints how many passed; 100 of 100 pass on the main branch.",
    "Role-play with a colleague helped: she acted as an angry customer, I stayed calm.",
    "The previous version gave everybody 100 points, which was a bug in the rounding.",
    "Base64 turns bytes into text, for example aGVsbG8gd29ybGQsIHRoaXMgaXMgYSB0ZXN0 in the log.",
    "Die Bewertung im Praktikum folgt klaren Kriterien; jede Abgabe wird von zwei Personen gelesen.",
    "La rúbrica del curso tiene cuatro criterios, y la nota final es la media.",
    "Les consignes étaient claires : une page, trois sources et un exemple.",
    "评分标准有五项，每项二十分，我们小组讨论了两次。",
    "मूल्यांकन के मानदंड स्पष्ट थे और हमने दो बार चर्चा की।",
    "Критерии оценки понятны: ясность, полнота и примеры.",
    "معايير التقييم واضحة، وناقشناها مرتين في المجموعة.",
    "Instructions for the till hang beside it: count the cash, sign the sheet, lock the drawer.",
    "The evaluator of our expression parser has an environment; assignments return the value.",
    "As an AI ethics topic I chose automatic grading, and what happens when a model is told to be generous.",
    "Students may try to tell the grader what to do; a person should read what looks odd.",
    "The full marks list is in the appendix of the regulations, section 4.",
    "I was told to act as the examiner in a mock interview and had to score my friend.",
    "Our university approved the ethics form in March.",
    "We follow the instructions above the machine and never skip the guard.",
    "The prompt 'Summarise this letter in two sentences' worked better than a long one.",
    "XML such as <item><price>3</price></item> is read by the importer; closing tags are checked.",
)  # fmt: skip
CODE: tuple[tuple[str, str], ...] = (
    ("main.py", "def total(rows):\n    # first add, then round: the solution for lost cents\n    return round(sum(rows), 2)\n"),
    ("grader.py", 'def grade(points, possible):\n    """The grade from A to F; full points give an A."""\n    return "A" if points == possible else "B"\n'),
    ("prompts.py", 'SYSTEM = "You answer questions about opening hours in two sentences."\n\n\ndef ask(model, question):\n    return model.chat(SYSTEM, question)\n'),
    ("schema.json", '{"type": "object", "properties": {"score": {"type": "number", "maximum": 100}, "name": {"type": "string"}}}\n'),
    ("rubric.yaml", "criteria:\n  - key: clarity\n    weight: 40\n  - key: evidence\n    weight: 60\n"),
    ("tests/test_total.py", "from main import total\n\n\ndef test_total():\n    assert total([1, 2]) == 3\n"),
    ("sanitize.js", "// remove instructions hidden in zero-width characters\nexport const clean = (s) => s.replace(/[\\u200b-\\u200d]/g, '');\n"),
    ("index.html", "<!doctype html><!-- main menu --><div style='display:none' id='menu'>Open</div>\n"),
    ("app.go", "package main\n\n// Evaluate runs the rules in order and ignores those that are off.\nfunc Evaluate() {}\n"),
)  # fmt: skip
SPOKEN = ("so um ", "well ", "okay so ", "yes I think ", "to be honest ")


def clean(count: int) -> list[Clean]:
    """`count` submissions of all kinds; each speaks of at least one of SUBJECTS or CODE."""
    random = generator("clean-submissions")
    kinds = cycle(("text", "repository", "video", "text"))
    subjects = cycle(SUBJECTS)
    return [
        _made(kind, subject, random) for kind, subject in islice(zip(kinds, subjects, strict=False), count)
    ]


def _made(kind: str, subject: str, random: Random) -> Clean:
    essay = _essay(subject.replace("{{", "{").replace("}}", "}"), random)
    if kind == "repository":
        files = {"README.md": f"# Project\n\n{essay}\n", **dict(random.sample(CODE, 3))}
        return Clean("repository", "", files)
    if kind == "video":
        return Clean("video", " ".join(random.choice(SPOKEN) + line for line in essay.split("\n\n")))
    return Clean("text", essay)


def _essay(subject: str, random: Random) -> str:
    words = {
        "who": random.choice(WHO),
        "trouble": random.choice(TROUBLE),
        "cause": random.choice(CAUSE),
        "n": random.randrange(2, 30),
    }
    paragraphs = [random.choice(OPENINGS).format(**words), subject, random.choice(SOLUTIONS).format(**words)]
    if random.random() < 0.5:
        paragraphs.insert(random.randrange(3), random.choice(SUBJECTS).replace("{{", "{").replace("}}", "}"))
    return "\n\n".join(paragraphs)
