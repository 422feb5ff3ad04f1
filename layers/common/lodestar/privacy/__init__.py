"""Personal data, told once by the domain that keeps it, then exported, erased and aged by one mechanism.

A domain's `privacy.py` declares a `PersonalData`; tests hold the declarations against the database's own catalogue.
"""

from lodestar.privacy.declarations import (
    LegalGround,
    PersonalData,
    PersonalTable,
    owned_by,
    part_of,
    runs_about,
)

__all__ = ["LegalGround", "PersonalData", "PersonalTable", "owned_by", "part_of", "runs_about"]
