"""lodestar.outbound over a real connection: to the address that was checked, under the name that was asked for."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lodestar import outbound
from lodestar.outbound import UrlRefused

NAME = "hooks.example.org"
LOOPBACK = ip_address("127.0.0.1")


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """Key and certificate for NAME, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file


class Receiver(BaseHTTPRequestHandler):
    """Tells which Host it was asked for, and what it was sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("x-host", self.headers["host"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test asserts."""


@pytest.fixture
def port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server on the loopback with a certificate for NAME that the client trusts."""
    key, certificate = a_certificate(tmp_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    monkeypatch.setattr(outbound, "PORTS", frozenset({server.server_port}))
    yield server.server_port
    server.shutdown()
    server.server_close()


def local_client() -> httpx.Client:
    """A client to which the loopback is a public address."""
    return outbound.client(
        timeout_seconds=5, resolve=lambda _host, _port: [LOOPBACK], reachable=lambda found: found == LOOPBACK
    )


def test_a_request_reaches_the_checked_address_under_its_own_name(port: int) -> None:
    with local_client() as client:
        answer = client.post(
            f"https://{NAME}:{port}/hook", content=b"told", headers={"host": "other.example.org"}
        )
    assert (answer.status_code, answer.content) == (200, b"told")
    assert answer.headers["x-host"] == f"{NAME}:{port}"
    assert str(answer.request.url) == f"https://{NAME}:{port}/hook"


def test_a_certificate_for_another_name_is_not_trusted(port: int) -> None:
    with local_client() as client, pytest.raises(httpx.ConnectError, match="certificate"):
        client.post(f"https://other.example.org:{port}/hook")


def test_the_loopback_is_refused_without_a_connection(port: int) -> None:
    with (
        outbound.client(timeout_seconds=5, resolve=lambda _host, _port: [LOOPBACK]) as client,
        pytest.raises(UrlRefused, match="not on the public internet"),
    ):
        client.post(f"https://{NAME}:{port}/hook")


@pytest.mark.parametrize(
    ("found", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::ffff:93.184.215.14", False),
        ("64:ff9b::5db8:d70e", False),
        ("fd00:ec2::254", False),
        ("2002:5db8:d70e::1", False),
    ],
)
def test_an_address_is_public_or_not(found: str, public: bool) -> None:
    assert outbound.is_public(ip_address(found)) is public


def test_an_address_is_told_as_it_will_be_asked_for() -> None:
    assert outbound.address("https://münchen.example:8443/a").host == "xn--mnchen-3ya.example"
    assert outbound.address("https://[2606:2800:21F::1]/").host == "2606:2800:21f::1"
    assert outbound.address("HTTPS://Example.org/A").url == "https://Example.org/A"
    assert outbound.address("https://Example.org").port == 443


def test_a_refusal_is_fit_for_the_person_who_typed_it() -> None:
    with pytest.raises(UrlRefused, match=r"must begin with https://"):
        outbound.address("http://example.org/")
