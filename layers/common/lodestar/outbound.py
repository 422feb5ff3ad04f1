"""Addresses that somebody else chose: what may be shown as a link, and what may be fetched or posted to.

Two steps, for two dangers. `address` reads a URL and refuses what is no plain public address, whichever way it is
spelt; nothing is looked up, so it is what a form asks. `client` speaks HTTPS to such addresses only: it looks the
name up once, refuses a name of which any address is not public (a private network, the machine itself, the cloud's
metadata), and connects to the very address that it checked, so that a name that changes its mind a moment later (DNS
rebinding) changes nothing. A redirect is an answer like any other; whoever follows it has it checked again.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import socket
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    import httpx

IpAddress = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Iterable[IpAddress]]

LONGEST_URL = 2000
LONGEST_NAME = 253
LONGEST_LABEL = 63
FEWEST_LABELS = 2
"""A name, and what it stands under."""

PORTS = frozenset({443, 8443})

_SPECIAL = frozenset(
    {
        "localhost",
        "localdomain",
        "local",
        "internal",
        "intranet",
        "private",
        "corp",
        "home",
        "lan",
        "arpa",
        "onion",
    }
)
"""Last labels of names that lead inside, or nowhere (RFC 6761, RFC 6762, RFC 8375, and custom)."""

_IDEOGRAPHIC_STOP = "\u3002"
"""Read as a dot by the rules of international names, as nothing by other programs."""

_UNICAST = IPv6Network("2000::/3")
"""Where IPv6 has public hosts; NAT64 and whatever else carries an IPv4 address stands outside."""

_NOT_PUBLIC = (
    IPv4Network("168.63.129.16/32"),  # Azure's metadata, in public space
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),  # a relay to IPv6
    IPv6Network("2001::/23"),  # tunnels that carry IPv4, wherever it leads, and other protocols' space
    IPv6Network("2002::/16"),
    IPv6Network("3fff::/20"),
)
"""What `ipaddress` calls global, always or in some version of Python, and is not for us."""


class UrlRefused(ValueError):
    """The address is not taken; the message says why, to the person who typed it."""


@dataclass(frozen=True, slots=True)
class Address:
    """An https URL on a public host. `host` is in lower case ASCII (a name, or an IP address without brackets)."""

    url: str
    host: str
    port: int


def address(text: str) -> Address:
    """Read a URL that a person gave, without looking anything up. Raises UrlRefused."""
    if len(text) > LONGEST_URL:
        raise UrlRefused(f"The address is longer than {LONGEST_URL} characters.")
    if any(
        c.isspace() or unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn") or c in '\\<>"^`{|}'
        for c in text
    ):
        raise UrlRefused("The address holds characters that no address has. Copy it again from your browser.")
    try:
        parts = urlsplit(text)
        port = 443 if parts.port is None else parts.port
    except ValueError as error:
        raise UrlRefused("This is no address of a page.") from error
    if parts.scheme != "https" or not text.casefold().startswith("https://"):
        raise UrlRefused("The address must begin with https://.")
    if "@" in parts.netloc:
        raise UrlRefused("The address must not hold a name or password.")
    if parts.netloc.endswith(":") or port not in PORTS:
        raise UrlRefused(f"Only the ports {', '.join(map(str, sorted(PORTS)))} are taken.")
    return Address(f"https{text[len('https') :]}", _host(parts), port)


def is_public(found: IpAddress) -> bool:
    """Whether the address is one of the internet's own, neither special nor a wrapping of another."""
    if isinstance(found, IPv6Address) and (found.scope_id or found not in _UNICAST):
        return False
    special = (
        found.is_private
        or found.is_reserved
        or found.is_multicast
        or found.is_loopback
        or found.is_link_local
    )
    return found.is_global and not special and not any(found in network for network in _NOT_PUBLIC)


def look_up(host: str, port: int) -> list[IpAddress]:
    """Every address of the name, as the system's resolver knows them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(entry[4][0])) for entry in found]


def destination(
    host: str, port: int, *, resolve: Resolve = look_up, reachable: Callable[[IpAddress], bool] = is_public
) -> IpAddress:
    """The address to connect to. Raises UrlRefused unless the host has addresses and all of them are reachable."""
    try:
        literal = _literal(host)
        found = [literal] if literal else list(resolve(host, port))
    except (OSError, ValueError) as error:
        raise UrlRefused("There is no host of this name.") from error
    if not found or not all(map(reachable, found)):
        raise UrlRefused("This host is not on the public internet.")
    return found[0]


def client(
    *,
    timeout_seconds: float,
    resolve: Resolve = look_up,
    reachable: Callable[[IpAddress], bool] = is_public,
) -> "httpx.Client":
    """An HTTP client for addresses that others chose. Every request raises UrlRefused where `address` or
    `destination` would; `timeout_seconds` holds for connecting and for each read and write.

    Proxies of the environment are not used, connections are not kept, redirects are not followed unless asked for.
    """
    import httpx

    from lodestar.pinning import PinnedTransport

    transport = PinnedTransport(
        lambda host, port: destination(host, port, resolve=resolve, reachable=reachable)
    )
    return httpx.Client(transport=transport, timeout=timeout_seconds, trust_env=False, follow_redirects=False)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "%" in parts.netloc:
        raise UrlRefused("The host's name holds characters that no name has.")
    literal = _literal(host)
    if ("[" in parts.netloc) != isinstance(literal, IPv6Address):
        raise UrlRefused("This is no host.")
    if literal is not None:
        if not is_public(literal):
            raise UrlRefused("This host is not on the public internet.")
        return str(literal)
    return _name(host)


def _literal(host: str) -> IpAddress | None:
    """The IP address, where the host is one in its usual spelling."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def _name(host: str) -> str:
    """The host's name in ASCII. What programs read in different ways is refused: numbers in any notation, final
    dots, characters that only look like others."""
    if unicodedata.normalize("NFKC", host) != host or _IDEOGRAPHIC_STOP in host:
        raise UrlRefused("The host's name holds characters that only look like others.")
    ascii_name = host if host.isascii() and "xn--" not in host else _encoded(host)
    labels = ascii_name.split(".")
    if len(labels) < FEWEST_LABELS or labels[-1] in _SPECIAL:
        raise UrlRefused("Give the host's whole name on the public internet, as www.example.org.")
    is_number = not labels[-1][:1].isalpha()
    if len(ascii_name) > LONGEST_NAME or is_number or not all(map(_is_label, labels)):
        raise UrlRefused("There is no host of this name.")
    return ascii_name


def _encoded(host: str) -> str:
    import idna

    try:
        return idna.encode(host).decode()
    except idna.IDNAError as error:
        raise UrlRefused("There is no host of this name.") from error


def _is_label(label: str) -> bool:
    """Source: RFC 1123, section 2.1; the underscore of some real hosts aside."""
    return (
        0 < len(label) <= LONGEST_LABEL
        and label.replace("-", "").replace("_", "").isalnum()
        and label.isascii()
        and not label.startswith("-")
        and not label.endswith("-")
    )
