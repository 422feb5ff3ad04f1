"""`make endpoint DOMAIN=live NAME=bookings`: one more function, complete - code, template block, sample event, test.

    python -m local.scaffold endpoint live bookings
    python -m local.scaffold reaction learning attempt_graded assessment.attempt_graded
    python -m local.scaffold task assessment verify_quotes
    python -m local.scaffold schedule messaging send_due "rate(1 minute)"

What exists is kept, so it may run again: on an endpoint whose routes have changed it rewrites the block's events.
"""

import argparse
from pathlib import Path

from local.scaffold.function import Scaffold

ROOT = Path(__file__).parents[2]
KINDS = ("endpoint", "reaction", "task", "schedule")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scaffold", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument(
        "domain", choices=sorted(path.parent.name for path in ROOT.glob("functions/*/template.yaml"))
    )
    parser.add_argument("name", help="the resource, event, step or job: a noun in plural for an endpoint")
    parser.add_argument(
        "detail", nargs="?", default="", help="the reaction's event, or the schedule's expression"
    )
    given = parser.parse_args()
    if given.kind == "reaction" and "." not in given.detail:
        parser.error(
            "a reaction needs its event, as in: reaction learning attempt_graded assessment.attempt_graded"
        )
    scaffold = Scaffold(root=ROOT, kind=given.kind, domain=given.domain, name=given.name, detail=given.detail)
    for path in scaffold.write():
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
