"""Workers are born with the libraries loaded: one process imports what every function stands on, and forks.

26 cold starts took 20.4 s on two cores without it, and take 2.8 s; and sixty workers share those libraries' memory.
Nothing of the product is loaded before the fork, so a deployment or an environment variable needs no restart.
Linux only; elsewhere each worker is a process of its own, as upstream has it.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from typing import IO, Any, NoReturn

LIBRARIES = (
    "fastapi", "mangum", "httpx", "jwt", "uuid6", "aws_lambda_powertools", "botocore.auth", "botocore.handlers",
    "sqlalchemy.orm", "sqlalchemy.dialects.postgresql.pg8000", "pg8000.dbapi", "cryptography.hazmat.primitives.asymmetric.rsa",
)  # fmt: skip
AVAILABLE = hasattr(os, "pidfd_open")
_LARGEST_REQUEST = 1024 * 1024


class Worker:
    """A forked child, with as much of subprocess.Popen as the emulator uses. It is reaped by the nursery."""

    def __init__(self, pid: int, *, stdin: IO[str], stdout: IO[str], stderr: IO[str]) -> None:
        self.pid, self.stdin, self.stdout, self.stderr = pid, stdin, stdout, stderr
        self.returncode: int | None = None
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle, self.returncode = -1, 1

    def poll(self) -> int | None:
        """None while it runs; what it ended with is not known, and nobody asks."""
        if self.returncode is None and self._has_ended(0):
            self._note_end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """TimeoutExpired when it still runs after `timeout` seconds."""
        if self.returncode is None:
            if not self._has_ended(timeout):
                raise subprocess.TimeoutExpired("worker", timeout or 0)
            self._note_end()
        assert self.returncode is not None
        return self.returncode

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def _has_ended(self, seconds: float | None) -> bool:
        """Within `seconds`. By poll(2): a busy emulator's descriptors go beyond what select(2) takes, 1023."""
        ended = select.poll()
        ended.register(self._handle, select.POLLIN)
        return bool(ended.poll(None if seconds is None else seconds * 1000))

    def _note_end(self) -> None:
        self.returncode = 1
        os.close(self._handle)


class Nursery:
    """The emulator's side: asks for workers."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._lock = threading.Lock()
        with theirs:
            command = [sys.executable, "-m", "local.nursery", str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])

    def fork(self, script: str, *, directory: str, environment: Mapping[str, str]) -> Worker:
        """A worker that runs `script`, with pipes to us. OSError when the nursery has ended."""
        request = json.dumps({"script": script, "directory": directory, "environment": dict(environment)})
        (their_in, our_in), (our_out, their_out), (our_err, their_err) = os.pipe(), os.pipe(), os.pipe()
        theirs = [their_in, their_out, their_err]
        try:
            with self._lock:
                socket.send_fds(self._line, [request.encode()], theirs)
                pid = int(self._line.recv(32) or 0)
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        if not pid:
            raise ConnectionResetError("the nursery has ended")
        out, err = os.fdopen(our_out), os.fdopen(our_err)
        return Worker(pid, stdin=os.fdopen(our_in, "w", buffering=1), stdout=out, stderr=err)


def serve(line: socket.socket) -> None:
    """Fork a worker for each request, until the emulator hangs up."""
    for library in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(library)
    gc.collect()
    gc.freeze()  # or the first collection of each worker would copy the shared memory
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    while True:
        request, descriptors, _, _ = socket.recv_fds(line, _LARGEST_REQUEST, 3)
        if not request:
            return
        pid = os.fork()
        if pid == 0:
            line.close()
            _work(json.loads(request), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        line.send(str(pid).encode())


def _work(request: Mapping[str, Any], descriptors: Sequence[int]) -> NoReturn:
    """What `python script` does, in a process that is there already."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, descriptor in enumerate(descriptors):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(request["directory"])
        os.environ.clear()
        os.environ.update(request["environment"])
        sys.modules.pop("local", None)
        script = request["script"]
        sys.argv, sys.path[0] = [script], os.path.dirname(script)
        runpy.run_path(script, run_name="__main__")
        status = 0
    except Exception:  # noqa: BLE001 - as an interpreter does: print it and end
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
