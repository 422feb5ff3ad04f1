"""`make audit-chain FILE=audit-log.jsonl`: is an exported audit log what was recorded? Needs no network and no database.

`--head SEQUENCE:HASH` is a head that was noted before, in another place: with it also a log that was cut off, or
written anew, is found. Exit status 0 when the chain holds, 1 when it is broken, 2 when the file is no audit log.
"""

import argparse
import sys
from pathlib import Path

from identity.rules.audit_chain import Head
from identity.rules.audit_files import NoAuditLog, verify_lines

WORDS = {
    "changed": "is not what was recorded, or does not follow the one before it",
    "missing": "is missing from its place",
    "added": "does not belong there",
}


def main(arguments: list[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="audit-chain", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--head", type=_head, help="SEQUENCE:HASH, noted before")
    given = parser.parse_args(arguments)
    try:
        with given.file.open(encoding="utf-8") as lines:
            org_id, promised, verdict = verify_lines(lines, noted=given.head)
    except (NoAuditLog, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{given.file}: {error}\n")
        return 2
    sequence, hash_ = verdict.head
    if verdict.broken:
        first = verdict.broken
        sys.stdout.write(f"BROKEN at entry {first.sequence}, which {WORDS[first.what]}.\n")
        sys.stdout.write(f"Before it hold: {sequence}. The file promises: {promised[0]}.\n")
        return 1
    sys.stdout.write(
        f"The chain of organization {org_id} holds: {sequence} entries, head {sequence}:{hash_}\n"
    )
    return 0


def _head(text: str) -> Head:
    sequence, _, hash_ = text.partition(":")
    if not sequence.isdecimal() or not hash_:
        raise argparse.ArgumentTypeError("as in 41:5f1e...")
    return int(sequence), hash_


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
