"""Dead letters go back to the queues that they came from."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from backbone.redrive import handler
from lodestar.config import settings
from lodestar.ids import new_id

pytestmark = pytest.mark.usefixtures("product")


@pytest.fixture
def prefix(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A stack of its own."""
    name = f"stack-{new_id()}"
    monkeypatch.setenv("QUEUE_PREFIX", f"{name}-")
    settings.cache_clear()
    yield name
    monkeypatch.undo()
    settings.cache_clear()


def bodies(url: str) -> list[str]:
    messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return sorted(m["Body"] for m in messages)


def a_queue(name: str) -> tuple[str, str]:
    sqs = boto3.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return url, attributes["QueueArn"]


def test_letters_return_to_their_queue_and_a_schedules_stays(prefix: str) -> None:
    sqs = boto3.client("sqs")
    dead, _ = a_queue(f"{prefix}-Learning-1-DeadLetters-2")
    queue, arn = a_queue(f"{prefix}-Learning-1-AttemptGradedQueue-3")
    other, _ = a_queue(f"{prefix}-Media-1-DeadLetters-4")
    target: Any = {"TARGET_ARN": {"DataType": "String", "StringValue": arn}}
    for number in range(12):
        sqs.send_message(QueueUrl=dead, MessageBody=f"rule {number:02}", MessageAttributes=target)
    sqs.send_message(QueueUrl=dead, MessageBody="from a schedule")
    sqs.send_message(QueueUrl=other, MessageBody="another domain's", MessageAttributes=target)
    assert handler({"domain": "learning"}, None) == {"redriven": 12, "left": 1}
    assert bodies(queue)[0].startswith("rule")
    assert bodies(other) == ["another domain's"]
    assert handler({"domain": "learning"}, None) == {"redriven": 0, "left": 0}


def test_a_domain_that_is_not_there_is_named(prefix: str) -> None:
    with pytest.raises(LookupError, match="talent"):
        handler({"domain": "talent"}, None)


def test_a_request_without_a_domain_moves_nothing(prefix: str) -> None:
    with pytest.raises(ValueError, match="domain"):
        handler({}, None)


def test_an_event_that_could_not_start_a_machine_goes_to_the_bus_again(prefix: str) -> None:
    sqs, bridge = boto3.client("sqs"), boto3.client("events")
    dead, _ = a_queue(f"{prefix}-StateMachines-1-DeadLetters-2")
    heard, arn = a_queue(f"heard-{new_id()}")
    where = {"EventBusName": settings().event_bus_name, "Rule": f"rule-{new_id()}"}
    pattern = json.dumps({"detail-type": ["assessment.attempt_submitted"]})
    bridge.put_rule(Name=where["Rule"], EventBusName=where["EventBusName"], EventPattern=pattern)
    bridge.put_targets(**where, Targets=[{"Id": "queue", "Arn": arn}])
    event = {
        "source": "lodestar.assessment",
        "detail-type": "assessment.attempt_submitted",
        "detail": {"event_id": str(new_id())},
    }
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:grade_attempt"
    target: Any = {"TARGET_ARN": {"DataType": "String", "StringValue": machine}}
    sqs.send_message(QueueUrl=dead, MessageBody=json.dumps(event), MessageAttributes=target)
    assert handler({"domain": "statemachines"}, None) == {"redriven": 1, "left": 0}
    (body,) = bodies(heard)
    assert json.loads(body)["detail"] == event["detail"]
    bridge.remove_targets(**where, Ids=["queue"])
    bridge.delete_rule(Name=where["Rule"], EventBusName=where["EventBusName"])
