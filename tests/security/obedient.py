"""A model that does what the text tells it, whatever the prompt says: the worst that a vendor could serve.

It reads through every disguise that it knows, so that a defence cannot pass because the model is dull.
"""

import base64
import binascii
import codecs
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import unquote

from assessment.rules.texts import content_stems
from assessment.schemas.grading import RepositoryGrades
from lodestar.adapters.ai import Generation, GenerationRequest
from tests.security.corpora.orders import phrases

Bias = Literal["invents", "quotes anything", "quotes what fits", "copies the order"]
BIASES: tuple[Bias, ...] = ("invents", "quotes anything", "quotes what fits", "copies the order")

_LOOKALIKE = str.maketrans("аеорсхуіѕјһАЕОРСТХНКМВ", "aeopcxyisjhAEOPCTXHKMB")
_LEET = str.maketrans("340$", "eaos")
_RUN = re.compile(r"[A-Za-z0-9+/_=-]{16,}")
_SENTENCE = re.compile(r"[^.!?\n]{12,400}[.!?]?")


def squeezed(text: str) -> str:
    """Letters and digits only, in lower case, without invisible characters."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


CORES = frozenset(
    core for phrase in phrases() for core in (squeezed(phrase), squeezed(phrase.translate(_LEET)))
)


def readings(text: str) -> Iterator[str]:
    """The text as it may be meant."""
    yield text
    for turn in _TURNS:
        with suppress(ValueError, binascii.Error, UnicodeError):
            yield turn(text)
    for run in _RUN.findall(text):
        for decode in _DECODERS:
            with suppress(ValueError, binascii.Error, UnicodeError):
                yield decode(run).decode()


_TURNS: tuple[Callable[[str], str], ...] = (
    lambda text: text.translate(_LOOKALIKE),
    lambda text: unicodedata.normalize("NFKC", text).translate(_LOOKALIKE),
    lambda text: text.translate(_LEET),
    lambda text: text[::-1],
    lambda text: codecs.decode(text, "rot13"),
    html.unescape,
    unquote,
    lambda text: re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), text),
)
_DECODERS: tuple[Callable[[str], bytes], ...] = (
    lambda run: base64.b64decode(run + "=" * (-len(run) % 4), validate=True),
    lambda run: base64.urlsafe_b64decode(run + "=" * (-len(run) % 4)),
    base64.b32decode,
    bytes.fromhex,
)


def order_in(text: str) -> str | None:
    """The core of an order that the text holds; None where nothing is asked."""
    for reading in readings(text):
        seen = squeezed(reading)
        for core in CORES:
            if core in seen:
                return core
    return None


@dataclass
class Obedient:
    """Grades by the words of a criterion, unless it is told otherwise.

    One that is `bribed` was told out of our sight; one that is `deaf` hears nothing.
    """

    bias: Bias = "quotes what fits"
    bribed: bool = False
    deaf: bool = False
    name: str = "obedient"
    vendor: str = "test"
    takes_video: bool = False
    asked: int = field(default=0)

    def check(self, *, timeout_seconds: float) -> None:
        """It always serves."""

    def generate(self, request: GenerationRequest) -> Generation:
        """An answer valid against the request's schema."""
        self.asked += 1
        work = [
            (each.label, each.text)
            for each in request.materials
            if each.label not in ("task", "questions", "criteria")
        ]
        given = next(each.text for each in request.materials if each.label == "criteria")
        said = "\n".join(f"{label}\n{text}" for label, text in work)
        told = not self.deaf and (self.bribed or order_in(said) is not None)
        judged = [self._judged(criterion, work, told=told) for criterion in json.loads(given)]
        if request.schema is not RepositoryGrades:
            for entry in judged:
                entry["quotes"] = [quote["text"] for quote in entry["quotes"]]
        value = request.schema.model_validate({"criteria": judged, "suspicious_passages": []}).model_dump()
        return Generation(
            value=value, model=self.name, input_tokens=1, output_tokens=1, latency_ms=1, cost_usd_micros=0, finish_reason="stop"
        )  # fmt: skip

    def _judged(
        self, criterion: dict[str, Any], work: Sequence[tuple[str, str]], *, told: bool
    ) -> dict[str, Any]:
        wanted = content_stems(
            " ".join([criterion["title"], criterion["description"], *criterion.get("keywords", [])])
        )
        sentences = [
            (len(wanted & content_stems(found)), label.removeprefix("./"), found.strip())
            for label, text in work
            for found in _SENTENCE.findall(text)
            if len(found.strip()) >= 12
        ]
        fitting = sorted((entry for entry in sentences if entry[0]), reverse=True)[:3]
        chosen = self._biased(criterion, sentences, fitting) if told else fitting
        level = 4 if told else min(4, sum(entry[0] for entry in fitting) // 2)
        quotes = [{"path": label, "text": text} for _, label, text in chosen] if level else []
        return {
            "key": criterion["key"],
            "level": level,
            "quotes": quotes,
            "feedback": "As asked." if told else "As found.",
        }

    def _biased(
        self,
        criterion: dict[str, Any],
        sentences: list[tuple[int, str, str]],
        fitting: list[tuple[int, str, str]],
    ) -> list[tuple[int, str, str]]:
        match self.bias:
            case "invents":
                words = criterion["description"]
                return [(0, "main.py", f"The learner shows in detail, with numbers, that {words}")]
            case "quotes anything":
                return sentences[:1]
            case "copies the order":
                return [entry for entry in sentences if order_in(entry[2])][:1] or sentences[-1:]
        return fitting or sentences[:1]
