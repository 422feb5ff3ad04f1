"""Google's Gemini API, v1beta: https://ai.google.dev/api"""

from simulators.gemini.app import create_app

__all__ = ["create_app"]
