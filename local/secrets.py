"""Passwords made once for this machine and kept beside the data they open."""

import json
import os
import secrets
from pathlib import Path


def password(directory: Path, user: str) -> str:
    """The password of `user`, made at the first call; the file is readable by its owner alone."""
    file = directory / "passwords.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if user not in known:
        directory.mkdir(parents=True, exist_ok=True)
        known[user] = secrets.token_urlsafe(24)
        _replace(file, json.dumps(known, indent=2))
    return known[user]


def _replace(file: Path, text: str) -> None:
    draft = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as output:
        output.write(text)
    draft.replace(file)
