"""`python -m tests.journeys.admin_tour`: the blocks of docs/guides/admin-api.md in one shell, against `make run`."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.settings import ROOT, Settings

GUIDE = ROOT / "docs" / "guides" / "admin-api.md"
MARK = "@@ block "
END = "@@ end"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
KEPT = (
    "KEY_ID", "TOUR", "PROGRAM", "ENROLLMENT", "ATTEMPT", "APPEAL", "LEARNER", "BACKGROUND", "LESSON", "FILES", "HEAD",
)  # fmt: skip
"""What the shell knows in the end and a test asks for."""
SECONDS = 1200


class TourStopped(Exception):
    """A block of the guide failed."""


@dataclass(frozen=True)
class Toured:
    """What each block printed, in order, and what the shell's variables held in the end."""

    said: tuple[str, ...]
    kept: Mapping[str, str]


def blocks(guide: Path = GUIDE) -> list[str]:
    """The shell's part of the guide."""
    return BLOCK.findall(guide.read_text())


def script(found: list[str]) -> str:
    """One program, that says which block it has come to and stops at the first that fails."""
    marked = [f"echo '{MARK}{number}'\n{block}" for number, block in enumerate(found)]
    kept = [f"printf '%s=%s\\n' {name} \"${name}\"" for name in KEPT]
    return "\n".join(["set -eu", "ORG=", *marked, f"echo '{END}'", *kept, ""])


def run(settings: Settings, say: Callable[[str], None] = print) -> Toured:
    """Take the tour. Raises `TourStopped`, which shows the block that failed and what it said."""
    found = blocks()
    environment = {**os.environ, **settings.environment(), "URL": settings.public_url}
    shell = subprocess.Popen(
        ["sh", "-c", script(found)],
        cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    parts: list[list[str]] = []
    ended = False
    assert shell.stdout is not None
    for line in map(str.rstrip, shell.stdout):
        if line.startswith(MARK) or line == END:
            parts.append([])
            ended = line == END
        elif parts:
            parts[-1].append(line)
            if not ended:
                say(line)
    if shell.wait(SECONDS) or not ended:
        said = "\n".join(parts[-1] if parts else [])
        raise TourStopped(f"{found[len(parts) - 1]}\nsaid:\n{said}")
    *said_by_block, kept = parts
    return Toured(
        tuple("\n".join(lines) for lines in said_by_block), dict(line.split("=", 1) for line in kept)
    )


def main() -> int:
    """Exit status 0 when every block did what it says."""
    try:
        run(Settings.from_environment())
    except TourStopped as stopped:
        sys.stderr.write(f"The tour ends here:\n{stopped}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
