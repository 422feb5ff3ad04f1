"""The environment, parsed once. The only shipped module that reads `os.environ`."""

import os
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A function's settings. An empty variable counts as absent; CloudFormation cannot leave one out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    environment: Literal["local", "staging", "production"] = "local"
    service: str = "lodestar"
    log_level: str = "INFO"
    public_url: str = "http://localhost:8000"

    database_url: str | None = None
    database_iam_auth: bool = False
    migrator_database_url: str | None = None
    migrator_secret_arn: str | None = None
    administrator_email: str | None = None

    aws_region: str = "us-east-1"
    aws_endpoint_url: str | None = None
    event_bus_name: str | None = None
    media_bucket: str | None = None
    queue_prefix: str | None = None
    storage_public_url: str | None = None

    jwks_url: str | None = None
    token_issuer: str | None = None
    user_pool_id: str | None = None
    user_pool_client_id: str | None = None

    signing_key: str | None = None
    signing_key_secret_arn: str | None = None

    simulator_url: str | None = None
    use_real_external_apis: bool | None = None
    vendor_keys_secret_arn: str | None = None
    google_api_key: str | None = None
    openai_api_key: str | None = None
    openai_base_url: str | None = None
    github_token: str | None = None
    ai_models: str | None = None
    ai_timeout_seconds: float = 60.0

    marketing_per_day: int = 1
    marketing_per_week: int = 3

    email_vendor: Literal["sendgrid", "ses"] = "sendgrid"
    email_from: str = "Lodestar <no-reply@lodestar.example>"
    sendgrid_api_key: str | None = None
    sendgrid_webhook_public_key: str | None = None
    ses_configuration_set: str | None = None
    aisensy_api_key: str | None = None
    aisensy_webhook_secret: str | None = None
    bolna_api_key: str | None = None
    bolna_from_number: str | None = None

    def need(self, name: str) -> str:
        """The setting's value; a setting that this function cannot do without names itself when missing."""
        value = getattr(self, name)
        if value is None:
            raise MissingSetting(name)
        return str(value)


class MissingSetting(RuntimeError):
    """A setting that a capability needs is not set."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The setting {name.upper()} is not set.")


@cache
def settings() -> Settings:
    """The process's settings. Tests that change the environment call `settings.cache_clear()`."""
    return Settings.model_validate({name.lower(): value for name, value in os.environ.items() if value})
