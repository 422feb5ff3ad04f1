"""Overrides of the caller's organization."""

from sqlalchemy import Select, select

from learning.models.overrides import ProgressOverride
from lodestar.principal import Principal


def own(principal: Principal) -> Select[ProgressOverride]:
    """All of them."""
    return select(ProgressOverride).where(ProgressOverride.org_id == principal.org_id)
