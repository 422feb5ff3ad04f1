"""Which speech models serve, in which order: the AI registry's chains for these purposes."""

from collections.abc import Sequence
from functools import cache

from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.ai.port import Purpose
from lodestar.adapters.ai.registry import servers
from lodestar.adapters.speech.port import SpeechModel
from lodestar.adapters.vendors import VendorServer
from lodestar.config import settings


def chain(purpose: Purpose) -> Sequence[SpeechModel]:
    """The speech models that serve `purpose` now, in order; raises CapabilityNotConfigured."""
    timeout = settings().ai_timeout_seconds
    found = [(name, server) for name, server in servers(purpose) if server.vendor == "openai"]
    if not found:
        raise CapabilityNotConfigured(
            f"speech ({purpose})", settings=("OPENAI_API_KEY", "OPENAI_BASE_URL", "SIMULATOR_URL")
        )
    return [_model(name, server, timeout) for name, server in found]


@cache
def _model(name: str, server: VendorServer, timeout_seconds: float) -> SpeechModel:
    from lodestar.adapters.speech.openai import OpenAiSpeech

    return OpenAiSpeech(name, server=server, timeout_seconds=timeout_seconds)
