"""Every hour: metrics of the organizations whose day has turned, read anew from their owners."""

import time
from collections.abc import Mapping

from insights.service.rebuilding import rebuild_due
from lodestar.jobs import schedule

SECONDS = 600
"""After which no further step is begun; what is left, the next run goes on with."""


def run() -> Mapping[str, int]:
    """How many organizations were rebuilt, and how many of their rows were wrong."""
    end = time.monotonic() + SECONDS
    return rebuild_due(lambda: time.monotonic() < end)


handler = schedule(run)
