"""A user pool of the test's own making: it signs whatever a test wants signed."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from backbone import tokens
from lodestar.config import settings

ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_test"


@cache
def a_key(name: str) -> RSAPrivateKey:
    """The key of this name, made once a run."""
    del name
    return generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class UserPool:
    """The pool's keys by id, how often they were read, whether they can be, and how much later it is now."""

    client_id: str
    keys: dict[str, RSAPrivateKey] = field(default_factory=lambda: {"first": a_key("first")})
    reads: int = 0
    down: bool = False
    later_seconds: float = 0

    def document(self) -> bytes:
        rsa = jwt.algorithms.RSAAlgorithm
        found = [
            {**rsa.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "RS256"}
            for kid, key in self.keys.items()
        ]
        return json.dumps({"keys": found}).encode()

    def claims(self, subject: str, **changes: Any) -> dict[str, Any]:
        """An access token's claims; a change to None leaves one out."""
        now = int(time.time())
        usual = {
            "sub": subject,
            "iss": ISSUER,
            "client_id": self.client_id,
            "token_use": "access",
            "iat": now,
            "exp": now + 3600,
        }
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    def token(self, subject: str, *, headers: dict[str, Any] | None = None, **changes: Any) -> str:
        """A token with the pool's good signature."""
        given = {"kid": "first", **(headers or {})}
        return jwt.encode(
            self.claims(subject, **changes), self.keys["first"], algorithm="RS256", headers=given
        )

    def id_token(self, subject: str, email: str, *, verified: bool = True) -> str:
        """An ID token, which says whose address it is."""
        return self.token(
            subject,
            token_use="id",
            client_id=None,
            aud=self.client_id,
            email=email,
            email_verified=verified,
        )


@pytest.fixture
def pool(product: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[UserPool]:
    """The pool that the authorizer trusts, its keys served over HTTP."""
    made = UserPool(settings().need("user_pool_client_id"))

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.reads += 1
            body = made.document()
            self.send_response(503 if made.down else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("JWKS_URL", f"http://127.0.0.1:{server.server_port}/keys")
    monkeypatch.setenv("TOKEN_ISSUER", ISSUER)
    monkeypatch.setattr(
        tokens, "signing_keys", tokens.SigningKeys(seconds=lambda: time.monotonic() + made.later_seconds)
    )
    settings.cache_clear()
    yield made
    server.shutdown()
    server.server_close()
    monkeypatch.undo()
    settings.cache_clear()
