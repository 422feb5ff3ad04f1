"""Second step of grading a repository: pin its commit and read it."""

from assessment.schemas.grading_steps import GradingStep
from assessment.service import evidence
from lodestar.jobs import task

handler = task(GradingStep, evidence.fetch_repository)
