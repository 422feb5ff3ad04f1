"""Servers that refuse root are run by root all the same, wherever the checkout lies.

The mistake this caught: a clone in `mktemp -d`, which only root may enter, could not start PostgreSQL, whose initdb
asks access(2) about its own program, and access(2) knows no capabilities.
"""

import os
import subprocess
from pathlib import Path

import pytest

from local.processes import Disguise, disguise, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to hide")


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A program in a directory that only root may enter, which fails as root or unless it reaches itself."""
    directory = tmp_path / "private"
    directory.mkdir(mode=0o700)
    program = directory / "server"
    program.write_text(
        '#!/bin/sh\n[ "$(id -u)" != 0 ] && [ -x "$0" ] && echo here > "$(dirname "$0")/data"\n'
    )
    program.chmod(0o755)
    return program


def test_a_private_checkout_runs_in_a_namespace(private: Path) -> None:
    assert disguise(private) is Disguise.NAMESPACE
    run([str(private)], disguised=disguise(private))
    assert (private.parent / "data").read_text() == "here\n"
    assert (private.parent / "data").stat().st_uid == 0


@pytest.mark.parametrize("wrong", [None, Disguise.NOBODY])
def test_without_it_the_program_is_root_or_out_of_reach(private: Path, wrong: Disguise | None) -> None:
    with pytest.raises((subprocess.CalledProcessError, PermissionError)):
        run([str(private)], disguised=wrong)


def test_a_public_checkout_runs_as_nobody() -> None:
    assert disguise(Path("/usr/bin/env")) is Disguise.NOBODY
