"""Child processes that end with us, without root's rights where they need none."""

import ctypes
import os
import pwd
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


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


class Disguise(Enum):
    """How a server that refuses to run as root is run by root."""

    NOBODY = "nobody"
    """As the account `nobody`, which owns its files."""
    NAMESPACE = "namespace"
    """As root under another number, in a user namespace of its own: where a checkout lies in a directory that only
    root may enter, `nobody` cannot reach the server's program."""


def disguise(*paths: Path) -> Disguise | None:
    """What a server with these files needs; None when we are not root."""
    if os.geteuid() != 0:
        return None
    entered = {parent for path in paths for parent in path.resolve().parents}
    open_to_all = all(parent.stat().st_mode & stat.S_IXOTH for parent in entered)
    return Disguise.NOBODY if open_to_all else Disguise.NAMESPACE


def give(path: Path, to: Disguise | None) -> None:
    """Make `path` the disguised server's own."""
    if to is Disguise.NOBODY:
        account = pwd.getpwnam("nobody")
        os.chown(path, account.pw_uid, account.pw_gid)


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    disguised: Disguise | None = None,
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
                disguised=disguised, at_our_death=at_our_death
            ),
        )


def run(command: Sequence[str], *, disguised: Disguise | None) -> None:
    """Run `command` to its end; CalledProcessError carries what it printed."""
    prepare = _prepare_child(disguised=disguised, at_our_death=signal.SIGKILL)
    subprocess.run(list(command), check=True, capture_output=True, text=True, cwd="/", preexec_fn=prepare)


def _prepare_child(*, disguised: Disguise | None, at_our_death: signal.Signals | None) -> Callable[[], None]:
    account = pwd.getpwnam("nobody")
    # Loaded before the fork: between fork and exec only what is already in memory is safe.
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if disguised is Disguise.NOBODY:
            os.setgroups([])
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        if disguised is Disguise.NAMESPACE and libc is not None:
            _enter_user_namespace(account, libc)
        if libc is not None and at_our_death is not None:
            libc.prctl(_PR_SET_PDEATHSIG, int(at_our_death), 0, 0, 0)  # last: a change of uid clears it

    return prepare


def _enter_user_namespace(account: pwd.struct_passwd, libc: ctypes.CDLL) -> None:
    """From inside, root is `account`; from outside, and for every file, it is still root."""
    if libc.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "this kernel gives root no user namespace")
    for file, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{account.pw_uid} 0 1"),
        ("gid_map", f"{account.pw_gid} 0 1"),
    ):
        descriptor = os.open(f"/proc/self/{file}", os.O_WRONLY)
        os.write(descriptor, line.encode())
        os.close(descriptor)
