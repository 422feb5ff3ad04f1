"""First step of generation: take the attempt, or leave it to whoever has it."""

from assessment.schemas.generation import GenerationStep
from assessment.service import generation_claims
from lodestar.jobs import task

handler = task(GenerationStep, generation_claims.claim)
