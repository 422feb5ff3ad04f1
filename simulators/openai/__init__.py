"""OpenAI's API, v1: https://platform.openai.com/docs/api-reference"""

from simulators.openai.app import create_app

__all__ = ["create_app"]
