"""Timed lines, and their file format. Source: https://www.w3.org/TR/webvtt1/"""

from collections.abc import Iterable, Mapping
from typing import Any

LONGEST_LINE = 42
"""Characters a line of captions, as broadcasters have it; longer cues are broken over lines."""


def web_vtt(cues: Iterable[Mapping[str, Any]]) -> str:
    """The cues `{"start_ms", "end_ms", "text"}` as a WebVTT file."""
    blocks = ["WEBVTT"]
    for cue in cues:
        lines = "\n".join(_lines(_escaped(str(cue["text"]))))
        if lines:
            blocks.append(f"{_clock(int(cue['start_ms']))} --> {_clock(int(cue['end_ms']))}\n{lines}")
    return "\n\n".join(blocks) + "\n"


def _clock(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{thousandths:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _lines(text: str) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= LONGEST_LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
