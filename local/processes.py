"""Child processes that end with us, without root's rights where they need none."""

import contextlib
import ctypes
import os
import pwd
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP = 28, 1 << 2
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522
_FREE = range(20_000, 30_000)
_LONGEST_END = 20_000


class NeverHappened(Exception):
    """What was awaited did not come before its deadline."""


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str, every: float = 0.05) -> None:
    """Return as soon as `condition` holds; NeverHappened, naming `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NeverHappened(f"{what} did not happen within {seconds:.0f} s")
        time.sleep(every)


def is_alive(pid: int) -> bool:
    """A zombie is dead: it only waits for a parent that may never ask."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def stop(pid: int, *, politely: signal.Signals, seconds: float) -> None:
    """Ask every second (some servers miss the first), then kill; returns when it has ended."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        _signal(pid, politely if time.monotonic() < deadline else signal.SIGKILL)
        try:
            wait_until(lambda: not is_alive(pid), seconds=1, what="the end of a process")
        except NeverHappened:
            continue


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on.

    They lie below those which the kernel gives to whoever asks for any, a client or `bind(0)`: such a one would take
    them before their server starts.
    """
    with contextlib.ExitStack() as held:
        found: list[int] = []
        for port in random.sample(_FREE, len(_FREE)):
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                found.append(port)
            if len(found) == count:
                break
        return found


def free_port() -> int:
    """One of `free_ports`."""
    (port,) = free_ports(1)
    return port


def nobody() -> pwd.struct_passwd | None:
    """The account that servers which refuse root run under, when we are root; else None."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    unprivileged: bool = False,
    at_our_death: signal.Signals | None = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own (Ctrl-C reaches only us), its output appended to `log`.

    `at_our_death` is what the kernel sends it when the thread that called this ends; None detaches it.
    The kernel's promise exists on Linux only.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            cwd=directory,
            start_new_session=True,
            preexec_fn=_prepare_child(  # noqa: PLW1509 - it makes system calls only
                unprivileged=unprivileged, at_our_death=at_our_death
            ),
        )


def end_of(log: Path, *, lines: int = 25) -> str:
    """Its last lines, for a message to whoever cannot open it: a test's directory is gone when its report is read."""
    if not log.exists():
        return "(nothing)"
    with log.open("rb") as stream:
        stream.seek(max(0, os.path.getsize(log) - _LONGEST_END))
        return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])


def run_unprivileged(command: Sequence[str]) -> None:
    """Run `command` to its end as `nobody` when root; CalledProcessError carries what it printed."""
    prepare = _prepare_child(unprivileged=True, at_our_death=signal.SIGKILL)
    subprocess.run(list(command), check=True, capture_output=True, text=True, cwd="/", preexec_fn=prepare)


def _prepare_child(*, unprivileged: bool, at_our_death: signal.Signals | None) -> Callable[[], None]:
    account = nobody() if unprivileged else None
    # Loaded before the fork: between fork and exec only what is already in memory is safe.
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if account is not None:
            _become(account, libc)
        if libc is not None and at_our_death is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(at_our_death), 0, 0, 0)  # last: a change of uid clears it

    return prepare


def _become(account: pwd.struct_passwd, libc: ctypes.CDLL | None) -> None:
    """Drop root for `account`, keeping only the right to walk a checkout that lies where only root may enter.

    The secure bit lets access(2), by which initdb looks for its own program, know of that right too.
    """
    if libc is not None:
        libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    if libc is not None:
        kept = 1 << _CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        libc.capset(header, (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0))
        libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)
