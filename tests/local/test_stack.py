"""The whole local stack, beside any other: it serves, heals after `kill -9` of anything, and ends without a trace."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest

from local import stack as local_stack
from local.client import Client, Refused
from local.deploy import ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD
from local.processes import is_alive, wait_until
from local.settings import ROOT, Settings
from local.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.slow]
SERVICES = ("postgresql", "the-embedded-aws", "the-simulators", "the-proxy")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with local_stack.running(tmp_path_factory.mktemp("stack"), seeded=False) as started:
        yield started


def administrator_s_organizations(stack: Stack) -> list[str]:
    client = Client(stack.url).sign_in(ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD)
    return [organization["id"] for organization in client.get("/v1/identity/organizations")["data"]]


def answers(stack: Stack) -> bool:
    """Sign-in, authorizer, function and database, one after the other."""
    try:
        return bool(administrator_s_organizations(stack))
    except (Refused, httpx.HTTPError):
        return False


def run_again(settings: Settings) -> subprocess.CompletedProcess[str]:
    """`make run` in another terminal."""
    environment = {**os.environ, **settings.environment()}
    command = [sys.executable, "-m", "local", "run"]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_administrator_is_served(stack: Stack) -> None:
    assert len(administrator_s_organizations(stack)) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_server_comes_back_with_its_data(stack: Stack, service: str) -> None:
    before, killed = administrator_s_organizations(stack), stack.pid_of(service)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: stack.pid_of(service) != killed, seconds=60, what="its restart")
    wait_until(lambda: answers(stack), seconds=60, what="an answer", every=0.5)
    assert administrator_s_organizations(stack) == before


def test_a_second_run_uses_what_runs(stack: Stack) -> None:
    pids = [stack.pid_of(service) for service in SERVICES]
    again = run_again(stack.settings)
    assert again.returncode == 0, again.stderr
    assert "runs already" in again.stdout
    assert "Sources are unchanged" in again.stdout
    assert [stack.pid_of(service) for service in SERVICES] == pids


def test_a_busy_port_is_refused(stack: Stack, tmp_path: Path) -> None:
    refused = run_again(replace(stack.settings, state_directory=tmp_path))
    assert refused.returncode == 1
    assert f"port {stack.settings.database_port}" in refused.stderr
    assert "LODESTAR_DATABASE_PORT=" in refused.stderr


def test_after_a_kill_of_the_whole_it_starts_with_the_same_data(stack: Stack) -> None:
    before, supervisor = administrator_s_organizations(stack), local_stack.running_pid(stack.settings)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: local_stack.running_pid(stack.settings) is None, seconds=10, what="its death")
    local_stack.start(stack.settings, detached=False)
    assert administrator_s_organizations(stack) == before


def test_stopping_leaves_no_process(stack: Stack) -> None:
    supervisor = local_stack.running_pid(stack.settings)
    assert supervisor is not None
    family = [supervisor, *(child.pid for child in psutil.Process(supervisor).children(recursive=True))]
    assert len(family) > len(SERVICES)
    stack.stop()
    wait_until(lambda: not any(map(is_alive, family)), seconds=10, what="end of all processes")
    assert not local_stack.is_running(stack.settings)
