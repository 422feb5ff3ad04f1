"""Which models serve which purpose, in which order, and what they charge."""

import json
from collections.abc import Sequence
from functools import cache

from pydantic import ConfigDict, TypeAdapter, ValidationError

from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.ai.errors import AiError
from lodestar.adapters.ai.port import Health, Model, Purpose
from lodestar.adapters.vendors import Vendor, VendorServer, server_of
from lodestar.config import settings

VENDOR_SETTINGS = ("GOOGLE_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "SIMULATOR_URL")

DEFAULT_CHAIN = ("gemini/gemini-2.0-flash", "gemini/gemini-flash-latest", "openai/gpt-4o-mini")
"""Gemini 2.0 Flash as the plan names it (JR-19); its successor, as vendors retire models; another vendor."""

DEFAULT_CHAINS: dict[str, tuple[str, ...]] = {
    Purpose.TRANSCRIBE: ("openai/whisper-1",),
    Purpose.SPEAK: ("openai/tts-1", "openai/gpt-4o-mini-tts"),
}

PRICES: dict[str, tuple[int, int]] = {
    "gemini-2.0-flash": (100_000, 400_000),
    "gemini-2.5-flash": (300_000, 2_500_000),
    "gpt-4o-mini": (150_000, 600_000),
    "gpt-4o": (2_500_000, 10_000_000),
}
"""Millionths of a US dollar for a million input and output tokens, as the vendors list them."""

HEALTH_TIMEOUT_SECONDS = 3.0

_Chains = TypeAdapter(dict[Purpose, list[str]], config=ConfigDict(defer_build=True))


def chain_names(purpose: Purpose) -> Sequence[str]:
    """The purpose's models as `vendor/model`, from AI_MODELS or the defaults."""
    given = settings().ai_models
    if given is not None:
        try:
            chosen = _Chains.validate_python(json.loads(given)).get(purpose)
        except (ValueError, ValidationError) as error:
            raise CapabilityNotConfigured(f"ai ({error})", settings=("AI_MODELS",)) from error
        if chosen is not None:
            return chosen
    return DEFAULT_CHAINS.get(purpose, DEFAULT_CHAIN)


def servers(purpose: Purpose) -> list[tuple[str, VendorServer]]:
    """The chain's models that the settings can reach: model name and server, in order.

    A simulator stands in only where no real vendor of the chain is configured: whoever sets a key never
    gets offline content. Raises CapabilityNotConfigured when nothing is left.
    """
    reachable: list[tuple[str, VendorServer]] = []
    for name in chain_names(purpose):
        vendor, model = _parse(name)
        server = server_of(vendor)
        if server is not None:
            reachable.append((model, server))
    real = [entry for entry in reachable if not entry[1].offline]
    if not reachable:
        raise CapabilityNotConfigured(f"ai ({purpose})", settings=VENDOR_SETTINGS)
    return real or reachable


def chain(purpose: Purpose) -> Sequence[Model]:
    """The models that serve `purpose` now, in order; raises CapabilityNotConfigured."""
    timeout = settings().ai_timeout_seconds
    return [_model(name, server, timeout) for name, server in servers(purpose)]


def health(purpose: Purpose) -> Health:
    """Ask each model of the chain in turn whether it serves (JR-42); generates nothing, costs nothing."""
    reasons: list[str] = []
    try:
        models = chain(purpose)
    except CapabilityNotConfigured as error:
        return Health(available=False, model=None, reasons=(str(error),))
    for model in models:
        try:
            model.check(timeout_seconds=HEALTH_TIMEOUT_SECONDS)
        except AiError as error:
            reasons.append(str(error))
        else:
            return Health(available=True, model=model.name, reasons=tuple(reasons))
    return Health(available=False, model=None, reasons=tuple(reasons))


def logged_name(model: str, server: VendorServer) -> str:
    """The model's name in logs and labels."""
    return f"offline-{model}" if server.offline else model


def cost_usd_micros(model: str, server: VendorServer, *, input_tokens: int, output_tokens: int) -> int | None:
    """What a call cost in millionths of a US dollar, rounded up; None where no price is known."""
    if server.offline:
        return 0
    price = PRICES.get(model)
    if price is None:
        return None
    return -(-(input_tokens * price[0] + output_tokens * price[1]) // 1_000_000)


def _parse(name: str) -> tuple[Vendor, str]:
    vendor, _, model = name.partition("/")
    if vendor == "gemini" and model:
        return "gemini", model
    if vendor == "openai" and model:
        return "openai", model
    raise CapabilityNotConfigured(f"ai (no such model as {name!r})", settings=("AI_MODELS",))


@cache
def _model(name: str, server: VendorServer, timeout_seconds: float) -> Model:
    if server.vendor == "gemini":
        from lodestar.adapters.ai.gemini import GeminiModel

        return GeminiModel(name, server=server, timeout_seconds=timeout_seconds)
    from lodestar.adapters.ai.openai import OpenAiModel

    return OpenAiModel(name, server=server, timeout_seconds=timeout_seconds)
