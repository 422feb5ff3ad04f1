"""Amazon S3, and stores that speak its protocol."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

from lodestar.adapters.storage.port import (
    ListedObject,
    Listing,
    ObjectInfo,
    ObjectNotFound,
    ObjectTooLarge,
    Part,
    PresignedPost,
    StorageError,
    StorageUnavailable,
    UploadIncomplete,
)
from lodestar.adapters.storage.signing import Signer

LARGEST_PAGE = 1000
LARGEST_PART_NUMBER = 10_000

_ABSENT = frozenset({"404", "NoSuchKey", "NoSuchUpload", "NotFound"})
_INCOMPLETE = frozenset({"InvalidPart", "InvalidPartOrder", "EntityTooSmall", "MalformedXML"})
_REFUSED_BELOW = 500


class S3ObjectStore:
    """One bucket. botocore repeats what S3 calls retryable with jitter, three calls in all."""

    def __init__(self, bucket: str, *, region: str, endpoint_url: str | None) -> None:
        self._bucket = bucket
        self._region = region
        self._endpoint_url = endpoint_url
        self._signer = Signer(bucket, region=region, base_url=endpoint_url)

    @cached_property
    def _s3(self) -> Any:
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            region_name=self._region,
            endpoint_url=self._endpoint_url,
            config=Config(
                connect_timeout=3,
                read_timeout=20,
                retries={"mode": "standard", "total_max_attempts": 3},
                s3={"addressing_style": "path" if self._endpoint_url else "virtual"},
            ),
        )

    def presign_post(
        self,
        key: str,
        *,
        content_type: str,
        max_bytes: int,
        min_bytes: int = 1,
        expires_seconds: int = 900,
        metadata: Mapping[str, str] | None = None,
    ) -> PresignedPost:
        return self._signer.post(
            key,
            content_type=content_type,
            min_bytes=min_bytes,
            max_bytes=max_bytes,
            expires_seconds=expires_seconds,
            metadata=metadata or {},
        )

    def presign_get(
        self,
        key: str,
        *,
        expires_seconds: int = 900,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> str:
        query: dict[str, str] = {}
        if filename is not None:
            query["response-content-disposition"] = _attachment(filename)
        if content_type is not None:
            query["response-content-type"] = content_type
        return self._signer.url("GET", key, expires_seconds=expires_seconds, query=query)

    def head(self, key: str) -> ObjectInfo:
        with _translated(key):
            answer = self._s3.head_object(Bucket=self._bucket, Key=key)
        return ObjectInfo(
            key=key,
            size=answer["ContentLength"],
            etag=answer["ETag"].strip('"'),
            content_type=answer.get("ContentType", "binary/octet-stream"),
            modified_at=answer["LastModified"],
            metadata=answer.get("Metadata", {}),
        )

    def read(self, key: str, *, max_bytes: int) -> bytes:
        with _translated(key):
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            with answer["Body"] as body:
                if answer["ContentLength"] > max_bytes:
                    raise ObjectTooLarge(
                        key, f"{answer['ContentLength']} bytes, at most {max_bytes} are read"
                    )
                return bytes(body.read())

    def read_range(self, key: str, *, start: int, length: int) -> bytes:
        if start < 0 or length <= 0:
            raise ValueError(f"no such range: {length} bytes from {start}")
        with _translated(key):
            try:
                answer = self._s3.get_object(
                    Bucket=self._bucket, Key=key, Range=f"bytes={start}-{start + length - 1}"
                )
            except ClientError as error:
                if error.response["Error"]["Code"] == "InvalidRange":
                    return b""
                raise
            with answer["Body"] as body:
                return bytes(body.read())

    def download(self, key: str, path: Path) -> ObjectInfo:
        info = self.head(key)
        with _translated(key):
            self._s3.download_file(self._bucket, key, str(path))
        return info

    def upload(self, key: str, source: Path | bytes, *, content_type: str) -> None:
        with _translated(key):
            if isinstance(source, bytes):
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=source, ContentType=content_type)
            else:
                self._s3.upload_file(str(source), self._bucket, key, ExtraArgs={"ContentType": content_type})

    def delete(self, key: str) -> None:
        with _translated(key):
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def delete_all(self, prefix: str) -> int:
        if not prefix.rstrip("/"):
            raise ValueError("nobody deletes the whole bucket")
        removed = 0
        with _translated(prefix):
            pages = self._s3.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": LARGEST_PAGE}
            )
            for page in pages:
                versions = [
                    {"Key": version["Key"], "VersionId": version["VersionId"]}
                    for version in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
                ]
                for version in versions:
                    self._s3.delete_object(Bucket=self._bucket, **version)
                removed += len(versions)
        return removed

    def list_objects(self, prefix: str, *, limit: int = LARGEST_PAGE, cursor: str | None = None) -> Listing:
        if not 0 < limit <= LARGEST_PAGE:
            raise ValueError(f"a page holds 1 to {LARGEST_PAGE} objects, not {limit}")
        after = {"StartAfter": cursor} if cursor else {}
        with _translated(prefix):
            answer = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=prefix, MaxKeys=limit, **after)
        objects = tuple(
            ListedObject(
                key=entry["Key"],
                size=entry["Size"],
                etag=entry["ETag"].strip('"'),
                modified_at=entry["LastModified"],
            )
            for entry in answer.get("Contents", [])
        )
        return Listing(objects=objects, next_cursor=objects[-1].key if answer["IsTruncated"] else None)

    def start_multipart(
        self, key: str, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> str:
        with _translated(key):
            answer = self._s3.create_multipart_upload(
                Bucket=self._bucket, Key=key, ContentType=content_type, Metadata=dict(metadata or {})
            )
        return str(answer["UploadId"])

    def find_multipart(self, key: str) -> str | None:
        with _translated(key):
            answer = self._s3.list_multipart_uploads(Bucket=self._bucket, Prefix=key)
        begun = (str(one["UploadId"]) for one in answer.get("Uploads", []) if one["Key"] == key)
        return next(begun, None)

    def presign_part(self, key: str, *, upload_id: str, number: int, expires_seconds: int = 3600) -> str:
        if not 1 <= number <= LARGEST_PART_NUMBER:
            raise ValueError(f"parts are numbered 1 to {LARGEST_PART_NUMBER}, not {number}")
        query = {"partNumber": str(number), "uploadId": upload_id}
        return self._signer.url("PUT", key, expires_seconds=expires_seconds, query=query)

    def upload_part(self, key: str, *, upload_id: str, number: int, body: bytes) -> Part:
        with _translated(key):
            answer = self._s3.upload_part(
                Bucket=self._bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body
            )
        return Part(number=number, etag=answer["ETag"].strip('"'))

    def list_parts(self, key: str, *, upload_id: str) -> tuple[tuple[Part, int], ...]:
        with _translated(key):
            pages = self._s3.get_paginator("list_parts").paginate(
                Bucket=self._bucket, Key=key, UploadId=upload_id
            )
            return tuple(
                (Part(number=part["PartNumber"], etag=part["ETag"].strip('"')), part["Size"])
                for page in pages
                for part in page.get("Parts", [])
            )

    def complete_multipart(self, key: str, *, upload_id: str, parts: Sequence[Part]) -> ObjectInfo:
        listed = [{"PartNumber": part.number, "ETag": f'"{part.etag.strip(chr(34))}"'} for part in parts]
        try:
            with _translated(key):
                self._s3.complete_multipart_upload(
                    Bucket=self._bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": listed}
                )
        except ObjectNotFound:
            return self.head(key)
        return self.head(key)

    def abort_multipart(self, key: str, *, upload_id: str) -> None:
        try:
            with _translated(key):
                self._s3.abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)
        except ObjectNotFound:
            return


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """The store's errors in our terms; a refusal (credentials, rights) is a StorageError plain."""
    try:
        yield
    except ClientError as error:
        code = str(error.response["Error"].get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))
        if code in _ABSENT:
            raise ObjectNotFound(key, code) from error
        if code in _INCOMPLETE:
            raise UploadIncomplete(key, code) from error
        if status < _REFUSED_BELOW and code not in ("SlowDown", "RequestTimeout", "Throttling"):
            raise StorageError(key, code) from error
        raise StorageUnavailable(key, code) from error
    except BotoCoreError as error:
        raise StorageUnavailable(key, str(error)) from error


def _attachment(filename: str) -> str:
    """A Content-Disposition for any name (RFC 6266): ASCII for old browsers, UTF-8 for the others."""
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in filename)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
