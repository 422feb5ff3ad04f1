"""Which server stands behind a vendor's name: the vendor's own when its key is set, else its simulator."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Literal

from lodestar.config import settings

Vendor = Literal["gemini", "openai"]

KEY_SETTINGS: dict[str, str] = {"gemini": "google_api_key", "openai": "openai_api_key"}


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
    base_url = given.openai_base_url if vendor == "openai" else None
    key = vendor_key(KEY_SETTINGS[vendor])
    if key is not None or base_url is not None:
        return VendorServer(vendor=vendor, base_url=base_url, api_key=key or "none", offline=False)
    if given.simulator_url is not None:
        base_url = f"{given.simulator_url.rstrip('/')}/{vendor}"
        if vendor == "openai":
            base_url += "/v1"
        return VendorServer(vendor=vendor, base_url=base_url, api_key="simulator", offline=True)
    return None


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
