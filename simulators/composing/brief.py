"""A request as the simulated model understands it: instructions, data blocks, how many, how hard."""

import json
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

_MATERIAL = re.compile(r'<material label="([^"]*)">\n?(.*?)\n?</material>', re.DOTALL)
_ESCAPED = re.compile(r"&lt;(\s*/?\s*material)", re.IGNORECASE)

_NUMBER_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBERS = {word: number for number, word in enumerate(_NUMBER_WORDS.split())}
_COUNTED = r"(?:questions?|items?|sentences|situations|things|entries|tasks?)"
_COUNT = (
    re.compile(rf"\b(\d+)(?:\s+[\w-]+){{0,3}}?\s+{_COUNTED}\b", re.IGNORECASE),
    re.compile(r"\b(?:count|number of \w+)\b\W{1,4}(\d+)", re.IGNORECASE),
    re.compile(rf"\b({'|'.join(_NUMBERS)})(?:\s+[\w-]+){{0,3}}?\s+{_COUNTED}\b", re.IGNORECASE),
)
_NAMED_LEVEL = re.compile(r"\b(?:tier|difficulty|level)\W{1,4}(\w+)", re.IGNORECASE)
_LEVELS = {
    **dict.fromkeys(("gold", "hard", "advanced", "expert"), "hard"),
    **dict.fromkeys(("silver", "medium", "intermediate"), "medium"),
    **dict.fromkeys(("bronze", "easy", "basic", "beginner", "foundation"), "easy"),
}


@dataclass(frozen=True, slots=True)
class Brief:
    """One request. `materials` are label and text in order; `rng` makes every choice of this answer."""

    system: str
    prompt: str
    materials: list[tuple[str, str]]
    rng: Random
    obedient: bool = False
    media_text: str = field(default="")

    @staticmethod
    def parse(
        *, system: str, user: str, rng: Random, obedient: bool = False, media_text: str = ""
    ) -> "Brief":
        """Take the data blocks out of the user's text; what remains is the instruction."""
        materials = [(label, _ESCAPED.sub(r"<\1", text)) for label, text in _MATERIAL.findall(user)]
        if media_text:
            materials.append(("recording", media_text))
        return Brief(
            system=system,
            prompt=_MATERIAL.sub("", user).strip(),
            materials=materials,
            rng=rng,
            obedient=obedient,
            media_text=media_text,
        )

    @property
    def instructions(self) -> str:
        """Everything that the caller says for itself."""
        return f"{self.system}\n{self.prompt}"

    def body(self) -> str:
        """All data together; the instruction where there is no data."""
        return "\n\n".join(text for _, text in self.materials) or self.prompt

    def count(self) -> int | None:
        """How many entries are asked for, where the instruction says so."""
        for pattern in _COUNT:
            found = pattern.search(self.prompt) or pattern.search(self.system)
            if found:
                text = found.group(1).lower()
                return _NUMBERS[text] if text in _NUMBERS else int(text)
        return None

    def difficulty(self) -> str:
        """`easy`, `medium` or `hard`: the level after `tier` or `difficulty`, else the first that is mentioned."""
        for text in (self.prompt, self.system):
            words = [*_NAMED_LEVEL.findall(text), *re.findall(r"\w+", text)]
            level = next((_LEVELS[word.lower()] for word in words if word.lower() in _LEVELS), None)
            if level is not None:
                return level
        return "medium"

    def named(self, name: str) -> str | None:
        """What follows a name up to the next stop: `Background: Law` and `background LAW, tier ...` say `Law`."""
        pattern = re.compile(rf"\b{name}\b[:\s\"“]{{1,4}}([^\n.,;\"”]+)", re.IGNORECASE)
        found = pattern.search(self.prompt)
        return found.group(1).strip() if found else None

    def json_values(self) -> list[Any]:
        """Every JSON object or array that stands in the instruction or is a whole block."""
        found = list(_json_in(self.prompt)) + list(_json_in(self.system))
        for _, text in self.materials:
            if text.lstrip()[:1] in ("{", "["):
                found.extend(_json_in(text))
        return found


def _json_in(text: str) -> list[Any]:
    decoder = json.JSONDecoder()
    values: list[Any] = []
    at = 0
    while (start := min((i for i in (text.find("{", at), text.find("[", at)) if i >= 0), default=-1)) >= 0:
        try:
            value, at = decoder.raw_decode(text, start)
        except json.JSONDecodeError:
            at = start + 1
        else:
            values.append(value)
    return values
