"""The shared stack."""

from tests.stack.fixtures import running, served

__all__ = ["running", "served"]
