"""Links and forms for browsers, signed with botocore's signers: no client is built and nothing is sent."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from lodestar import aws
from lodestar.adapters.storage.port import PresignedPost

LONGEST_SECONDS = 7 * 24 * 3600


class Signer:
    """Signs for one bucket. With `base_url` (an emulator's or a proxy's) the bucket stands in the path."""

    def __init__(self, bucket: str, *, region: str, base_url: str | None) -> None:
        self._bucket = bucket
        self._region = region
        self._bucket_url = (
            f"{base_url.rstrip('/')}/{bucket}"
            if base_url is not None
            else f"https://{bucket}.s3.{region}.amazonaws.com"
        )

    def url(self, method: str, key: str, *, expires_seconds: int, query: Mapping[str, str]) -> str:
        """A signed URL for one request."""
        _check(expires_seconds)
        request = AWSRequest(
            method=method, url=f"{self._bucket_url}/{quote(key, safe='/~')}", params=dict(query)
        )
        S3SigV4QueryAuth(aws.credentials(), "s3", self._region, expires=expires_seconds).add_auth(request)
        return str(request.url)

    def post(
        self,
        key: str,
        *,
        content_type: str,
        min_bytes: int,
        max_bytes: int,
        expires_seconds: int,
        metadata: Mapping[str, str],
    ) -> PresignedPost:
        """A form whose every field the policy fixes to the letter."""
        _check(expires_seconds)
        fields = {
            "key": key,
            "Content-Type": content_type,
            **{f"x-amz-meta-{name.lower()}": value for name, value in metadata.items()},
        }
        expires_at = datetime.now(UTC) + timedelta(seconds=expires_seconds)
        request = AWSRequest(method="POST", url=f"{self._bucket_url}/")
        request.context["s3-presign-post-fields"] = fields
        request.context["s3-presign-post-policy"] = {
            "expiration": expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conditions": [
                {"bucket": self._bucket},
                ["content-length-range", min_bytes, max_bytes],
                *({name: value} for name, value in fields.items()),
            ],
        }
        S3SigV4PostAuth(aws.credentials(), "s3", self._region).add_auth(request)
        return PresignedPost(url=str(request.url), fields=dict(fields))


def _check(expires_seconds: int) -> None:
    if not 0 < expires_seconds <= LONGEST_SECONDS:
        raise ValueError(f"S3 signs for 1 s to 7 days, not for {expires_seconds} s")
