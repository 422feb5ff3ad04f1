"""Second step of generation: ask models along their chain."""

from assessment.schemas.generation import GenerationStep
from assessment.service import generation
from lodestar.jobs import task

handler = task(GenerationStep, generation.generate)
