"""Signed calls to AWS over the HTTP client that is already loaded: a boto3 client costs 200-300 ms at first use."""

import json
from functools import cache
from typing import Any

import httpx
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, create_credential_resolver
from botocore.session import Session as BotocoreSession

from lodestar.config import settings

TIMEOUT = httpx.Timeout(5.0, connect=2.0)
TOKEN_LIFETIME_SECONDS = 900


@cache
def _http() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT)


@cache
def _resolver() -> Any:
    return create_credential_resolver(BotocoreSession())


def credentials() -> Credentials:
    """The function's credentials, as the SDK would find them."""
    found = _resolver().load_credentials()
    if found is None:
        raise RuntimeError("No AWS credentials are to be found.")
    return found  # type: ignore[no-any-return]


def call(service: str, target: str, body: dict[str, Any], *, json_version: str = "1.1") -> dict[str, Any]:
    """Call an action of an AWS JSON-protocol service; raises `httpx.HTTPError` for anything but success."""
    region = settings().aws_region
    url = settings().aws_endpoint_url or f"https://{service}.{region}.amazonaws.com"
    headers = {"Content-Type": f"application/x-amz-json-{json_version}", "X-Amz-Target": target}
    request = AWSRequest(method="POST", url=url + "/", data=json.dumps(body), headers=headers)
    SigV4Auth(credentials(), service, region).add_auth(request)
    response = _http().post(str(request.url), content=request.data, headers=dict(request.headers.items()))
    response.raise_for_status()
    answer: dict[str, Any] = response.json() if response.content else {}
    return answer


def database_token(host: str, port: int, user: str) -> str:
    """An IAM authentication token for a database connection (Aurora and RDS Proxy), good for 15 minutes."""
    region = settings().aws_region
    request = AWSRequest(
        method="GET", url=f"https://{host}:{port}/", params={"Action": "connect", "DBUser": user}
    )
    SigV4QueryAuth(credentials(), "rds-db", region, expires=TOKEN_LIFETIME_SECONDS).add_auth(request)
    return str(request.url).removeprefix("https://")
