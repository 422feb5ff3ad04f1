"""local/nursery.py: workers are watched whatever the number of open files."""

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.nursery import AVAILABLE, Nursery

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="Linux only")
BEYOND_SELECT = 1100


@pytest.fixture
def many_open_files() -> Iterator[None]:
    """As in an emulator with many workers and callers: the next descriptor is beyond what select(2) takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * BEYOND_SELECT), hard))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(BEYOND_SELECT)]
    yield
    for descriptor in opened:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("many_open_files")
def test_a_worker_is_watched_beyond_a_thousand_open_files(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text("import sys\nprint(sys.stdin.readline(), flush=True)\nsys.stdin.readline()\n")
    worker = Nursery().fork(str(script), directory=str(tmp_path), environment={})
    worker.stdin.write("hello\n")
    assert worker.stdout.readline() == "hello\n"
    assert worker.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(timeout=0.01)
    os.kill(worker.pid, signal.SIGKILL)
    assert worker.wait(timeout=5) is not None
