"""`make bench`, or `make bench ARGS="P1 P3"`: print each goal's ratio, spread and verdict."""

import importlib
import sys
import time

GOALS = {
    "P1": "bench.p1_cold_import",
    "P2": "bench.p2_warm_request",
    "P3": "bench.p3_read_one",
    "P5": "bench.p5_statements",
}


def main(arguments: list[str]) -> int:
    """Exit status 1 when a measured goal misses its target."""
    missed = 0
    for goal, module in GOALS.items():
        if not arguments or goal in arguments:
            start = time.monotonic()
            for result in importlib.import_module(module).measure():
                print(result, flush=True)
                missed += not result.met
            print(f"    {goal} took {time.monotonic() - start:.0f} s", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
