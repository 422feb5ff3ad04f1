"""Keeps the stack's servers running: starts what is missing, starts again what died, stops all of them."""

import json
import signal
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

from local.processes import end_of, is_alive, stop

_START_SECONDS = 60
_TRIES_IN_A_ROW = 5


class CannotRun(Exception):
    """Something that the person at the keyboard can put right; the message says how."""


@dataclass(frozen=True)
class Service:
    """A server of the stack. `setting` names the environment variable that moves its port."""

    name: str
    port: int
    setting: str
    log: Path
    start: Callable[[], int]
    is_ready: Callable[[], bool]
    politely: signal.Signals = signal.SIGTERM


class Supervisor:
    """Owns the services' processes. To be used from one thread, which outlives them."""

    def __init__(self, services: Iterable[Service], *, records: Path, say: Callable[[str], None]) -> None:
        self._services = list(services)
        self._records = records
        self._say = say
        self._pids: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        """In the order in which they start."""
        return [service.name for service in self._services]

    def start(self) -> None:
        """Start all at once and wait until each answers. CannotRun when a port is taken or one does not start."""
        self._records.mkdir(parents=True, exist_ok=True)
        for service in self._services:
            self._stop_left_over(service)
        for service in self._services:
            _require_free_port(service)
        for service in self._services:
            self._launch(service)
        for service in self._services:
            self._await(service)

    def start_again_what_died(self) -> list[str]:
        """Names of the services that had ended and answer again."""
        dead = [service for service in self._services if not self._is_running(service)]
        for service in dead:
            self._say(f"{service.name} has ended unexpectedly; starting it again (its log: {service.log})")
            self._launch(service)
            self._await(service)
        return [service.name for service in dead]

    def stop(self) -> None:
        """Last started, first stopped."""
        for service in reversed(self._services):
            pid = self._pids.pop(service.name, None)
            if pid is not None:
                stop(pid, politely=service.politely, seconds=15)
            self._record_of(service).unlink(missing_ok=True)

    def _launch(self, service: Service) -> None:
        pid = service.start()
        self._pids[service.name] = pid
        record = {"pid": pid, "created": psutil.Process(pid).create_time()}
        draft = self._record_of(service).with_suffix(".draft")
        draft.write_text(json.dumps(record))
        draft.replace(self._record_of(service))  # who reads it meanwhile finds all of the old or of the new

    def _await(self, service: Service) -> None:
        deadline = time.monotonic() + _START_SECONDS
        tries = 1
        while not service.is_ready():
            if not self._is_running(service):
                if tries == _TRIES_IN_A_ROW:
                    raise CannotRun(
                        f"{service.name} does not start; its log ends with:\n{end_of(service.log)}"
                    )
                tries += 1
                self._launch(service)
            if time.monotonic() > deadline:
                raise CannotRun(f"{service.name} does not answer; its log ends with:\n{end_of(service.log)}")
            time.sleep(0.1)

    def _is_running(self, service: Service) -> bool:
        return is_alive(self._pids[service.name])

    def _record_of(self, service: Service) -> Path:
        return self._records / f"{service.name.replace(' ', '-').lower()}.json"

    def _stop_left_over(self, service: Service) -> None:
        """End what a supervisor that was killed could not take with it."""
        record = self._record_of(service)
        if not record.exists():
            return
        known = json.loads(record.read_text())
        if is_alive(known["pid"]) and psutil.Process(known["pid"]).create_time() == known["created"]:
            self._say(f"{service.name} was left over by a run that was killed; ending it first")
            stop(known["pid"], politely=service.politely, seconds=15)


def _require_free_port(service: Service) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", service.port))
        except OSError as problem:
            raise CannotRun(
                f"port {service.port}, which {service.name} needs, is in use{_user_of(service.port)}; "
                f"end that program, or choose another port: {service.setting}={service.port + 1} make run"
            ) from problem


def _user_of(port: int) -> str:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:  # macOS tells only root
        return ""
    for connection in connections:
        listens = connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        if listens and connection.pid:
            return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    return ""
