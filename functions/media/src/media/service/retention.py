"""When an asset's time is over (D-22), its bytes are deleted and its row says so."""

from uuid import UUID

from lodestar import clock
from lodestar.adapters.storage import object_store
from lodestar.db import work_for
from media.models.assets import MediaAsset


def purge(org_id: UUID, asset_id: UUID) -> int:
    """Delete the original and everything made from it; answers how many objects. Transcripts stay as evidence."""
    with work_for(org_id) as session:
        asset = session.get(MediaAsset, asset_id)
    if asset is None or asset.retain_until is None or asset.retain_until > clock.now():
        return 0
    prefix = asset.storage_key.rpartition("/")[0]
    stored = object_store().list_objects(f"{prefix}/").objects
    for item in stored:
        object_store().delete(item.key)
    with work_for(org_id) as session:
        current = session.get(MediaAsset, asset_id, with_for_update=True)
        if current is not None:
            current.retain_until, current.deleted_at = None, current.deleted_at or clock.now()
    return len(stored)
