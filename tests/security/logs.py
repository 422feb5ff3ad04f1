"""Everything that is logged, as CloudWatch would get it."""

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

from lodestar.log import log


@contextmanager
def captured() -> Iterator[Callable[[], str]]:
    """The lines of our logger in its own format, those of every library that warns, and whatever is printed: the
    calls' metrics are. The value tells what was written so far."""
    written = io.StringIO()
    ours, others = logging.StreamHandler(written), logging.StreamHandler(written)
    ours.setFormatter(log.registered_formatter)
    others.setLevel(logging.WARNING)
    logger, root = logging.getLogger(log.name), logging.getLogger()
    logger.addHandler(ours)
    root.addHandler(others)
    try:
        with redirect_stdout(written):
            yield written.getvalue
    finally:
        logger.removeHandler(ours)
        root.removeHandler(others)
