"""Bolna's calls and executions: https://www.bolna.ai/docs/api-reference/introduction"""

from simulators.bolna.app import create_app

__all__ = ["create_app"]
