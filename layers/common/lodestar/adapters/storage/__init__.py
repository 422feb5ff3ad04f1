"""Objects in S3: `object_store()`."""

from functools import cache

from lodestar.adapters import CapabilityNotConfigured
from lodestar.adapters.storage.port import (
    ListedObject,
    Listing,
    ObjectInfo,
    ObjectNotFound,
    ObjectStore,
    ObjectTooLarge,
    Part,
    PresignedPost,
    StorageError,
    StorageUnavailable,
    UploadIncomplete,
)
from lodestar.adapters.storage.writing import ObjectWriter
from lodestar.config import settings

__all__ = [
    "ListedObject",
    "Listing",
    "ObjectInfo",
    "ObjectNotFound",
    "ObjectStore",
    "ObjectTooLarge",
    "ObjectWriter",
    "Part",
    "PresignedPost",
    "StorageError",
    "StorageUnavailable",
    "UploadIncomplete",
    "object_store",
]


def object_store() -> ObjectStore:
    """The media bucket of the settings; raises CapabilityNotConfigured without one."""
    given = settings()
    if given.media_bucket is None:
        raise CapabilityNotConfigured("storage", settings=("MEDIA_BUCKET",))
    return _object_store(given.media_bucket, given.aws_region, given.aws_endpoint_url)


@cache
def _object_store(bucket: str, region: str, endpoint: str | None) -> ObjectStore:
    from lodestar.adapters.storage.s3 import S3ObjectStore

    return S3ObjectStore(bucket, region=region, endpoint_url=endpoint)
