"""Which server stands behind a vendor's name: the vendor's own when its key is set, else its simulator."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Literal

from lodestar.adapters import CapabilityNotConfigured
from lodestar.config import settings

Vendor = Literal["gemini", "openai", "sendgrid", "aisensy", "bolna"]

KEY_SETTINGS: dict[Vendor, str] = {
    "gemini": "google_api_key",
    "openai": "openai_api_key",
    "sendgrid": "sendgrid_api_key",
    "aisensy": "aisensy_api_key",
    "bolna": "bolna_api_key",
}

_BASE_URLS: dict[Vendor, str] = {
    "sendgrid": "https://api.sendgrid.com",
    "aisensy": "https://backend.aisensy.com",
    "bolna": "https://api.bolna.ai",
}
"""Of the vendors that have no SDK which knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorServer:
    """Where to send a vendor's requests. `base_url` None means the SDK's own default."""

    vendor: Vendor
    base_url: str | None
    api_key: str
    offline: bool


def server_of(vendor: Vendor) -> VendorServer | None:
    """The server that the settings choose for `vendor`; None when they choose none.

    `OPENAI_BASE_URL` names an OpenAI-compatible server (Ollama, vLLM), which may need no key.
    """
    given = settings()
    base_url = given.openai_base_url if vendor == "openai" else _BASE_URLS.get(vendor)
    key = vendor_key(KEY_SETTINGS[vendor])
    is_named = vendor == "openai" and base_url is not None
    if may_be_real() and (key is not None or is_named):
        return VendorServer(vendor=vendor, base_url=base_url, api_key=key or "none", offline=False)
    simulators = simulators_url()
    if simulators is not None:
        base_url = f"{simulators}/{vendor}"
        if vendor == "openai":
            base_url += "/v1"
        return VendorServer(vendor=vendor, base_url=base_url, api_key="simulator", offline=True)
    return None


def must_serve(capability: str, vendor: Vendor) -> VendorServer:
    """`server_of`; raises CapabilityNotConfigured where the settings choose none."""
    server = server_of(vendor)
    if server is None:
        raise CapabilityNotConfigured(capability, settings=(KEY_SETTINGS[vendor].upper(), "SIMULATOR_URL"))
    return server


def may_be_real() -> bool:
    """Whether a vendor may be reached at all (docs/adr/0008-real-vendors-by-key-with-one-guard.md)."""
    return settings().use_real_external_apis is not False


def simulators_url() -> str | None:
    """Where the simulators are, without a final slash; None where there are none or the settings forbid them."""
    given = settings()
    if given.simulator_url is None or given.use_real_external_apis is True:
        return None
    return given.simulator_url.rstrip("/")


def vendor_key(name: str) -> str | None:
    """A vendor's key: from the setting of that name, else from the secret VENDOR_KEYS_SECRET_ARN names.

    The secret is one JSON object with the settings' names as keys; it is read once a process.
    """
    given = settings()
    value: str | None = getattr(given, name)
    if value is not None or given.vendor_keys_secret_arn is None:
        return value
    secret = _secret(given.vendor_keys_secret_arn)
    return secret.get(name) or None


@cache
def _secret(arn: str) -> dict[str, str]:
    from lodestar import aws

    answer = aws.call("secretsmanager", "secretsmanager.GetSecretValue", {"SecretId": arn})
    parsed = json.loads(answer["SecretString"])
    return {str(name): str(value) for name, value in parsed.items() if value}
