"""When an asset's time is over (D-22), its bytes are deleted and its row says so."""

from uuid import UUID

from lodestar import clock
from lodestar.adapters.storage import object_store
from lodestar.contracts import identity
from lodestar.db import work_for
from media.models.assets import MediaAsset
from media.repository import assets as repository

MOVED_AT_ONCE = 1000


def purge(org_id: UUID, asset_id: UUID) -> int:
    """Delete the original and everything made from it; answers how many versions of objects.

    A legal hold keeps them. Transcripts stay as evidence."""
    with work_for(org_id) as session:
        asset = session.get(MediaAsset, asset_id)
        if asset is None or asset.retain_until is None or asset.retain_until > clock.now():
            return 0
        if identity.is_held(session, asset.owner_id):
            return 0
    removed = object_store().delete_all(f"{asset.storage_key.rpartition('/')[0]}/")
    with work_for(org_id) as session:
        current = session.get(MediaAsset, asset_id, with_for_update=True)
        if current is not None:
            current.retain_until, current.deleted_at = None, current.deleted_at or clock.now()
    return removed


def move_end(org_id: UUID, *, days: int) -> int:
    """Recordings of interviews end `days` after their upload, some at a time; answers how many ends moved."""
    with work_for(org_id) as session:
        return repository.move_end(session, days=days, most=MOVED_AT_ONCE)
