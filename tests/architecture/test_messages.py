"""Reactions, schedules and their queues: whatever fails ends where someone finds it."""

from datetime import timedelta
from typing import Any

import pytest

from lodestar.adapters import wire
from messaging.service import outbound, sending
from tests.architecture.tree import STACKS, Function, functions, resources, stack

ATTEMPTS = 3
TIMEOUTS = 6
"""AWS asks for a visibility timeout of at least six times the function's timeout."""
LONGEST_INVISIBLE_SECONDS = 60
"""A message whose worker was killed is handled within 90 seconds (QUALITY.md R5)."""
CALLING = {"messaging.DeliveriesQueued", "messaging.InboundReceived", "messaging.OutboundQueued"}
"""What these do waits for somebody else's server for as long as it may take to answer, which six times over would hide a
killed worker's message too long. Six leaves room for a function that is throttled: here a message that came too often
meanwhile loses nothing, for its work waits in rows of which a schedule tells again each minute."""
TIMEOUTS_OF_CALLING = 2
AWS_OWN: dict[str, dict[str, Any]] = {
    "aws.s3": {"detail-type": ["Object Created"], "detail": {"bucket": {"name": [{"Ref": "MediaBucket"}]}}},
    "aws.ses": {
        "detail-type": [
            "Email Sent", "Email Delivered", "Email Delivery Delayed", "Email Bounced", "Email Complaint Received",
            "Email Rejected",
        ],
        "account": [{"Ref": "AWS::AccountId"}],
        "detail": {"mail": {"tags": {"ses:configuration-set": [{"Ref": "ConfigurationSet"}]}}},
    },
}  # fmt: skip
"""What services of AWS tell on the default bus, and of whose doing alone it may come to us."""
LONG = {
    "assessment.PreviewRequested", "identity.AuditExportRequested", "identity.AuditVerificationRequested",
    "insights.ExportRequested", "insights.ReportRequested",
}  # fmt: skip
"""What these make takes minutes. A run that died is known by its row's silence, and backbone's reconcile asks again; a
verification comes again from its queue."""

reactions = pytest.mark.parametrize("function", functions("reactions"), ids=str)
stacks = pytest.mark.parametrize("domain", STACKS)


def queue_of(function: Function) -> str:
    """The logical id of the queue that a reaction reads."""
    (event,) = function.events.values()
    assert event["Type"] == "SQS"
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    return str(event["Properties"]["Queue"]["Fn::GetAtt"]).removesuffix(".Arn")


def source_of(function: Function) -> str:
    """The text of a reaction's module."""
    return (function.source / f"{function.module_name.replace('.', '/')}.py").read_text()


def rules_into(domain: str, queue: str) -> list[dict[str, Any]]:
    """The rules that fill a queue."""
    return [
        rule
        for rule in resources(domain, "AWS::Events::Rule").values()
        if {"Fn::GetAtt": f"{queue}.Arn"} in [target["Arn"] for target in rule["Targets"]]
    ]


def service_of(rule: dict[str, Any]) -> str | None:
    """The service of AWS whose events the rule takes; None of a rule of our own bus."""
    return next((name for name in AWS_OWN if rule["EventPattern"].get("source") == [name]), None)


def statement(domain: str, sid: str) -> dict[str, Any]:
    """A statement of the domain's role; empty when it has none."""
    policies = stack(domain)["Resources"]["Role"]["Properties"]["Policies"]
    found = [s for policy in policies for s in policy["PolicyDocument"]["Statement"] if s["Sid"] == sid]
    return found[0] if found else {}


@reactions
def test_a_reaction_reads_a_queue_of_its_own(function: Function) -> None:
    queue = queue_of(function)
    readers = [f for f in functions("reactions") if f.domain == function.domain and queue_of(f) == queue]
    assert readers == [function]


@reactions
def test_a_message_that_keeps_failing_ends_in_the_dead_letters(function: Function) -> None:
    properties = resources(function.domain, "AWS::SQS::Queue")[queue_of(function)]
    assert properties["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": "DeadLetters.Arn"},
        "maxReceiveCount": ATTEMPTS,
    }
    times = TIMEOUTS_OF_CALLING if str(function) in CALLING else TIMEOUTS
    assert times * function.timeout <= properties["VisibilityTimeout"]
    assert str(function) in LONG or properties["VisibilityTimeout"] <= LONGEST_INVISIBLE_SECONDS
    assert properties["SqsManagedSseEnabled"] is True


@reactions
def test_a_reaction_that_works_in_steps_gets_one_message_at_a_time(function: Function) -> None:
    """Each message has the function's time to itself, by which its steps are measured: ten in one call had not."""
    (event,) = function.events.values()
    is_stepwise = "= stepwise_reaction(" in source_of(function)
    assert event["Properties"].get("BatchSize") == (1 if is_stepwise else None)
    assert is_stepwise or str(function) not in CALLING | LONG


