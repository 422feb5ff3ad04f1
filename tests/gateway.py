"""API Gateway in front of the handlers, in process: finds the handler from the URL, as the product's readers do."""

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from lodestar.principal import Role

FAR_FUTURE = "4102444800"


@dataclass(frozen=True)
class Person:
    """Who calls: what the authorizer's context would say of them."""

    user_id: UUID
    memberships: Mapping[UUID, frozenset[Role]]
    expires_at: str = FAR_FUTURE
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def org_id(self) -> UUID:
        """Their only, or first, organization."""
        return next(iter(self.memberships))

    def context(self) -> dict[str, str]:
        """The authorizer's answer: strings only."""
        memberships = {str(org): sorted(roles) for org, roles in self.memberships.items()}
        return {
            "user_id": str(self.user_id),
            "memberships": json.dumps(memberships),
            "expires_at": self.expires_at,
            **self.extra,
        }


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text) if self.text else None

    def expect(self, status: int) -> Any:
        """The body, once the status is as expected."""
        assert self.status == status, f"{self.status}: {self.text}"
        return self.json


def call(
    method: str,
    url: str,
    *,
    as_: Person | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Call an operation by its URL, through the handler of its file, with API Gateway's event."""
    event = gateway_event(method, url, as_=as_, body=body, headers=headers)
    raw = handler_of(urlsplit(url).path)(event, None)
    return Answer(raw["statusCode"], raw.get("headers") or {}, raw.get("body") or "")


def get(url: str, *, as_: Person | None = None, **options: Any) -> Answer:
    return call("GET", url, as_=as_, **options)


def post(url: str, body: Any = None, *, as_: Person | None = None, **options: Any) -> Answer:
    return call("POST", url, as_=as_, body={} if body is None else body, **options)


def put(url: str, body: Any, *, as_: Person | None = None, **options: Any) -> Answer:
    return call("PUT", url, as_=as_, body=body, **options)


def patch(url: str, body: Any, *, as_: Person | None = None, **options: Any) -> Answer:
    return call("PATCH", url, as_=as_, body=body, **options)


def delete(url: str, *, as_: Person | None = None, **options: Any) -> Answer:
    return call("DELETE", url, as_=as_, **options)


def handler_of(path: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler that serves this path: `/v1/<domain>/<file>`."""
    _, _, domain, resource, *_ = path.split("/")
    module = importlib.import_module(f"{domain}.endpoints.{resource.replace('-', '_')}")
    handler: Callable[[dict[str, Any], Any], dict[str, Any]] = module.handler
    return handler


def gateway_event(
    method: str,
    url: str,
    *,
    as_: Person | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A REST API proxy event, as API Gateway makes it."""
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    sent = {"Content-Type": "application/json", "Host": "api", **(headers or {})}
    return {
        "resource": "/{proxy+}",
        "path": parts.path,
        "httpMethod": method,
        "headers": sent,
        "multiValueHeaders": {name: [value] for name, value in sent.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "path": f"/live{parts.path}",
            "stage": "live",
            "requestId": "test",
            "identity": {"sourceIp": "127.0.0.1"},
            **({"authorizer": as_.context()} if as_ else {}),
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
