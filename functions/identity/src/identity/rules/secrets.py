"""One-time tokens and API keys: random, shown once, kept as a hash."""

import hashlib
import secrets

API_KEY_PREFIX = "lsk_"
SHOWN_CHARACTERS = 8
RANDOM_BYTES = 32
"""256 bits: a plain SHA-256 is enough, there is nothing to guess."""


def new_token() -> str:
    """A token for a link."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def new_api_key() -> str:
    """`lsk_` and 256 random bits."""
    return API_KEY_PREFIX + new_token()


def shown_prefix(key: str) -> str:
    """The beginning by which a person recognizes a key in a list."""
    return key[: len(API_KEY_PREFIX) + SHOWN_CHARACTERS]


def hash_of(secret: str) -> str:
    """What is kept of a token or key: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()
