"""Where the local stack lives and listens. Every value has an environment variable, so that several stand side by side."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent

VENDOR_SETTINGS = {
    "GOOGLE_API_KEY": "GoogleApiKey",
    "OPENAI_API_KEY": "OpenaiApiKey",
    "OPENAI_BASE_URL": "OpenaiBaseUrl",
    "GITHUB_TOKEN": "GithubToken",
    "AI_MODELS": "AiModels",
    "AI_TIMEOUT_SECONDS": "AiTimeoutSeconds",
    "SENDGRID_API_KEY": "SendgridApiKey",
    "AISENSY_API_KEY": "AisensyApiKey",
    "AISENSY_WEBHOOK_SECRET": "AisensyWebhookSecret",
    "BOLNA_API_KEY": "BolnaApiKey",
    "BOLNA_FROM_NUMBER": "BolnaFromNumber",
    "EMAIL_VENDOR": "EmailVendor",
    "EMAIL_FROM": "EmailFrom",
    "MARKETING_PER_DAY": "MarketingPerDay",
    "MARKETING_PER_WEEK": "MarketingPerWeek",
    "USE_REAL_EXTERNAL_APIS": "UseRealExternalApis",
}
"""What the developer's environment hands to the product, by the template's parameter. A key selects its vendor."""


@dataclass(frozen=True)
class Settings:
    """The stack on this machine. What stands below a setting is its line in docs/settings.md and .env.example."""

    state_directory: Path = ROOT / ".local"
    """Where the data lives. A name of its own lets a second stack stand beside the first."""
    port: int = 8000
    """The product's address: `http://localhost:<port>`."""
    aws_port: int = 4566
    """The embedded AWS."""
    database_port: int = 54320
    """The embedded PostgreSQL."""
    simulator_port: int = 4570
    """The simulators."""
    database_url: str | None = None
    """A migrator's URL of some other PostgreSQL 18, used instead of the embedded one."""
    seeded: bool = True
    """`no` starts with nothing but the administrator, as a new installation on AWS does."""
    vendors: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> "Settings":
        default = Settings()
        return Settings(
            state_directory=Path(
                environment.get("LODESTAR_STATE_DIRECTORY") or default.state_directory
            ).resolve(),
            port=int(environment.get("LODESTAR_PORT") or default.port),
            aws_port=int(environment.get("LODESTAR_AWS_PORT") or default.aws_port),
            database_port=int(environment.get("LODESTAR_DATABASE_PORT") or default.database_port),
            simulator_port=int(environment.get("LODESTAR_SIMULATOR_PORT") or default.simulator_port),
            database_url=environment.get("LODESTAR_DATABASE_URL") or None,
            seeded=environment.get("LODESTAR_SEEDED", "yes") == "yes",
            vendors={name: environment[name] for name in VENDOR_SETTINGS if environment.get(name)},
        )

    def environment(self) -> dict[str, str]:
        """What `from_environment` reads these settings back from."""
        return {
            "LODESTAR_STATE_DIRECTORY": str(self.state_directory),
            "LODESTAR_PORT": str(self.port),
            "LODESTAR_AWS_PORT": str(self.aws_port),
            "LODESTAR_DATABASE_PORT": str(self.database_port),
            "LODESTAR_SIMULATOR_PORT": str(self.simulator_port),
            "LODESTAR_DATABASE_URL": self.database_url or "",
            "LODESTAR_SEEDED": "yes" if self.seeded else "no",
            **self.vendors,
        }

    @property
    def public_url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def aws_directory(self) -> Path:
        return self.state_directory / "aws"

    @property
    def database_directory(self) -> Path:
        return self.state_directory / "postgres"

    @property
    def outputs_file(self) -> Path:
        """The root stack's outputs, as of the last deployment."""
        return self.state_directory / "outputs.json"
