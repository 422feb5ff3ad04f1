"""HTML of messages: what it may hold, and the plain text that says the same."""

import re
from functools import lru_cache
from html.parser import HTMLParser

from messaging.rules.rendering import REMEMBERED

ACTIVE = frozenset({"script", "iframe", "object", "embed", "form", "input", "link", "base", "svg", "math"})
BREAKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote"})
SILENT = frozenset({"style", "head", "title"})
ADDRESSES = frozenset({"href", "src"})
MAY_BE_FILLED = ADDRESSES | {"alt", "title"}
UNQUOTED = re.compile(r"=\s*[^\s\"'>]*\{\{")
SAFE_ADDRESS = re.compile(r"\s*(https://|mailto:|cid:|#)", re.IGNORECASE)
WHOLE_VARIABLE = re.compile(r"\s*\{\{\s*([a-z][a-z0-9_]*)\s*\}\}\s*")


class _Faults(HTMLParser):
    """Collects what a message's HTML may not hold."""

    def __init__(self, addresses: frozenset[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._addresses = addresses

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE:
            self.found.append(f"<{tag}> is not allowed in a message.")
        if "{{" in tag or UNQUOTED.search(self.get_starttag_text() or ""):
            self.found.append(f"Put quotation marks around the values of <{tag}>.")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self.found.append(f"{name} of <{tag}> is not allowed in a message.")
        if "{{" in name or ("{{" in value and name not in MAY_BE_FILLED):
            self.found.append(f"No variable may stand in {name} of <{tag}>.")
        variable = WHOLE_VARIABLE.fullmatch(value)
        is_safe = variable[1] in self._addresses if variable else SAFE_ADDRESS.match(value)
        if name in ADDRESSES and value and not is_safe:
            self.found.append(
                f"{name} of <{tag}> begins with https:// or mailto:, or is one variable of type url."
            )


def faults(text: str, *, addresses: frozenset[str]) -> list[str]:
    """Why the HTML of a template cannot be sent; `addresses` are its variables of type url."""
    parser = _Faults(addresses)
    parser.feed(text)
    parser.close()
    return parser.found


class _Text(HTMLParser):
    """Collects words, with the addresses of links behind them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        elif tag in BREAKS:
            self.parts.append("\n- " if tag == "li" else "\n")
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in BREAKS:
            self.parts.append("\n")
        elif tag == "a" and self._links:
            address = self._links.pop()
            self.parts.append(f" ({address})" if address and address not in "".join(self.parts[-1:]) else "")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))


@lru_cache(maxsize=REMEMBERED)
def plain(text: str) -> str:
    """The words of the HTML, a line a block, links by their address. Variables stay as they are."""
    parser = _Text()
    parser.feed(text)
    parser.close()
    lines = [re.sub(r" +", " ", line).strip() for line in "".join(parser.parts).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
