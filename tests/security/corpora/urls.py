"""Addresses that lead inside, each in the spellings by which filters are passed; and addresses that people need."""

from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from itertools import product

from lodestar.outbound import IpAddress
from tests.proof import generator

PUBLIC = "93.184.215.14"
INSIDE = (
    "127.0.0.1", "127.8.4.2", "0.0.0.0", "10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.9.9", "192.168.0.1",
    "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "198.18.0.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "192.0.0.192", "192.0.2.1", "168.63.129.16",
)  # fmt: skip
INSIDE_V6 = (
    "::1", "::", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "fe80::1", "fe80::1%25eth0", "fec0::1",
    "fc00::1", "fd00:ec2::254", "fd12:3456::1", "ff02::1", "100::1", "2001:db8::1", "3fff::1", "::ffff:0:127.0.0.1",
)  # fmt: skip
INSIDE_NAMES = (
    "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "x.localhost", "ip6-localhost", "metadata",
    "metadata.google.internal", "METADATA.google.internal.", "instance-data.ec2.internal", "metadata.azure.internal",
    "kubernetes.default.svc.cluster.local", "host.docker.internal", "router.lan", "db",
    "intranet.corp", "printer.local", "nas.home.arpa", "lodestar-simulators",
)  # fmt: skip
REBOUND = {
    "127.0.0.1.nip.io": "127.0.0.1", "7f000001.nip.io": "127.0.0.1", "localtest.me": "127.0.0.1",
    "lvh.me": "127.0.0.1", "169.254.169.254.nip.io": "169.254.169.254", "a9fea9fe.sslip.io": "169.254.169.254",
    "spoofed.burpcollaborator.net": "127.0.0.1", "customer1.app.localhost.my.company.127.0.0.1.nip.io": "127.0.0.1",
    "inside.evil.example": "10.0.0.1", "six.evil.example": "::1", "mapped.evil.example": "::ffff:169.254.169.254",
    "linklocal.evil.example": "fe80::1%2", "nat64.evil.example": "64:ff9b::a9fe:a9fe", "zero.evil.example": "0.0.0.0",
    "kubernetes.default.svc": "10.96.0.1",
}  # fmt: skip
"""Names that are spelt like any other, and what they resolve to."""

GOOD = "www.example.org"
SCHEMES = (
    "http",
    "file",
    "gopher",
    "ftp",
    "dict",
    "ldap",
    "tftp",
    "jar",
    "data",
    "javascript",
    "ws",
    "netdoc",
    "sftp",
)
DOTS = "。．｡"
DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
CIRCLED = str.maketrans("0123456789abcdefghijklmnopqrstuvwxyz", "⓪①②③④⑤⑥⑦⑧⑨ⓐⓑⓒⓓⓔⓕⓖⓗⓘⓙⓚⓛⓜⓝⓞⓟⓠⓡⓢⓣⓤⓥⓦⓧⓨⓩ")


SLOPPY = (" https://www.example.org/ ", "https://www.example.org:/", "https://example。org/")
"""Refused as they stand, and harmless where a library spells them anew before they are read."""


def spellings(address: str) -> Iterator[str]:
    """One IPv4 address as decimal, octal, hexadecimal, shortened, mixed, escaped, wide and dotted otherwise."""
    number = int(IPv4Address(address))
    first, *_, last = octets = [int(octet) for octet in address.split(".")]
    yield from (address, str(number), hex(number), f"0{number:o}", f"0x{number:08X}")
    yield ".".join(f"0{octet:o}" for octet in octets)
    yield ".".join(hex(octet) for octet in octets)
    yield ".".join(f"{octet:03}" for octet in octets)
    yield f"{hex(first)}.{number & 0xFFFFFF}"
    yield f"{first}.{octets[1]}.{number & 0xFFFF}"
    yield f"0{first:o}.{octets[1]}.{octets[2]}.{hex(last)}"
    yield f"{number + 2**32}"
    yield f"{address}."
    yield "".join(f"%{ord(c):02x}" for c in address)
    yield address.translate(DIGITS)
    yield address.translate(CIRCLED)
    yield from (address.replace(".", dot) for dot in DOTS)
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    yield f"[::{address}]"
    yield f"[64:ff9b::{address}]"


def _literals() -> Iterator[str]:
    yield from (f"https://{host}/latest/meta-data/" for inside in INSIDE for host in spellings(inside))
    yield from (f"https://[{inside}]/" for inside in INSIDE_V6)
    yield from (f"https://{name}/" for name in INSIDE_NAMES)
    yield from (f"https://{name.translate(CIRCLED)}/" for name in ("localhost", "metadata.google.internal"))
    yield from (
        f"https://{host}{port}/"
        for host, port in product(("127.0.0.1", "localhost"), (":9001", ":443", ":0"))
    )


def _other_schemes() -> Iterator[str]:
    yield from (f"{scheme}://{GOOD}/" for scheme in SCHEMES)
    yield from (f"{scheme}:{rest}" for scheme in SCHEMES for rest in ("/etc/passwd", "//127.0.0.1:9001/x"))
    yield "file:///etc/passwd"
    yield from ("//127.0.0.1/", "127.0.0.1:9001", "https:/127.0.0.1/", "https:127.0.0.1", "https://")


