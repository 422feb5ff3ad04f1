"""By hand, with `{"domain": "learning"}`: send a domain's dead letters back to where they came from.

A reaction's letter goes to its queue. An event that could not start a state machine goes to the bus again, to all of
its subscribers: reactions and machines do nothing twice, so a letter that was half done may come again. What a schedule left (its OnFailure
destination) has no queue to go back to and stays: the schedule itself runs again.
"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from lodestar import aws
from lodestar.config import settings
from lodestar.jobs import task

DEAD_LETTERS = "-DeadLetters-"
TARGET_OF_RULE = "TARGET_ARN"
"""The attribute in which EventBridge names the queue that a rule could not reach."""
STATE_MACHINE = ":states:"
INVISIBLE_SECONDS = 120


class Request(BaseModel):
    """Whose dead letters."""

    domain: str = Field(pattern=r"^[a-z]+$")


def run(request: Request) -> Mapping[str, int]:
    """How many letters were sent back, and how many stayed. LookupError when the domain has no such queue."""
    prefix = settings().need("queue_prefix")
    of_domain = f"{prefix}{request.domain}-".lower()
    queues = {name: url for name, url in _queues(prefix).items() if name.lower().startswith(of_domain)}
    dead = next((url for name, url in queues.items() if DEAD_LETTERS in name), None)
    if dead is None:
        raise LookupError(f"{request.domain} has no dead letters' queue")
    counts = {"redriven": 0, "left": 0}
    for _ in range(_waiting(dead)):
        letters = _receive(dead)
        if not letters:
            break
        for letter in letters:
            counts["redriven" if _send_back(letter, dead=dead, queues=queues) else "left"] += 1
    return counts


def _send_back(letter: Mapping[str, Any], *, dead: str, queues: Mapping[str, str]) -> bool:
    source = letter.get("Attributes", {}).get("DeadLetterQueueSourceArn")
    origin = source or letter.get("MessageAttributes", {}).get(TARGET_OF_RULE, {}).get("StringValue")
    queue = queues.get(str(origin).rpartition(":")[2])
    if STATE_MACHINE in str(origin):
        _publish_again(json.loads(letter["Body"]))
    elif queue is None:
        return False
    else:
        _call("SendMessage", {"QueueUrl": queue, "MessageBody": letter["Body"]})
    _call("DeleteMessage", {"QueueUrl": dead, "ReceiptHandle": letter["ReceiptHandle"]})
    return True


def _publish_again(event: Mapping[str, Any]) -> None:
    """Raises RuntimeError when the bus does not take it; the letter stays then."""
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "EventBusName": settings().need("event_bus_name"),
    }
    answer = aws.call("events", "AWSEvents.PutEvents", {"Entries": [entry]})
    if answer["FailedEntryCount"]:
        raise RuntimeError(f"the bus refused {event['detail-type']}: {answer['Entries'][0]}")


def _queues(prefix: str) -> dict[str, str]:
    urls: list[str] = []
    request: dict[str, Any] = {"QueueNamePrefix": prefix, "MaxResults": 1000}
    while True:
        answer = _call("ListQueues", request)
        urls += answer.get("QueueUrls", [])
        if not answer.get("NextToken"):
            return {url.rpartition("/")[2]: url for url in urls}
        request["NextToken"] = answer["NextToken"]


def _waiting(queue: str) -> int:
    wanted = {"QueueUrl": queue, "AttributeNames": ["ApproximateNumberOfMessages"]}
    return int(_call("GetQueueAttributes", wanted)["Attributes"]["ApproximateNumberOfMessages"])


def _receive(queue: str) -> list[dict[str, Any]]:
    wanted = {
        "QueueUrl": queue,
        "MaxNumberOfMessages": 10,
        "VisibilityTimeout": INVISIBLE_SECONDS,
        "MessageSystemAttributeNames": ["DeadLetterQueueSourceArn"],
        "AttributeNames": ["All"],
        "MessageAttributeNames": ["All"],
    }
    letters: list[dict[str, Any]] = _call("ReceiveMessage", wanted).get("Messages", [])
    return letters


def _call(action: str, body: dict[str, Any]) -> dict[str, Any]:
    return aws.call("sqs", f"AmazonSQS.{action}", body, json_version="1.0")


handler = task(Request, run)
