"""A reaction's queue with its dead letters, and what AWS does between queue and Lambda: batches, failures that come
again, and after three times the dead-letter queue."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

from tests.bus import queue_event

TRIES = 3
BATCH = 10
Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Queues:
    """The URLs of a domain's queue and of its dead letters, named as the domain's stack names them."""

    queue: str
    dead: str

    @classmethod
    def of_domain(cls, prefix: str, domain: str) -> "Queues":
        sqs: Any = boto3.client("sqs")
        dead = sqs.create_queue(QueueName=f"{prefix}{domain}-1-DeadLetters-2")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]
        redrive = {"deadLetterTargetArn": attributes["QueueArn"], "maxReceiveCount": TRIES}
        queue = sqs.create_queue(
            QueueName=f"{prefix}{domain}-1-ReactionQueue-3",
            Attributes={"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "0"},
        )
        return cls(queue["QueueUrl"], dead)

    @property
    def arn(self) -> str:
        return _attribute(self.queue, "QueueArn")

    def send(self, messages: Sequence[dict[str, Any]]) -> None:
        """Events as a rule puts them there."""
        self.send_bodies([record["body"] for record in queue_event(*messages)["Records"]])

    def send_bodies(self, bodies: Sequence[str]) -> None:
        sqs: Any = boto3.client("sqs")
        for start in range(0, len(bodies), BATCH):
            entries = [
                {"Id": str(at), "MessageBody": b} for at, b in enumerate(bodies[start : start + BATCH])
            ]
            sqs.send_message_batch(QueueUrl=self.queue, Entries=entries)

    def work_off(self, handler: Handler) -> int:
        """Hand everything to the Lambda until the queue is empty. Returns how many messages it took."""
        taken = 0
        sqs: Any = boto3.client("sqs")
        wanted = {"MaxNumberOfMessages": BATCH, "AttributeNames": ["All"]}
        while messages := sqs.receive_message(QueueUrl=self.queue, **wanted).get("Messages"):
            records = [
                {"messageId": m["MessageId"], "body": m["Body"], "attributes": m["Attributes"]}
                for m in messages
            ]
            answer = handler({"Records": records}, None)
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            done = [
                {"Id": str(nth), "ReceiptHandle": m["ReceiptHandle"]}
                for nth, m in enumerate(messages)
                if m["MessageId"] not in failed
            ]
            if done:
                sqs.delete_message_batch(QueueUrl=self.queue, Entries=done)
            taken += len(done)
        return taken

    def letters(self) -> int:
        """How many are dead."""
        return int(_attribute(self.dead, "ApproximateNumberOfMessages"))


def _attribute(queue: str, name: Any) -> str:
    answer = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=[name])
    return str(answer["Attributes"][name])
