"""Second step of grading a recording: keep what was said, once it is transcribed."""

from assessment.schemas.grading_steps import VideoStep
from assessment.service import evidence
from lodestar.jobs import task

handler = task(VideoStep, evidence.fetch_video)
