"""First step of grading: take the attempt, or leave it to whoever has it."""

from assessment.schemas.grading_steps import GradingStep
from assessment.service import grading
from lodestar.jobs import task

handler = task(GradingStep, grading.claim)
