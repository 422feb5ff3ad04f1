"""R5: workers and PostgreSQL killed while learners work; what was acknowledged is there, once, soon after."""

import json
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from local.client import NotInTime, wait_for
from local.stack import Stack
from tests.bus import subscribers
from tests.proof import Proof, generator, size
from tests.stack.aws import client
from tests.stack.executions import walks_of
from tests.stack.functions import invoke
from tests.stack.product import Product
from tests.stack.storm import Acknowledged, Crowd, Lightning, rage

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.proof]
STEPWISE = {
    "messaging.batch_continued", "messaging.deliveries_queued", "messaging.inbound_received", "messaging.webhooks_queued",
}  # fmt: skip
"""Whose reactions work in steps and leave no row in the inbox: the rows that they claim say what was done."""

WORKERS = size(slice=5, whole=200)
DATABASES = size(slice=0, whole=20)
THREADS = size(slice=3, whole=12)
DRAINED_SECONDS = 90
LONGEST_SECONDS = 400
HELD = [
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
]  # fmt: skip
UNFINISHED = "SELECT id FROM assessment.attempts WHERE state IN ('preparing', 'submitted', 'grading') AND created_at >= :since"
UNPUBLISHED = "SELECT id, name FROM backbone.outbox WHERE published_at IS NULL"


def test_a_storm_loses_nothing_and_doubles_nothing(served: Product, proof: Proof) -> None:
    (began,) = served.execute("SELECT now() AS at")
    crowd, lightning = Crowd(served), Lightning(served, generator("storm"))
    pool, working = crowd.work(THREADS)
    with pool:
        try:
            rage(lightning, crowd, workers=WORKERS, databases=DATABASES, every_seconds=0.3)
        finally:
            crowd.over.set()
        calm = time.monotonic()
    for done in working:
        done.result()
    seconds, last = drained(served, since=began["at"], calm=calm)
    wrong = [
        *lost(served, crowd.acknowledged),
        *doubled(served, since=began["at"]),
        *unheard(served, since=began["at"]),
    ]
    if seconds > DRAINED_SECONDS:
        wrong.append(f"drained after {seconds:.0f} s, not within {DRAINED_SECONDS}; the last were {last}")
    struck = f"{lightning.struck} workers and {lightning.databases_struck} times PostgreSQL killed"
    note = f"{struck}, drained after {seconds:.0f} s"
    proof.found("R5", "acknowledged writes in a storm", tried=len(crowd.acknowledged), wrong=wrong, note=note)


def test_a_queue_holds_what_is_delayed_too(served: Product) -> None:
    """A storm was called over while insights' queue still held events back for its five seconds."""
    sqs = client(served.stack, "sqs")
    url = sqs.create_queue(QueueName="delays", Attributes={"DelaySeconds": "900"})["QueueUrl"]
    try:
        sqs.send_message(QueueUrl=url, MessageBody="{}")
        assert messages(served.stack)["delays"] == 1
    finally:
        sqs.delete_queue(QueueUrl=url)


def drained(served: Product, *, since: object, calm: float) -> tuple[float, list[str]]:
    """Seconds from the last kill until nothing waits anywhere: attempts, outbox, queues; and what waited longest."""
    of_schedules: dict[str, int] = {}
    last: list[str] = []

    def waiting() -> list[str]:
        unfinished = [str(row["id"]) for row in served.execute(UNFINISHED, since=since)]
        left = [attempt_id for attempt_id in unfinished if nobody_works_on(served, attempt_id)]
        for attempt_id in left:
            served.let_pass(attempt_id)
        if left:
            served.reconcile()
        letters = {name: n for name, n in messages(served.stack).items() if n > of_schedules.get(name, 0)}
        for name, held in letters.items():
            if "DeadLetters" in name:
                of_schedules[name] = held - redrive(served.stack, name)
        events = [row["name"] for row in served.execute(UNPUBLISHED)]
        if found := [*unfinished, *events, *letters]:
            last[:] = found
        return found

    with suppress(NotInTime):
        wait_for(lambda: not waiting(), seconds=LONGEST_SECONDS, what="calm")
    return time.monotonic() - calm, last


def nobody_works_on(served: Product, attempt_id: str) -> bool:
    machines = ("generate_content", "grade_attempt")
    return all(w.has_ended for m in machines for w in walks_of(served.stack, m, attempt_id))


def messages(stack: Stack) -> dict[str, int]:
    """How many messages each queue holds: waiting, taken, and not to be taken before their delay is over."""
    queues = client(stack, "sqs")
    found = {}
    for url in queues.list_queues().get("QueueUrls", []):
        held = queues.get_queue_attributes(QueueUrl=url, AttributeNames=HELD)["Attributes"]
        found[url.rpartition("/")[2]] = sum(int(held[name]) for name in HELD)
    return found


def redrive(stack: Stack, queue: str) -> int:
    """Send a domain's dead letters back, as its runbook says; how many went. What stays, a schedule left that runs again."""
    domain = queue.split("-")[1].lower()
    return int(invoke(stack, "Redrive", domain=domain)["redriven"])


