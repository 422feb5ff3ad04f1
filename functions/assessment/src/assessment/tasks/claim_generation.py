"""First step of generation: take the attempt, or leave it to whoever has it."""

from assessment.schemas.generation import GenerationStep
from assessment.service import generation
from lodestar.jobs import task

handler = task(GenerationStep, generation.claim)
