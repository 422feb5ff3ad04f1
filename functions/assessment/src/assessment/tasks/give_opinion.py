"""Third step of grading: ask a model, verify its evidence, compute the score."""

from assessment.schemas.grading_steps import OpinionStep
from assessment.service import opinions
from lodestar.jobs import task

handler = task(OpinionStep, opinions.give_opinion)
