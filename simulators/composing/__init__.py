"""What the simulated models answer: computed from the request's own material, by rules one can read.

Nothing is stored text about a subject: questions are cut from the transcript, grades are words of a criterion
found again in the submission, and every quote is a substring of what was sent.
"""

from simulators.composing.brief import Brief
from simulators.composing.fill import compose

__all__ = ["Brief", "compose"]
