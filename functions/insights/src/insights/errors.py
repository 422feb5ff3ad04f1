"""Problems of insights' own."""

from lodestar.problems import Forbidden


class AggregatesOnly(Forbidden):
    """Analysts read whole programs: figures of parts could be subtracted from each other until a person is left."""

    code = "aggregates_only"
    title = "Analysts read whole programs"
