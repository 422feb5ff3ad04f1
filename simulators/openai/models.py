"""Which models there are."""

from typing import Any

from simulators.control import Control
from simulators.openai.errors import ApiError

VENDOR = "openai"
MODELS = ("gpt-4o-mini", "gpt-4o", "whisper-1", "gpt-4o-transcribe", "tts-1", "gpt-4o-mini-tts")


def must_serve(control: Control, model: str) -> None:
    """Raise the vendor's 404 for a model it does not have."""
    if control.orders[VENDOR].scenario == "retired" or model not in MODELS:
        message = f"The model `{model}` does not exist or you do not have access to it."
        raise ApiError(404, message, code="model_not_found")


def described(name: str) -> dict[str, Any]:
    """A model as the API lists it."""
    return {"id": name, "object": "model", "created": 1721172741, "owned_by": "system"}