def _two_hosts() -> Iterator[str]:
    """Where one parser reads one host, and another parser the other."""
    yield from (f"https://user:secret@{GOOD}/", f"https://{GOOD}@127.0.0.1/", f"https://127.0.0.1@{GOOD}/")
    yield from (f"https://{GOOD}:80@127.0.0.1:9001/", f"https://{GOOD}%40127.0.0.1/")
    yield from (f"https://127.0.0.1\\@{GOOD}/", f"https://{GOOD}\\@127.0.0.1/")
    yield from (f"https://127.0.0.1\\.{GOOD}/", f"https://{GOOD}\\.127.0.0.1/")
    yield from (f"https://127.0.0.1#@{GOOD}/", f"https://127.0.0.1?@{GOOD}/", f"https://127.0.0.1/@{GOOD}")


def _control_characters() -> Iterator[str]:
    yield from (f"https://{GOOD}\t.127.0.0.1/", f"https://127.0.0.1\n/{GOOD}", f"ht\ntps://{GOOD}/")
    yield from (f"https://{GOOD}\x00.127.0.0.1/", f"https://{GOOD}/\r\nHost: 127.0.0.1")
    yield from (f"https://{GOOD}%00/", f"https://{GOOD}%0d%0a/")


def _ports() -> Iterator[str]:
    ports = (0, 21, 22, 25, 80, 2375, 3306, 5432, 6379, 9001, 9200, 65535, 65536, -1, "x")
    yield from (f"https://{GOOD}:{port}/" for port in ports)


def _malformed_hosts() -> Iterator[str]:
    yield from (f"https://{GOOD}./", f"https://.{GOOD}/", "https://example..org/")
    yield from ("https://-a.example.org/", "https://a-.example.org/")
    yield from ("https://[::1/", "https://::1/", "https://[127.0.0.1]/", "https://[v1.x]/")
    yield from ("https://[::1]@example.org/", "https://[]/")
    yield from (f"https://{'a' * 64}.org/", f"https://{'a.' * 130}org/")


def _letters() -> Iterator[str]:
    """Unicode that another reader would fold, drop, or turn around."""
    yield from ("https://еxample.org\u200b/", "https://exa\u00admple.org/", "https://ｅxample.org/")
    yield from ("https://xn--.org/", "https://xn--a.example.org/", "https://a\u2044b.example.org/")
    yield from ("https://example.org\u2024com/", "https://exam℀ple.org/", "https://example.org\u202e/")
    yield from ("https://ⅼocalhost.org/", "https://ß\u0301\u0301.\u0301org/")


def _lengths() -> Iterator[str]:
    yield from (f"https://{GOOD}/{'a' * 2_000}", f"https://{GOOD}/?next={'x' * 100_000}")


TRICKS = (_other_schemes, _two_hosts, _control_characters, _ports, _malformed_hosts, _letters, _lengths)


def attacks() -> list[str]:
    """Every address that is refused without being looked up."""
    every = list(dict.fromkeys([*_literals(), *(url for family in TRICKS for url in family())]))
    generator("urls").shuffle(every)
    return every


def rebound() -> list[str]:
    """Addresses of which only the resolver knows that they lead inside."""
    return [f"https://{name}/" for name in REBOUND]


def resolve(host: str, _port: int) -> list[IpAddress]:
    """The resolver of a hostile internet: REBOUND leads inside, everything else to one public address."""
    return [ip_address(REBOUND.get(host.lower().rstrip("."), PUBLIC))]


def good() -> list[str]:
    """Addresses that people give, odd and legal ones among them."""
    hosts = (
        "example.org", "www.example.org", "EXAMPLE.org", "a.b.c.d.example.co.uk", "xn--mnchen-3ya.example", "münchen.example",
        "日本語.example", "1password.com", "127.example.org", "localhost.example.org", "internal.example.org", "10.0.0.1.example.org",
        "my_bucket.s3.amazonaws.com", "93.184.215.14", "[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", f"{'a' * 63}.example.org",
    )  # fmt: skip
    paths = ("", "/", "/a/b.html?x=1&y=2#part", "/%7Euser/%E2%82%AC", "/@someone/post", "/größe")
    yours = [f"https://{host}{path}" for host, path in product(hosts, paths)]
    yours += [
        "https://example.org:443/",
        "https://example.org:8443/hook",
        "HTTPS://Example.org/",
        "https://example.org?x=1",
    ]
    yours += [
        "https://example.org#top",
        f"https://example.org/{'a' * 1_900}",
        "https://example.org/?u=http://127.0.0.1:9001/",
    ]
    return yours


def good_repositories() -> list[str]:
    """Repositories as people name them."""
    random = generator("repositories")
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    names = [
        "a",
        "x" * 100,
        "hello-world",
        "hello_world",
        "site.github.io",
        ".github",
        "dotfiles.",
        "A-b_c.d",
        "0",
        "_",
    ]
    names += [
        "".join(random.choices(letters + "-_.", k=random.randrange(3, 30))).strip(".") + "x"
        for _ in range(20)
    ]
    owners = ["octocat", "a", "a" * 39, "A-1", "0x7f", "sample-learner"]
    forms = (
        "https://github.com/{}/{}",
        "https://github.com/{}/{}.git",
        "https://www.github.com/{}/{}/",
        " HTTPS://GitHub.com/{}/{} ",
    )
    pairs = zip(product(owners, names), forms * 100, strict=False)
    return [form.format(owner, name) for (owner, name), form in pairs]
