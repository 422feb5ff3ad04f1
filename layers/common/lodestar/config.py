"""The environment, parsed once. The only shipped module that reads `os.environ`.

What stands below a setting is its line in docs/settings.md and .env.example (`make settings`).
"""

import os
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A function's settings. An empty variable counts as absent; CloudFormation cannot leave one out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    environment: Literal["local", "staging", "production"] = "local"
    """Where this runs. `local` speaks to the database without TLS."""
    service: str = "lodestar"
    """The domain, as log lines and metrics name it."""
    log_level: str = "INFO"
    """Metrics are lines of level INFO: do not go above it."""
    public_url: str = "http://localhost:8000"
    """The one origin of people and API clients; links in messages begin with it."""

    database_url: str | None = None
    """Where the application role signs in to PostgreSQL."""
    database_iam_auth: bool = False
    """Sign in by an IAM token instead of a password (ADR 3)."""
    migrator_database_url: str | None = None
    """Where migrations sign in. For the migrator only."""
    migrator_secret_arn: str | None = None
    """The secret with the migrator's name and password."""
    administrator_email: str | None = None
    """The first platform administrator, who invites everybody else."""

    aws_region: str = "us-east-1"
    """Where AWS is called; Lambda sets it."""
    aws_endpoint_url: str | None = None
    """The embedded AWS."""
    event_bus_name: str | None = None
    """The bus that events are published to."""
    media_bucket: str | None = None
    """The bucket of every file."""
    queue_prefix: str | None = None
    """How the queues' names begin that `redrive` may work on."""

    jwks_url: str | None = None
    """The keys that sign-in tokens are verified with."""
    token_issuer: str | None = None
    """Who must have issued a sign-in token."""
    user_pool_id: str | None = None
    """The Cognito user pool."""
    user_pool_client_id: str | None = None
    """The user pool's client that tokens must be made for."""

    signing_key: str | None = None
    """What links without sign-in (invitations, unsubscribing) and webhooks' secrets are derived from."""
    signing_key_secret_arn: str | None = None
    """The secret that holds it."""

    simulator_url: str | None = None
    """The simulators, which stand in for vendors that have no key."""
    use_real_external_apis: bool | None = None
    """`false` forbids real vendors whatever is set, `true` forbids simulators (ADR 8)."""
    vendor_keys_secret_arn: str | None = None
    """The secret with vendors' keys: a JSON object by these settings' names."""
    google_api_key: str | None = None
    """Google's key: Gemini is asked for real."""
    openai_api_key: str | None = None
    """OpenAI's key: it is asked for real, for text and speech."""
    openai_base_url: str | None = None
    """A server that speaks OpenAI's protocol (Ollama, vLLM)."""
    github_token: str | None = None
    """Raises GitHub's limit for reading learners' public repositories; none is needed."""
    ai_models: str | None = None
    """An ordered chain of models for a purpose, as JSON: `{"quiz": ["openai/gpt-4o-mini"]}`."""
    ai_timeout_seconds: float = 60.0
    """How long one call to a model may take."""

    marketing_per_day: int = 1
    """Marketing messages to one person in a day, at most."""
    marketing_per_week: int = 3
    """The same in seven days."""

    email_vendor: Literal["sendgrid", "ses"] = "sendgrid"
    """Who sends e-mail."""
    email_from: str = "Lodestar <no-reply@lodestar.example>"
    """Whose name e-mails bear; the vendor must have verified it."""
    sendgrid_api_key: str | None = None
    """SendGrid's key: it sends e-mails for real."""
    sendgrid_webhook_public_key: str | None = None
    """What SendGrid's Event Webhook is verified with; in the vendors' secret."""
    ses_configuration_set: str | None = None
    """By which SES tells what became of an e-mail."""
    aisensy_api_key: str | None = None
    """AiSensy's key: it sends WhatsApp messages for real."""
    aisensy_webhook_secret: str | None = None
    """What AiSensy signs its webhook with."""
    bolna_api_key: str | None = None
    """Bolna's key: it makes telephone calls for real."""
    bolna_from_number: str | None = None
    """The number that calls, in E.164; if not set, the agent's own."""

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
