"""Second step of grading a text: keep it as it was handed in."""

from assessment.schemas.grading_steps import GradingStep
from assessment.service import evidence
from lodestar.jobs import task

handler = task(GradingStep, evidence.fetch_text)
