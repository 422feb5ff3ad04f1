"""`make run`: servers, deployment, migration, seed data; then watch over them until told to stop."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType

import yaml
from botocore.exceptions import BotoCoreError, ClientError

from local.databases import logins
from local.deploy import ADMINISTRATOR_EMAIL, ADMINISTRATOR_PASSWORD, deploy
from local.processes import NeverHappened, wait_until
from local.services import AWS, services
from local.settings import ROOT, Settings
from local.stack import START_SECONDS, announce_ready, is_ready, is_running, records, sole_supervisor
from local.supervisor import CannotRun, Supervisor

WATCH_SECONDS = 0.5
SEED = ROOT / "local" / "seed"

Say = Callable[[str], None]


class Stopped(Exception):
    """A signal asked for the end."""


def narrator() -> Say:
    """Prints what happens, with the seconds since now."""
    started = time.monotonic()

    def say(message: str) -> None:
        print(f"[{time.monotonic() - started:6.1f} s] {message}", flush=True)

    return say


def run(settings: Settings) -> None:
    """Returns after Ctrl-C or SIGTERM, when all has ended. CannotRun tells what stands in the way.

    While another process runs this stack already, only bring it up to date with the sources.
    """
    say = narrator()
    with sole_supervisor(settings) as alone:
        if not alone:
            _bring_up_to_date(settings, say)
            return
        supervisor = Supervisor(services(settings), records=records(settings), say=say)
        try:
            with _first_signal_as_stopped():
                _serve(settings, supervisor, say)
        except Stopped:
            say(f"Stopping; the data stays in {settings.state_directory}")
        finally:
            supervisor.stop()


def _serve(settings: Settings, supervisor: Supervisor, say: Say) -> None:
    say(f"Starting {', '.join(supervisor.names)}")
    supervisor.start()
    _deploy_and_seed(settings, say)
    announce_ready(settings)
    _announce(settings, say)
    say("Ctrl-C stops everything")
    while True:
        time.sleep(WATCH_SECONDS)
        restarted = supervisor.start_again_what_died()
        if AWS in restarted:
            _deploy_again(settings, say)
        if restarted:
            say(f"ready again: {settings.public_url}")


def _deploy_again(settings: Settings, say: Say) -> None:
    """What the last snapshot before the end did not hold. A failure is told; what runs goes on."""
    try:
        _deploy_and_seed(settings, say)
    except (CannotRun, BotoCoreError, ClientError) as reason:
        say(f"Not deployed again: {reason}")


def _bring_up_to_date(settings: Settings, say: Say) -> None:
    say("The stack runs already; bringing it up to date")
    try:
        wait_until(
            lambda: is_ready(settings) or not is_running(settings),
            seconds=START_SECONDS,
            what="the start of the other process",
        )
    except NeverHappened as never:
        raise CannotRun(str(never)) from never
    _deploy_and_seed(settings, say)
    _announce(settings, say)


def _deploy_and_seed(settings: Settings, say: Say) -> None:
    outputs = deploy(settings, say=say)
    if settings.seeded:
        _seed(settings, say, pool=outputs["UserPoolId"])


def _seed(settings: Settings, say: Say, *, pool: str) -> None:
    """Not again while the content, the database and the user pool are those of the last time."""
    digest = hashlib.sha256(f"{pool} {logins(settings).application}".encode())
    for file in sorted(path for path in SEED.rglob("*") if path.is_file() and path.suffix != ".pyc"):
        digest.update(file.read_bytes())
    seeded = settings.state_directory / "seeded"
    if seeded.exists() and seeded.read_text() == digest.hexdigest():
        return
    say("Seeding over HTTP")
    environment = {**os.environ, **settings.environment(), "PYTHONPATH": str(ROOT / "layers" / "common")}
    ended = subprocess.run([sys.executable, "-m", "local.seed"], cwd=ROOT, env=environment, check=False)
    if ended.returncode != 0:
        raise CannotRun("the seed data could not be written; the reason stands above")
    seeded.write_text(digest.hexdigest())


def _announce(settings: Settings, say: Say) -> None:
    say(f"ready: {settings.public_url}")
    lines = [
        ("documentation", f"{settings.public_url}/docs"),
        ("embedded AWS", f"http://localhost:{settings.aws_port}"),
        ("database", logins(settings).migrator),
        (f"sign in with {ADMINISTRATOR_PASSWORD} as", f"{ADMINISTRATOR_EMAIL} (platform_admin)"),
        *(("", person) for person in _people() if settings.seeded),
    ]
    print("".join(f"{'':11}{what:33} {value}\n" for what, value in lines), end="", flush=True)


def _people() -> list[str]:
    """The first seeded person of each role."""
    organizations = yaml.safe_load((SEED / "content" / "institution.yaml").read_text())["organizations"]
    members = [member for organization in organizations for member in organization["members"]]
    by_role = {member["role"]: member["email"] for member in reversed(members)}
    return [f"{email} ({role})" for role, email in reversed(by_role.items())]


@contextlib.contextmanager
def _first_signal_as_stopped() -> Iterator[None]:
    """The second Ctrl-C of an impatient person does not interrupt the stopping."""
    asked: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        asked.append(number)
        if len(asked) == 1:
            raise Stopped

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    yield
