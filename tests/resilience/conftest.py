"""The simulated vendors."""

from tests.assessment.grading.conftest import running_simulators, simulators

__all__ = ["running_simulators", "simulators"]
