"""The simulated vendors, and a reaction's queue."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from lodestar import aws
from lodestar.config import settings
from tests.assessment.grading.conftest import running_simulators, simulators
from tests.resilience.letters import Queues

__all__ = ["queues", "running_simulators", "simulators"]


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queues]:
    prefix = f"stack-{uuid4().hex[:12]}-"
    monkeypatch.setenv("QUEUE_PREFIX", prefix)
    settings.cache_clear()
    made = Queues.of_domain(prefix, "Messaging")
    ask = aws.call

    def call(service: str, target: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
        """moto does not say which queue a letter comes from, as AWS does."""
        answer = ask(service, target, body, **options)
        for letter in answer.get("Messages", []):
            letter["Attributes"]["DeadLetterQueueSourceArn"] = made.arn
        return answer

    monkeypatch.setattr(aws, "call", call)
    yield made
    monkeypatch.undo()
    settings.cache_clear()
