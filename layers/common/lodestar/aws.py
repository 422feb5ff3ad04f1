"""Signed calls to AWS without a boto3 client, which costs 200-300 ms at its first use.

botocore's signer and its connection pool are imported by the first call, so that an endpoint's cold start does not pay.
"""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from lodestar.config import settings

if TYPE_CHECKING:
    from botocore.credentials import Credentials

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 5.0
TOKEN_LIFETIME_SECONDS = 900
FIRST_REFUSAL = 300


class AwsRefused(Exception):
    """The service answered with an error; `code` is its name for it, without a namespace."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code = status, code


class AwsUnreachable(Exception):
    """No answer within the time allowed."""


@cache
def _connections(answer_seconds: float) -> Any:
    from botocore.httpsession import URLLib3Session

    pair: Any = (CONNECT_SECONDS, answer_seconds)  # botocore takes it, although its type says a number.
    return URLLib3Session(timeout=pair)


@cache
def _resolver() -> Any:
    from botocore.credentials import create_credential_resolver
    from botocore.session import Session

    return create_credential_resolver(Session())


def credentials() -> "Credentials":
    """The function's credentials, as the SDK would find them."""
    found = _resolver().load_credentials()
    if found is None:
        raise RuntimeError("No AWS credentials are to be found.")
    return found  # type: ignore[no-any-return]


def call(service: str, target: str, body: dict[str, Any], *, json_version: str = "1.1") -> dict[str, Any]:
    """Call an action of an AWS JSON-protocol service. Raises `AwsRefused` and `AwsUnreachable`."""
    headers = {"Content-Type": f"application/x-amz-json-{json_version}", "X-Amz-Target": target}
    return _posted(service, "/", body, headers=headers, host=service)


def post(
    service: str,
    path: str,
    body: dict[str, Any],
    *,
    host: str,
    url: str | None = None,
    answer_seconds: float = ANSWER_SECONDS,
) -> dict[str, Any]:
    """POST to an AWS REST-JSON service, whose host may be named otherwise than what is signed; or to who stands in
    for it at `url`.

    Raises `AwsRefused` and `AwsUnreachable`.
    """
    headers = {"Content-Type": "application/json"}
    return _posted(service, path, body, headers=headers, host=host, url=url, answer_seconds=answer_seconds)


def _posted(
    service: str,
    path: str,
    body: dict[str, Any],
    *,
    headers: dict[str, str],
    host: str,
    url: str | None = None,
    answer_seconds: float = ANSWER_SECONDS,
) -> dict[str, Any]:
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.exceptions import BotoCoreError

    region = settings().aws_region
    url = url or settings().aws_endpoint_url or f"https://{host}.{region}.amazonaws.com"
    request = AWSRequest(method="POST", url=url + path, data=json.dumps(body), headers=headers)
    SigV4Auth(credentials(), service, region).add_auth(request)
    try:
        response = _connections(answer_seconds).send(request.prepare())
    except BotoCoreError as error:
        raise AwsUnreachable(type(error).__name__) from error
    content: dict[str, Any] = _document(response.content)
    if response.status_code >= FIRST_REFUSAL:
        named = content.get("__type") or response.headers.get("x-amzn-ErrorType", "").partition(":")[0]
        code = str(named or f"HTTP{response.status_code}")
        raise AwsRefused(response.status_code, code.rpartition("#")[2])
    return content


def _document(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def database_token(host: str, port: int, user: str) -> str:
    """An IAM authentication token for a database connection (Aurora and RDS Proxy), good for 15 minutes."""
    from botocore.auth import SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    region = settings().aws_region
    request = AWSRequest(
        method="GET", url=f"https://{host}:{port}/", params={"Action": "connect", "DBUser": user}
    )
    SigV4QueryAuth(credentials(), "rds-db", region, expires=TOKEN_LIFETIME_SECONDS).add_auth(request)
    return str(request.url).removeprefix("https://")
