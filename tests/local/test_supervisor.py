"""local/supervisor.py and local/settings.py, with plain web servers in the place of the stack's."""

import json
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.processes import free_port, is_alive, spawn, wait_until
from local.settings import Settings
from local.supervisor import CannotRun, Service, Supervisor


def web_server(directory: Path, *, port: int) -> Service:
    """A service that answers any GET."""
    log = directory / "web.log"

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/").is_success
        except httpx.HTTPError:
            return False

    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    return Service(
        name="The web server",
        port=port,
        setting="LODESTAR_WEB_PORT",
        log=log,
        start=lambda: spawn(command, log=log, directory=directory).pid,
        is_ready=answers,
    )


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor([web_server(tmp_path, port=free_port())], records=tmp_path / "run", say=said.append)
    yield made
    made.stop()


def pid(directory: Path) -> int:
    record = json.loads((directory / "run" / "the-web-server.json").read_text())
    return int(record["pid"])


def test_what_died_is_started_again_and_said(tmp_path: Path, supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start()
    first = pid(tmp_path)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: not is_alive(first), seconds=5, what="its death")
    assert supervisor.start_again_what_died() == ["The web server"]
    assert pid(tmp_path) != first
    assert "The web server has ended unexpectedly" in said[0]
    assert supervisor.start_again_what_died() == []


def test_a_busy_port_is_refused_with_the_setting_that_moves_it(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        supervisor = Supervisor([web_server(tmp_path, port=port)], records=tmp_path / "run", say=print)
        with pytest.raises(CannotRun) as refusal:
            supervisor.start()
    assert f"port {port}" in str(refusal.value)
    assert f"LODESTAR_WEB_PORT={port + 1}" in str(refusal.value)
    assert f"process {os.getpid()}" in str(refusal.value)


def test_a_server_that_cannot_start_is_told_with_its_log(tmp_path: Path) -> None:
    log = tmp_path / "broken.log"
    broken = Service(
        name="Broken",
        port=free_port(),
        setting="LODESTAR_BROKEN_PORT",
        log=log,
        start=lambda: spawn([sys.executable, "-c", "raise SystemExit('no luck')"], log=log).pid,
        is_ready=lambda: False,
    )
    with pytest.raises(CannotRun, match="no luck"):
        Supervisor([broken], records=tmp_path / "run", say=print).start()


def test_what_a_killed_supervisor_left_is_ended_first(
    tmp_path: Path, supervisor: Supervisor, said: list[str]
) -> None:
    supervisor.start()
    left_over = pid(tmp_path)
    port = supervisor._services[0].port
    successor = Supervisor([web_server(tmp_path, port=port)], records=tmp_path / "run", say=said.append)
    successor.start()
    assert not is_alive(left_over)
    assert "left over" in said[0]
    successor.stop()


def test_stopping_ends_the_processes(tmp_path: Path, supervisor: Supervisor) -> None:
    supervisor.start()
    started = pid(tmp_path)
    supervisor.stop()
    assert not is_alive(started)


def test_settings_pass_through_the_environment(tmp_path: Path) -> None:
    beside = Settings(
        state_directory=tmp_path,
        port=8100,
        aws_port=4600,
        database_port=5500,
        simulator_port=4700,
        database_url="postgresql://other/db",
        seeded=False,
        vendors={"OPENAI_API_KEY": "sk"},
    )
    assert Settings.from_environment(beside.environment()) == beside


def test_defaults_stand_where_nothing_is_set() -> None:
    assert Settings.from_environment({}) == Settings()
