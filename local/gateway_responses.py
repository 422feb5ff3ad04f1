"""The template's GatewayResponses, which the embedded gateway ignores: API Gateway's own errors as problem documents."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

ERROR_HEADER = "x-amzn-errortype"


class Template(yaml.SafeLoader):
    """Reads a template's values; an intrinsic function stands for its argument."""


def _argument(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)  # type: ignore[arg-type] # there are three kinds of node


Template.add_multi_constructor("!", _argument)


@dataclass(frozen=True)
class GatewayResponse:
    """One answer of the gateway itself. `$context.requestId` stands for the request's id in `body`."""

    status: int
    headers: Mapping[str, str]
    body: str

    def render(self, correlation_id: str) -> bytes:
        """The document; one of a default response names the status that it goes out with."""
        document = json.loads(self.body.replace("$context.requestId", correlation_id))
        return json.dumps({**document, "status": self.status}).encode()


class GatewayResponses:
    """Those of one domain's template; an architecture test says that all domains have the same."""

    def __init__(self, template: Path) -> None:
        resources = yaml.load(template.read_text(), Loader=Template)["Resources"]
        self._responses: dict[str, Any] = resources["Api"]["Properties"]["GatewayResponses"]

    def for_answer(self, status: int, headers: Mapping[str, str], body: bytes) -> GatewayResponse | None:
        """What AWS would answer in the place of the gateway's own error; None for a function's answer."""
        if not (ERROR_HEADER in headers or _is_bare_message(headers, body)):
            return None
        return self.of(_type_of(status, headers), status)

    def of(self, kind: str, status: int) -> GatewayResponse:
        """By API Gateway's type of response, with `status` unless the template gives it another."""
        default = "DEFAULT_5XX" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "DEFAULT_4XX"
        found = self._responses.get(kind, self._responses[default])
        headers = found["ResponseParameters"]["Headers"]
        return GatewayResponse(
            status=int(found.get("StatusCode", status)),
            headers={name: value.strip("'") for name, value in headers.items()},
            body=found["ResponseTemplates"]["application/json"],
        )


def _type_of(status: int, headers: Mapping[str, str]) -> str:
    if "missingauthenticationtoken" in headers.get(ERROR_HEADER, "").lower():
        return "MISSING_AUTHENTICATION_TOKEN"
    kinds = {
        401: "UNAUTHORIZED",
        403: "ACCESS_DENIED",
        404: "RESOURCE_NOT_FOUND",
        413: "REQUEST_TOO_LARGE",
        415: "UNSUPPORTED_MEDIA_TYPE",
        429: "THROTTLED",
        504: "INTEGRATION_TIMEOUT",
    }
    return kinds.get(status, "")


def _is_bare_message(headers: Mapping[str, str], body: bytes) -> bool:
    """The gateway answers `{"message": ...}` and nothing else, or, for a function of which no more may run at once, the
    error of its own call to Lambda (`__type`). No function answers so."""
    if not headers.get("content-type", "").startswith("application/json"):
        return False
    try:
        document = json.loads(body)
    except ValueError:
        return False
    if not isinstance(document, dict):
        return False
    return "__type" in document or {name.lower() for name in document} == {"message"}
