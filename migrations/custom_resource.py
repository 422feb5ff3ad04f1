"""CloudFormation's side of a custom resource: it waits until its ResponseURL is told how the work ended.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

from lodestar.log import log

TIMEOUT_SECONDS = 10
LONGEST_REASON = 1000


def is_request(event: dict[str, Any]) -> bool:
    """Whether CloudFormation asks, and not a person or a script that invokes the function."""
    return "ResponseURL" in event


def fulfil(event: dict[str, Any], work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do the work, unless the resource is being deleted, and tell CloudFormation of success or failure.

    The failure is told, not raised: raised alone it would make the deployment wait for its timeout.
    """
    answer: dict[str, Any] = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]),
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    try:
        answer["Data"] = {} if event["RequestType"] == "Delete" else work()
    except Exception as error:  # noqa: BLE001 - whatever it is, CloudFormation has to hear of it
        log.exception("custom_resource_failed", resource=event["LogicalResourceId"])
        answer |= {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"[:LONGEST_REASON]}
    _tell(event["ResponseURL"], answer)
    return answer


def _tell(url: str, answer: dict[str, Any]) -> None:
    """The URL is presigned by CloudFormation for a body without a content type."""
    request = Request(url, data=json.dumps(answer).encode(), method="PUT", headers={"Content-Type": ""})  # noqa: S310 - CloudFormation's own URL
    with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass
