"""Answers as models and the wire between spoil them: each scenario one way to be of no use."""

import json
from typing import Any

FIRST_LETTER = ord("\N{DEVANAGARI LETTER KA}")


def spoiled(answer: str, scenario: str) -> str:
    """The model's own text, as the scenario has it."""
    match scenario:
        case "rubbish":
            return "Sorry, I"
        case "empty":
            return ""
        case "truncated":
            return answer[: len(answer) // 2]
        case "other_language":
            return json.dumps(translated(json.loads(answer)), ensure_ascii=False)
    return answer


def garbled(body: dict[str, Any]) -> bytes:
    """The half of a response that arrives when a connection or a proxy breaks."""
    whole = json.dumps(body).encode()
    return whole[: len(whole) // 2]


def translated(value: Any) -> Any:
    """Every text in another alphabet, letter by letter; single words stay, which may be keys that the schema names."""
    if isinstance(value, dict):
        return {key: translated(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [translated(entry) for entry in value]
    if isinstance(value, str) and " " in value:
        return "".join(_letter(character) for character in value)
    return value


def _letter(character: str) -> str:
    return (
        chr(FIRST_LETTER + ord(character.lower()) - ord("a"))
        if character.isascii() and character.isalpha()
        else character
    )
