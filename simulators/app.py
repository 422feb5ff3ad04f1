"""All simulated vendors on one port: /gemini, /openai, /github, and /_control, /_sent, /_health for us."""

import os
import tempfile
from pathlib import Path

from fastapi import FastAPI

from simulators import gemini, github, openai
from simulators.control import Control, control_router
from simulators.journal import Journal, sent_router


def create_app(state_directory: Path) -> FastAPI:
    """The simulators with their state in `state_directory`, seeded where it is empty."""
    control, journal = Control(), Journal()
    repositories = github.Repositories(state_directory / "github")
    github.seed(repositories)

    app = FastAPI(title="Simulated vendors")
    app.include_router(github.repositories_router(repositories))
    app.include_router(control_router(control))
    app.include_router(sent_router(journal))
    app.mount("/gemini", gemini.create_app(control, journal, state_directory / "gemini"))
    app.mount("/openai", openai.create_app(control, journal))
    app.mount("/github", github.create_app(control, journal, repositories))

    @app.get("/_health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _state_directory() -> Path:
    named = os.environ.get("SIMULATOR_STATE_DIRECTORY")
    return Path(named) if named else Path(tempfile.mkdtemp(prefix="simulators-"))


def __getattr__(name: str) -> FastAPI:
    """`uvicorn simulators.app:app` makes the app when it asks for it; importing this module makes nothing."""
    if name == "app":
        return create_app(_state_directory())
    raise AttributeError(name)
