"""A layer's requirements and all that they require, each pinned with its hashes as the root's lock has it.

    python pins.py ../../requirements.lock requirements.txt [less.txt] -- --platform manylinux_2_28_aarch64 ...

What `less.txt` requires is left out: another layer carries it. pip resolves (it takes no hashes while a requirement
is unpinned); the lock gives versions and hashes.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PINNED = re.compile(r"^\S+?==[^\s\\]+(?: ; [^\\\n]+)?", re.MULTILINE)


def canonical(name: str) -> str:
    """PEP 503's form of a project's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    """The lock's entries by name, hashes included."""
    entries = re.split(r"^(?=\S+?==)", lock, flags=re.MULTILINE)[1:]
    return {canonical(entry.partition("==")[0]): entry for entry in entries}


def resolved(requirements: str, *, lock: str, options: list[str]) -> set[str]:
    """The names of everything that pip would install, at the lock's versions."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write("\n".join(PINNED.findall(lock)) + "\n")
        constraints.flush()
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--dry-run",
            "--ignore-installed",
            "--report",
            "-",
        ]
        command = [*pip, "--target", "none", "--only-binary", ":all:", *options, "-c", constraints.name]
        report = subprocess.run([*command, "-r", requirements], check=True, stdout=subprocess.PIPE).stdout  # noqa: S603 - the Makefile's own arguments
    return {canonical(item["metadata"]["name"]) for item in json.loads(report)["install"]}


def main() -> None:
    """Print the pinned requirements."""
    divider = sys.argv.index("--")
    (lock_path, requirements, *less), options = sys.argv[1:divider], sys.argv[divider + 1 :]
    lock = Path(lock_path).read_text()
    entries = locked(lock)
    names = resolved(requirements, lock=lock, options=options)
    for other in less:
        names -= resolved(other, lock=lock, options=options)
    missing = sorted(name for name in names if name not in entries)
    if missing:
        sys.exit(f"Not in {lock_path}: {', '.join(missing)}. `make lock` locks what pyproject.toml names.")
    sys.stdout.writelines(entries[name] for name in sorted(names))


if __name__ == "__main__":
    main()
