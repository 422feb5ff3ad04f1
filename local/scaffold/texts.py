"""The texts of a new function: its template block, its module, its first test."""

FUNCTION = """\
  {logical_id}:
    Type: AWS::Serverless::Function
    Properties:
      Role: !GetAtt Role.Arn
      Handler: {domain}.{kind}s.{name}.handler
"""
QUEUE = """\
  {logical_id}Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: {visibility}
      SqsManagedSseEnabled: true
      RedrivePolicy: {{deadLetterTargetArn: !GetAtt DeadLetters.Arn, maxReceiveCount: 3}}
  {logical_id}Rule:
    Type: AWS::Events::Rule
    Properties:
      EventBusName: !Ref EventBusName
      EventPattern: {{detail-type: [{event}]}}
      Targets:
        - {{Id: queue, Arn: !GetAtt {logical_id}Queue.Arn, DeadLetterConfig: {{Arn: !GetAtt DeadLetters.Arn}}}}
"""
MESSAGES = """\
      Timeout: {timeout}
      Events:
        Messages:
          Type: SQS
          Properties:
            Queue: !GetAtt {logical_id}Queue.Arn
            FunctionResponseTypes: [ReportBatchItemFailures]
"""
TIMER = """\
      EventInvokeConfig: {{DestinationConfig: {{OnFailure: {{Type: SQS, Destination: !GetAtt DeadLetters.Arn}}}}}}
      Events:
        Timer: {{Type: ScheduleV2, Properties: {{ScheduleExpression: {rate}}}}}
"""
CONSUME = """\
              - Sid: ConsumeQueues
                Effect: Allow
                Action: [sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes, sqs:ChangeMessageVisibility]
                Resource:
"""
MODULES = {
    "endpoint": '''\
"""{path} - who does what with it."""

from sqlalchemy import func, select

from lodestar.api import APIRouter, Caller, ReadModel, ReadSession, lambda_handler

router = APIRouter(tags=["{domain}"])


class {logical_id}Read(ReadModel):
    """What a caller sees."""

    organization: str


@router.get("{path}", summary="Read {words}")
def read_{name}(caller: Caller, session: ReadSession) -> {logical_id}Read:
    """The caller's {words}."""
    return {logical_id}Read(organization=session.scalars(select(func.current_setting("lodestar.org_id"))).one())


handler = lambda_handler(router)
''',
    "reaction": '''\
"""On {event}: what this domain does then."""

from sqlalchemy.orm import Session

from lodestar.contracts.{event_domain} import {event_class}
from lodestar.events import reaction
from lodestar.log import log


def react(_session: Session, event: {event_class}) -> None:
    """May run any number of times for one event; its effect is had once."""
    log.info("{name}_seen", reaction=event.name)


handler = reaction({event_class}, react)
''',
    "task": '''\
"""A step of a state machine: what it does, and which errors the machine must name."""

from uuid import UUID

from pydantic import BaseModel

from lodestar.jobs import task


class Input(BaseModel):
    """What the machine hands over."""

    org_id: UUID


def run(step: Input) -> Input:
    """May run twice."""
    return step


handler = task(Input, run)
''',
    "schedule": '''\
"""A timed job: what is swept, and how often."""

from collections.abc import Mapping

from lodestar.jobs import schedule


def run() -> Mapping[str, int]:
    """May run twice. Answers counts, which are logged."""
    return {{"swept": 0}}


handler = schedule(run)
''',
}
TESTS = {
    "endpoint": '''\
"""{path}."""

from uuid import uuid4

import pytest

from lodestar.principal import Role
from tests import gateway

pytestmark = pytest.mark.usefixtures("product")


def test_a_learner_reads_their_own_{name}() -> None:
    learner = gateway.Person(uuid4(), {{uuid4(): frozenset({{Role.LEARNER}})}})
    assert gateway.get("{path}", as_=learner).expect(200) == {{"organization": str(learner.org_id)}}
''',
    "reaction": '''\
"""{domain}, on {event}."""

import pytest

from tests.architecture.events import sample
from {domain}.reactions.{name} import handler

pytestmark = pytest.mark.usefixtures("product")


def test_an_event_that_comes_twice_has_its_effect_once() -> None:
    event = sample("{domain}", "{name}")
    assert handler(event, None) == {{"batchItemFailures": []}}
    assert handler(event, None) == {{"batchItemFailures": []}}
''',
    "task": '''\
"""{domain}'s step {name}."""

from tests.architecture.events import sample
from {domain}.tasks.{name} import handler


def test_a_step_that_runs_twice_answers_the_same() -> None:
    event = sample("{domain}", "{name}")
    assert handler(event, None) == handler(event, None)
''',
    "schedule": '''\
"""{domain}'s timed job {name}."""

from tests.architecture.events import sample
from {domain}.schedules.{name} import handler


def test_a_second_sweep_finds_nothing() -> None:
    handler(sample("{domain}", "{name}"), None)
    assert handler(sample("{domain}", "{name}"), None) == {{"swept": 0}}
''',
}