def lost(served: Product, acknowledged: Acknowledged) -> Iterator[str]:
    """Of what was acknowledged, what is not there, or not once."""
    yield from lost_people(served, acknowledged)
    yield from lost_work(served, acknowledged)


def lost_people(served: Product, acknowledged: Acknowledged) -> Iterator[str]:
    """Members, what they chose and what they were given."""
    for email in acknowledged.people:
        if count(served, "FROM identity.users AS u JOIN identity.memberships AS m ON m.user_id = u.id "
                         "WHERE u.email = :email", email=email) != 1:  # fmt: skip
            yield f"{email} is not a member, once"
    for enrollment_id, background_id in acknowledged.backgrounds:
        if not count(served, "FROM learning.enrollments WHERE id = :id AND background_id = :background",
                     id=enrollment_id, background=background_id):  # fmt: skip
            yield f"{enrollment_id} has not the background {background_id}"
    for enrollment_id in acknowledged.overrides:
        if count(served, "FROM learning.progress_overrides WHERE enrollment_id = :id", id=enrollment_id) != 1:
            yield f"{enrollment_id} was not given its stars, once"


def lost_work(served: Product, acknowledged: Acknowledged) -> Iterator[str]:
    """Attempts, what was handed in, what was watched."""
    for enrollment_id, attempt_id in acknowledged.attempts:
        if not count(served, "FROM assessment.attempts WHERE id = :id AND enrollment_id = :enrollment",
                     id=attempt_id, enrollment=enrollment_id):  # fmt: skip
            yield f"attempt {attempt_id} is gone"
    for attempt_id in acknowledged.submissions:
        (attempt,) = served.execute(
            "SELECT state, failure_code, review_reason FROM assessment.attempts WHERE id = :id", id=attempt_id
        )
        named = {"graded": True, "failed": attempt["failure_code"], "needs_review": attempt["review_reason"]}
        if not named.get(attempt["state"]):
            yield f"submission of {attempt_id} ended {attempt}"
    for learner_id, asset_id, covered_ms in acknowledged.played:
        if not count(served, "FROM media.playback_segments WHERE learner_id = :learner AND asset_id = :asset "
                             "AND covered_ms >= :covered", learner=learner_id, asset=asset_id, covered=covered_ms):  # fmt: skip
            yield f"{learner_id} played {covered_ms} ms of {asset_id}"


ONCE = {
    "attempts opened for one place": "SELECT enrollment_id, assessment_id, lesson_id FROM assessment.attempts "
    "WHERE created_at >= :since AND state <> 'failed' GROUP BY 1, 2, 3 HAVING count(*) > 1",
    "grades of one run": "SELECT attempt_id, run FROM assessment.grades WHERE created_at >= :since "
    "GROUP BY 1, 2 HAVING count(*) > 1",
    "outcomes told of one attempt": "SELECT detail->'data'->>'attempt_id' FROM backbone.outbox "
    "WHERE name IN ('assessment.attempt_graded', 'assessment.attempt_failed', 'assessment.review_needed') "
    "AND occurred_at >= :since GROUP BY 1 HAVING count(*) > 1",
    "stars told twice": "SELECT detail->'data'->>'enrollment_id', detail->'data'->>'star' FROM backbone.outbox "
    "WHERE name = 'learning.star_awarded' AND occurred_at >= :since GROUP BY 1, 2 HAVING count(*) > 1",
    "completions told twice": "SELECT detail->'data'->>'learner_id', detail->'data'->>'asset_id' FROM backbone.outbox "
    "WHERE name = 'media.playback_completed' AND occurred_at >= :since GROUP BY 1, 2 HAVING count(*) > 1",
    "notifications of one outcome": "SELECT recipient_id, type, target_id FROM messaging.notifications "
    "WHERE created_at >= :since AND type IN ('attempt_graded', 'attempt_failed', 'review_needed') "
    "GROUP BY 1, 2, 3 HAVING count(*) > 1",
}


def doubled(served: Product, *, since: object) -> Iterator[str]:
    """What is there more than once."""
    for what, query in ONCE.items():
        for row in served.execute(query, since=since):
            yield f"{what}: {json.dumps(row, default=str)}"


def unheard(served: Product, *, since: object) -> Iterator[str]:
    """Events that a reaction should have handled, once, and did not."""
    for name, handlers in subscribers().items():
        if name in STEPWISE:
            continue
        rows = served.execute(
            "SELECT o.id, count(i.processed_at) AS heard FROM backbone.outbox AS o "
            "LEFT JOIN backbone.inbox AS i ON i.event_id = o.id "
            "WHERE o.name = :name AND o.occurred_at >= :since GROUP BY o.id HAVING count(i.processed_at) <> :all",
            name=name, since=since, all=len(handlers),
        )  # fmt: skip
        for row in rows:
            yield f"{name} {row['id']}: {row['heard']} of {len(handlers)} reactions"


def count(served: Product, rest: str, **values: object) -> int:
    (row,) = served.execute(f"SELECT count(*) AS n {rest}", **values)
    return int(row["n"])
