"""SDK clients of the stack's embedded AWS, kept: each holds a connection."""

from typing import Any

from local import deploy
from local.stack import Stack

_clients: dict[tuple[int, str], Any] = {}


def client(stack: Stack, service: str) -> Any:
    """A client as the account's root."""
    key = (stack.settings.aws_port, service)
    if key not in _clients:
        _clients[key] = deploy.client(stack.settings, service)
    return _clients[key]
