"""Servers that refuse root are run by root all the same, wherever the checkout lies.

The mistake this caught: a clone in `mktemp -d`, which only root may enter, could not start PostgreSQL, whose initdb
asks access(2) about its own program, and access(2) knows no capabilities.
"""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import run_unprivileged

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to hide")


PROGRAM = """
import os, pathlib, sys
if os.getuid() == 0:
    sys.exit("run as root")
if not os.access(__file__, os.X_OK):
    sys.exit("out of its own reach")
pathlib.Path(__file__).with_name("data").write_text("here")
"""


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A program in a directory that only root may enter, which fails as root or unless it reaches itself."""
    directory = tmp_path / "private"
    directory.mkdir(mode=0o700)
    program = directory / "server"
    program.write_text(f"#!{sys.executable}\n{PROGRAM}")
    program.chmod(0o755)
    return program


def test_a_private_checkout_runs_without_root(private: Path) -> None:
    run_unprivileged([str(private)])
    data = private.parent / "data"
    assert data.read_text() == "here"
    assert data.stat().st_uid == pwd.getpwnam("nobody").pw_uid


def test_nothing_else_of_root_is_kept(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run_unprivileged(["chown", "root", str(tmp_path)])


def test_as_root_the_program_would_refuse(private: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        subprocess.run([str(private)], check=True)
