"""/_inbox: what was sent to people on every channel, for the person who tries the product."""

from simulators.inbox.app import inbox_router

__all__ = ["inbox_router"]
