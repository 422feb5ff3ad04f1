"""Calls to models, as assessment reads them."""

from lodestar.db import Base
from lodestar.tables import ai_runs


class AiRun(Base):
    """A row of `backbone.ai_runs`; written only through `lodestar.ai_runs`."""

    __table__ = ai_runs
