"""Media assets that content names."""

from uuid import UUID

from sqlalchemy.orm import Session

from lodestar.contracts import media
from lodestar.problems import InvalidContent


def require_asset(session: Session, asset_id: UUID | None, *, purpose: str) -> None:
    """Raises `InvalidContent` unless the asset, if any, was uploaded by the organization for this purpose."""
    if asset_id is None:
        return
    asset = media.asset(session, asset_id)
    if asset is None or not asset.is_own or asset.purpose != purpose:
        error = {
            "field": "asset_id",
            "code": "no_such_asset",
            "message": f"No upload for {purpose} has this id.",
        }
        raise InvalidContent(error["message"], errors=[error])
