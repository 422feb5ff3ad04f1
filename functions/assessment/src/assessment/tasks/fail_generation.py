"""Last resort of generation: end the attempt by name."""

from assessment.schemas.generation import FailStep
from assessment.service import generation_claims
from lodestar.jobs import task

handler = task(FailStep, generation_claims.fail)
