"""Who may see and play an asset."""

from uuid import UUID

from sqlalchemy.orm import Session

from lodestar.contracts import learning
from lodestar.principal import Principal
from lodestar.problems import NotFound
from media import errors
from media.models.assets import MediaAsset
from media.repository import assets as repository

UNPLAYABLE = {
    "uploading": "The file has not arrived yet.",
    "processing": "The recording is being prepared. Try again in a minute.",
}


def visible(session: Session, *, caller: Principal, asset_id: UUID) -> MediaAsset:
    """The asset for its owner, staff whom it concerns, and learners whose stars open it.

    Raises NotFound, and, where the learner's program has it, FeatureOff and ModuleLocked.
    """
    asset = repository.asset_of(session, asset_id)
    if asset is None:
        raise NotFound()
    if asset.owner_id == caller.user_id or (caller.is_staff and concerns_staff(session, caller, asset)):
        return asset
    use = learning.asset_use(session, learner_id=caller.user_id, asset_id=asset_id)
    if use is None:
        raise NotFound()
    if use.switched_off:
        raise learning.switched_off()
    if not use.open:
        raise errors.ModuleLocked(
            use.reason or f"Star {use.required_star} opens this.", required_star=use.required_star
        )
    return asset


def concerns_staff(session: Session, caller: Principal, asset: MediaAsset) -> bool:
    """Whether the asset is the organization's own, or its learners are taught with it."""
    return asset.org_id == caller.org_id or learning.is_taught_with(session, asset.id)


def playable(session: Session, *, caller: Principal, asset_id: UUID) -> MediaAsset:
    """A visible asset that is ready. Raises AssetNotReady besides."""
    asset = visible(session, caller=caller, asset_id=asset_id)
    if asset.state != "ready":
        raise errors.AssetNotReady(asset.problem_detail or UNPLAYABLE[asset.state], state=asset.state)
    return asset
