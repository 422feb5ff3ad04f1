"""API Gateway's REQUEST authorizer: a Cognito token or an API key becomes the caller's context.

The answer is cached for 60 s by the Authorization header, for every method of the API, so the policy names them all.
Bad credentials answer 401, as API Gateway wants it: by an exception that says "Unauthorized". A good token of somebody
whom identity does not know is denied.
"""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from backbone import callers
from backbone.tokens import BadToken
from lodestar.invocations import Invocation
from lodestar.log import begin_request, log

SCHEME = "bearer"


class Unauthorized(Exception):
    """API Gateway answers 401 when the message is this one word."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """The policy, and the context that `lodestar.auth` reads."""
    begin_request(event)
    with Invocation("authorizer", __name__, event="authorizer") as call:
        return _answer(event, call)


def _answer(event: Mapping[str, Any], call: Invocation) -> dict[str, Any]:
    try:
        caller = callers.resolve(_credential(event))
    except BadToken as error:
        call.status = HTTPStatus.UNAUTHORIZED
        log.info("credential_refused", reason=str(error))
        raise Unauthorized from None
    except callers.UnknownPerson:
        call.status = HTTPStatus.FORBIDDEN
        log.warning("unknown_person_refused")
        return _policy("unknown", "Deny", event["methodArn"])
    except Exception as error:  # noqa: BLE001 - raised again
        log.exception("authorizer_failed")
        raise error.with_traceback(None) from None
    return {**_policy(caller.user_id, "Allow", event["methodArn"]), "context": asdict(caller)}


def _credential(event: Mapping[str, Any]) -> str:
    """What follows the scheme in the one header Authorization: with two, another layer might read the other one."""
    headers: Mapping[str, list[str]] = event.get("multiValueHeaders") or {
        name: [value] for name, value in (event.get("headers") or {}).items()
    }
    given = [value for name, values in headers.items() if name.lower() == "authorization" for value in values]
    if len(given) != 1:
        raise BadToken("header")
    scheme, _, credential = given[0].partition(" ")
    if scheme.lower() != SCHEME or not credential.strip() or not credential.isascii():
        raise BadToken("scheme")
    return credential.strip()


def _policy(principal_id: str, effect: str, method_arn: str) -> dict[str, Any]:
    api_and_stage = "/".join(method_arn.split("/")[:2])
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{api_and_stage}/*"}
    return {
        "principalId": principal_id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
