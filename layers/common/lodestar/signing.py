"""Tokens that need no row: derived from the deployment's signing key, what they are for, and what they name.

Whoever has the key can make them again, so that none is stored anywhere; whoever has one can make no other.
"""

import base64
import hashlib
import hmac
from functools import cache

from lodestar.config import settings

SHORTEST_KEY = 32


@cache
def _key() -> bytes:
    given = settings()
    if given.signing_key is None and given.signing_key_secret_arn is not None:
        from lodestar import aws

        secret = {"SecretId": given.signing_key_secret_arn}
        key = str(aws.call("secretsmanager", "secretsmanager.GetSecretValue", secret)["SecretString"])
    else:
        key = given.need("signing_key")
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"SIGNING_KEY has fewer than {SHORTEST_KEY} characters.")
    return key.encode()


def signature(purpose: str, *parts: bytes) -> bytes:
    """32 bytes that only the key's holder can make, for this purpose and these parts, whose borders count."""
    message = b"".join(len(part).to_bytes(4) + part for part in (purpose.encode(), *parts))
    return hmac.digest(_key(), message, hashlib.sha256)


def token(purpose: str, *parts: bytes) -> str:
    """`signature` as text for an address: 43 characters of base64url."""
    return base64.urlsafe_b64encode(signature(purpose, *parts)).rstrip(b"=").decode()


def sealed(purpose: str, content: bytes) -> str:
    """`content`, readable by anybody, with half a signature: text for an address that `unsealed` takes."""
    return base64.urlsafe_b64encode(content + signature(purpose, content)[:16]).rstrip(b"=").decode()


def unsealed(purpose: str, text: str) -> bytes | None:
    """The content of a `sealed` text of the same purpose; None of anything else."""
    try:
        whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    content, seal = whole[:-16], whole[-16:]
    return content if hmac.compare_digest(signature(purpose, content)[:16], seal) else None