@pytest.mark.parametrize(
    ("name", "begins", "answers", "claim"),
    [
        ("DeliveriesQueued", sending.RUN, wire.CONNECT_SECONDS + wire.ANSWER_SECONDS, sending.CLAIM),
        ("OutboundQueued", timedelta(seconds=outbound.RUN_SECONDS), outbound.TIMEOUT_SECONDS, outbound.CLAIM),
    ],
)
def test_a_claim_outlives_its_function_and_is_over_when_its_message_comes_again(
    name: str, begins: timedelta, answers: float, claim: timedelta
) -> None:
    """A call that begins as late as it may is answered, or given up, in time; whoever is killed is found to be."""
    (function,) = (f for f in functions("reactions") if str(f) == f"messaging.{name}")
    hidden = resources("messaging", "AWS::SQS::Queue")[queue_of(function)]["VisibilityTimeout"]
    assert begins.total_seconds() + answers < function.timeout
    assert function.timeout < claim.total_seconds()
    assert begins + claim < timedelta(seconds=hidden)


@reactions
def test_a_rule_fills_the_reactions_queue(function: Function) -> None:
    rules = rules_into(function.domain, queue_of(function))
    assert rules
    for rule in rules:
        if (service := service_of(rule)) is None:
            assert rule["EventBusName"] == {"Ref": "EventBusName"}
        else:
            assert rule["EventPattern"] == {"source": [service], **AWS_OWN[service]}


@stacks
def test_a_rules_undeliverable_events_end_in_the_dead_letters(domain: str) -> None:
    for logical_id, rule in resources(domain, "AWS::Events::Rule").items():
        for target in rule["Targets"]:
            assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": "DeadLetters.Arn"}}, logical_id


@stacks
def test_a_rule_names_events_that_a_contract_defines(domain: str) -> None:
    for logical_id, rule in resources(domain, "AWS::Events::Rule").items():
        if service_of(rule) is not None:
            continue
        assert set(rule["EventPattern"]["detail-type"]) <= published_events(), logical_id


@stacks
def test_the_queue_policy_lets_rules_into_exactly_the_queues_they_fill(domain: str) -> None:
    filled = {
        target["Arn"]["Fn::GetAtt"].removesuffix(".Arn")
        for rule in resources(domain, "AWS::Events::Rule").values()
        for target in rule["Targets"]
    }
    allowed = {
        queue["Ref"]
        for policy in resources(domain, "AWS::SQS::QueuePolicy").values()
        for queue in policy["Queues"]
    }
    assert allowed - {"DeadLetters"} == filled


@stacks
def test_the_role_may_read_exactly_the_queues_that_functions_read(domain: str) -> None:
    read = {queue_of(function) for function in functions("reactions") if function.domain == domain}
    allowed = {
        arn["Fn::GetAtt"].removesuffix(".Arn")
        for arn in statement(domain, "ConsumeQueues").get("Resource", [])
    }
    assert allowed == read


@pytest.mark.parametrize(
    "function",
    [f for f in functions() if any(e["Type"].startswith("Schedule") for e in f.events.values())],
    ids=str,
)
def test_a_schedule_that_fails_ends_in_the_dead_letters(function: Function) -> None:
    destination = function.properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]
    assert destination == {"Type": "SQS", "Destination": {"Fn::GetAtt": "DeadLetters.Arn"}}
    assert statement(function.domain, "KeepWhatFailed")["Resource"] == {"Fn::GetAtt": "DeadLetters.Arn"}


@pytest.mark.parametrize("function", functions("schedules"), ids=str)
def test_a_timed_job_has_a_schedule(function: Function) -> None:
    assert [event["Type"] for event in function.events.values()] == ["ScheduleV2"]


@pytest.mark.parametrize("function", functions("tasks"), ids=str)
def test_a_task_is_called_by_its_state_machine_only(function: Function) -> None:
    assert not function.events
    outputs = [output["Value"] for output in stack(function.domain)["Outputs"].values()]
    assert {"Fn::GetAtt": f"{function.logical_id}.Arn"} in outputs


def published_events() -> set[str]:
    """The names of all events that `lodestar.contracts` and `lodestar.audit` define."""
    import importlib
    import pkgutil

    import lodestar.audit
    import lodestar.contracts
    from lodestar.events import Event

    for module in pkgutil.iter_modules(lodestar.contracts.__path__, "lodestar.contracts."):
        importlib.import_module(module.name)

    def below(parent: type[Event]) -> set[str]:
        return {
            name
            for child in parent.__subclasses__()
            for name in {*below(child), *([child.name] if "name" in vars(child) else [])}
        }

    return below(Event)
