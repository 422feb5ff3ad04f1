"""`make bench`, or `make bench ONLY="P1 P3"`: print each goal's measurements, spread and verdict; `--save` keeps them."""

import importlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench import history
from bench.driver import Result

GOALS = {
    "P1": "bench.p1_cold_import",
    "P2": "bench.p2_warm_request",
    "P3": "bench.p3_read_one",
    "P4": "bench.p4_throughput",
    "P5": "bench.p5_statements",
    "P6": "bench.p6_lists",
    "P7e": "bench.p7_export",
    "P8": "bench.p8_reminders",
    "P8b": "bench.p8_batches",
    "P9": "bench.p9_analytics",
    "P10": "bench.p10_outbox",
    "P11": "bench.p11_row_security",
}


BY_NAME = {"P7e", "P8", "P8b", "P9"}
"""Measured when they are named: with their millions of rows all together would take longer than 15 minutes."""


def main(arguments: list[str]) -> int:
    """Exit status 1 when a measured goal misses its target, 2 when there is no such goal."""
    keep = "--save" in arguments
    wanted = [argument for argument in arguments if argument != "--save"] or [
        goal for goal in GOALS if goal not in BY_NAME
    ]
    if unknown := set(wanted) - GOALS.keys():
        print(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(GOALS)}.", file=sys.stderr)
        return 2
    say = _speaker()
    all_met = True
    for goal in wanted:
        start = time.monotonic()
        results: list[Result] = []
        for result in importlib.import_module(GOALS[goal]).measure():
            say(str(result))
            results.append(result)
        say(f"    {goal} took {time.monotonic() - start:.0f} s")
        all_met = all_met and all(result.met for result in results)
        if keep:
            say(f"    kept in {history.save(results)}")
    return 0 if all_met else 1


def _speaker() -> Callable[[str], None]:
    """Prints to where standard output led; the functions' log lines, whose writing is measured, go nowhere."""
    out = os.fdopen(os.dup(1), "w")
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    return lambda line: print(line, file=out, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
