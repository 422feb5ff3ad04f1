"""Third step of generation: fill up from the banks, and hand the content to the attempt."""

from assessment.schemas.generation import SettleStep
from assessment.service import settling
from lodestar.jobs import task

handler = task(SettleStep, settling.settle)
