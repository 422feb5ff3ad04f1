"""API Gateway with its authorizer: a request as a client sends it, and whether it is let in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backbone import authorizer
from tests.gateway import Answer, gateway_event, handler_of

ARN = "arn:aws:execute-api:us-east-1:000000000000:api/live"


@dataclass(frozen=True)
class Verdict:
    """What the authorizer made of a request: 401, 403 or, with its context, 200."""

    status: int
    context: Mapping[str, str]


def ask(method: str, path: str, headers: Mapping[str, list[str]]) -> Verdict:
    """API Gateway's question; a client's headers are all that is the client's of it."""
    event = {
        "type": "REQUEST",
        "methodArn": f"{ARN}/{method}{path}",
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": dict(headers),
        "requestContext": {"stage": "live", "requestId": "test"},
    }
    try:
        answer = authorizer.handler(event, None)
    except authorizer.Unauthorized:
        return Verdict(401, {})
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == f"{ARN}/*"
    return Verdict(200 if statement["Effect"] == "Allow" else 403, answer.get("context") or {})


def enter(method: str, path: str, headers: Mapping[str, list[str]], *, context: Any) -> Answer:
    """Call the operation with whatever context: the authorizer's, or one that is none."""
    sent = {name: values[-1] for name, values in headers.items()}
    event = gateway_event(method, path, headers=sent, body=None if method == "GET" else {})
    event["multiValueHeaders"] |= dict(headers)
    if context is not None:
        event["requestContext"]["authorizer"] = context
    raw = handler_of(path.split("?", maxsplit=1)[0])(event, None)
    return Answer(raw["statusCode"], raw.get("headers") or {}, raw.get("body") or "")
