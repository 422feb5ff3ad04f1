"""Last step of grading: the grade, or a person's turn."""

from assessment.schemas.grading_steps import GradingStep
from assessment.service import grading
from lodestar.jobs import task

handler = task(GradingStep, grading.settle)
