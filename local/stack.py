"""The local stack as one thing: run it, start it beside, stop it, remove it."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local import aws
from local.databases import Logins, logins
from local.processes import NeverHappened, end_of, free_ports, is_alive, spawn, stop, wait_until
from local.settings import ROOT, VENDOR_SETTINGS, Settings
from local.supervisor import CannotRun

START_SECONDS = 420


@dataclass(frozen=True)
class Stack:
    """A running stack, as a test or a script uses it."""

    settings: Settings

    @property
    def url(self) -> str:
        """The one origin of the product."""
        return self.settings.public_url

    @property
    def databases(self) -> Logins:
        return logins(self.settings)

    def outputs(self) -> dict[str, str]:
        """The root CloudFormation stack's outputs."""
        values: dict[str, str] = json.loads(self.settings.outputs_file.read_text())
        return values

    def credentials(self) -> dict[str, str]:
        """The environment in which an SDK speaks to the embedded AWS."""
        return aws.credentials(self.settings.aws_directory, port=self.settings.aws_port)

    def pid_of(self, service: str) -> int:
        """The process of `postgresql`, `the-embedded-aws`, `the-simulators` or `the-proxy`, to kill it in a test."""
        record = json.loads((records(self.settings) / f"{service}.json").read_text())
        pid: int = record["pid"]
        return pid

    def stop(self) -> None:
        """Returns when all has ended."""
        pid = running_pid(self.settings)
        if pid is not None:
            stop(pid, politely=signal.SIGTERM, seconds=60)


def records(settings: Settings) -> Path:
    """Where the supervisor notes which processes are its own."""
    return settings.state_directory / "run"


def announce_ready(settings: Settings) -> None:
    """Called by the process that runs the stack, once the product answers."""
    _ready_file(settings).write_text(str(os.getpid()))


def is_ready(settings: Settings) -> bool:
    """Whether the process that runs the stack has announced it: a killed one leaves its note behind."""
    try:
        return int(_ready_file(settings).read_text()) == running_pid(settings)
    except (FileNotFoundError, ValueError):
        return False


def _ready_file(settings: Settings) -> Path:
    return settings.state_directory / "ready"


@contextlib.contextmanager
def sole_supervisor(settings: Settings) -> Iterator[bool]:
    """True for the one who may run the stack of this directory; False while another does."""
    settings.state_directory.mkdir(parents=True, exist_ok=True)
    with (settings.state_directory / "supervisor.pid").open("a+") as file:
        try:  # whoever asks for `running_pid` holds the lock for an instant
            wait_until(lambda: _lock(file), seconds=0.5, what="the lock", every=0.1)
        except NeverHappened:
            yield False
            return
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield True


def running_pid(settings: Settings) -> int | None:
    """The process that runs the stack of this directory, if one does."""
    try:
        with (settings.state_directory / "supervisor.pid").open("r+") as file:
            if _lock(file):
                return None
            return int(file.read())
    except FileNotFoundError:
        return None


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def start(settings: Settings, *, detached: bool = True) -> Stack:
    """Run the stack in a process of its own and return when it is ready, its log copied to our output.

    Not `detached`, it ends when the thread that called this does. CannotRun tells why there is none.
    """
    log = settings.state_directory / "stack.log"
    settings.state_directory.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    own = {name: value for name, value in os.environ.items() if name not in VENDOR_SETTINGS}
    child = spawn(
        [sys.executable, "-u", "-m", "local", "run"],
        log=log,
        environment={**own, **settings.environment()},
        directory=ROOT,
        at_our_death=None if detached else signal.SIGTERM,
    )
    _follow(child, log, settings)
    return Stack(settings)


def _follow(child: subprocess.Popen[bytes], log: Path, settings: Settings) -> None:
    deadline = time.monotonic() + START_SECONDS
    with log.open() as lines:
        while True:
            # Another process's stack is ready all the time; what we started brings it up to date and ends.
            status, ready = child.poll(), is_ready(settings) and running_pid(settings) == child.pid
            sys.stdout.write(lines.read())
            sys.stdout.flush()
            if status == 0 or (status is None and ready):
                return
            if status is not None:
                raise CannotRun(f"the stack did not start; {log} ends with:\n{end_of(log)}")
            if time.monotonic() > deadline:
                stop(child.pid, politely=signal.SIGTERM, seconds=30)
                raise CannotRun(
                    f"the stack was not ready within {START_SECONDS} s; {log} ends with:\n{end_of(log)}"
                )
            time.sleep(0.1)


@contextlib.contextmanager
def running(
    state_directory: Path,
    *,
    ports: Sequence[int] | None = None,
    seeded: bool = True,
    vendors: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """A stack of its own beside any other, for a test: `ports` are the proxy's, AWS', database's and simulators'."""
    port, aws_port, database_port, simulator_port = ports or free_ports(4)
    settings = Settings(
        state_directory=state_directory.resolve(),
        port=port,
        aws_port=aws_port,
        database_port=database_port,
        simulator_port=simulator_port,
        seeded=seeded,
        vendors=vendors or {},
    )
    stack = start(settings, detached=False)
    try:
        yield stack
    finally:
        stack.stop()


def clean(settings: Settings) -> None:
    """Stop the stack and remove every trace of it: database, files, users."""
    Stack(settings).stop()
    shutil.rmtree(settings.state_directory, ignore_errors=True)


def is_running(settings: Settings) -> bool:
    pid = running_pid(settings)
    return pid is not None and is_alive(pid)
