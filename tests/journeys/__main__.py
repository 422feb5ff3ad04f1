"""`make journey`, or `make journey ARGS=--outage`, against the stack that `make run` serves."""

import sys

from local.client import NotInTime, Refused
from local.settings import Settings
from tests.journeys.journey import Journey


def main(arguments: list[str]) -> int:
    """Exit status 0 at five stars."""
    settings = Settings.from_environment()
    journey = Journey(settings.public_url, settings.simulator_url, outage="--outage" in arguments)
    try:
        progress = journey.run()
    except (Refused, NotInTime) as stopped:
        sys.stderr.write(f"The journey ends here: {stopped}\n")
        return 1
    return 0 if progress["stars"] == progress["possible_stars"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
