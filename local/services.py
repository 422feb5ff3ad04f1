"""The four servers of the stack."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from local import aws, postgres
from local.processes import spawn
from local.settings import ROOT, Settings
from local.supervisor import Service

AWS = "the embedded AWS"
SIMULATED_PACE = {"SIMULATOR_TIME_FACTOR": "0.1"}
"""Ten times as fast as in the world, unless the environment says otherwise: a call of two minutes takes 12 seconds."""
CALLING_MESSAGING = ("sendgrid", "aisensy", "bolna")


def services(settings: Settings) -> list[Service]:
    """In the order in which they start. No database when LODESTAR_DATABASE_URL names one."""
    servers = [_database(settings)] if settings.database_url is None else []
    return [*servers, _simulators(settings), _aws(settings), _proxy(settings)]


def _database(settings: Settings) -> Service:
    return Service(
        name="PostgreSQL",
        port=settings.database_port,
        setting="LODESTAR_DATABASE_PORT",
        log=settings.database_directory / "postgres.log",
        start=lambda: postgres.start(settings.database_directory, port=settings.database_port).pid,
        is_ready=lambda: postgres.find(settings.database_directory) is not None,
        politely=signal.SIGINT,
    )


def _aws(settings: Settings) -> Service:
    return Service(
        name=AWS,
        port=settings.aws_port,
        setting="LODESTAR_AWS_PORT",
        log=settings.aws_directory / "aws.log",
        start=lambda: aws.start(settings.aws_directory, port=settings.aws_port).pid,
        is_ready=lambda: aws.is_ready(settings.aws_port),
    )


def _simulators(settings: Settings) -> Service:
    """The vendors' stand-ins; what was sent to them is kept beside their log."""
    directory = settings.state_directory / "simulators"
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / "simulators.log"

    def start() -> int:
        environment = {
            **SIMULATED_PACE,
            "SIMULATOR_WEBHOOKS": json.dumps(_webhooks(settings)),
            **os.environ,
            "SIMULATOR_STATE_DIRECTORY": str(directory),
        }
        return _serve("simulators.app:app", settings.simulator_port, log=log, environment=environment).pid

    return Service(
        name="the simulators",
        port=settings.simulator_port,
        setting="LODESTAR_SIMULATOR_PORT",
        log=log,
        start=start,
        is_ready=lambda: _answers(f"{settings.simulator_url}/_control"),
    )


def _webhooks(settings: Settings) -> dict[str, str]:
    """Where the simulated vendors tell what became of messages: the product's own origin."""
    origin = f"http://127.0.0.1:{settings.port}"
    return {vendor: f"{origin}/v1/messaging/webhooks/{vendor}" for vendor in CALLING_MESSAGING}


def _proxy(settings: Settings) -> Service:
    log = settings.state_directory / "proxy.log"

    def start() -> int:
        environment = {**os.environ, **settings.environment(), "PYTHONPATH": str(ROOT / "layers" / "common")}
        return _serve("local.proxy:app", settings.port, log=log, environment=environment).pid

    return Service(
        name="the proxy",
        port=settings.port,
        setting="LODESTAR_PORT",
        log=log,
        start=start,
        is_ready=lambda: _answers(f"http://127.0.0.1:{settings.port}/docs"),
    )


def _serve(app: str, port: int, *, log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port)]
    options = ["--no-access-log", "--timeout-graceful-shutdown", "5"]
    return spawn([*command, *options], log=log, environment=environment, directory=ROOT)


def _answers(url: str) -> bool:
    """Any answer will do."""
    try:
        httpx.get(url, timeout=2)
    except httpx.HTTPError:
        return False
    return True
