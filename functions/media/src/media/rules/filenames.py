"""The name under which a file is shown and saved: it never lies about what the file is, nor leaves its folder."""

import unicodedata

LONGEST = 200
_JOINERS = "\u200c\u200d"
"""Part of words in Persian and Hindi, and of emoji."""
_FORBIDDEN = frozenset('/\\:*?"<>|')
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
)
"""Devices of Windows: https://learn.microsoft.com/windows/win32/fileio/naming-a-file"""
_SAME = {"jpg": frozenset({"jpeg", "jpe"}), "mp4": frozenset({"m4v"}), "txt": frozenset({"md", "log"})}


def is_plain(name: str) -> bool:
    """Whether it is a file's name and nothing else: no path, no control, no character that hides or turns others."""
    normal = unicodedata.normalize("NFKC", name)
    return (
        not any(_is_hostile(character) for character in name + normal)
        and bool(normal.strip(". "))
        and normal.partition(".")[0].strip().casefold() not in _RESERVED
    )


def saved_as(name: str, extension: str) -> str:
    """The name with an ending that says what the file is: `report.pdf.exe`, a PDF, becomes `report.pdf.exe.pdf`."""
    normal = unicodedata.normalize("NFC", name).strip().rstrip(". ")
    _, dot, ending = normal.rpartition(".")
    if dot and ending.casefold() in {extension, *_SAME.get(extension, ())}:
        return normal
    return f"{normal[: LONGEST - len(extension) - 1]}.{extension}"


def _is_hostile(character: str) -> bool:
    category = unicodedata.category(character)
    return character in _FORBIDDEN or (
        category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in _JOINERS
    )
