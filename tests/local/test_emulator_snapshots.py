"""What the embedded AWS keeps when it is killed, and what keeping it costs: the patches of local/emulator.py for both.

When a half on `ministack` fails, upstream has closed its gap: delete that patch and its test.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import NeverHappened, wait_until
from tests.local.conftest import running_emulator


def queue_after_a_kill(directory: Path, *, module: str) -> list[str]:
    """Create a queue, let four seconds of snapshots pass, kill -9, start again: the queues there are."""
    with running_emulator(directory, module=module) as emulator:
        emulator.client("sqs").create_queue(QueueName="kept")
        try:
            saved = directory / "state" / "sqs.json"
            wait_until(
                lambda: saved.exists() and "kept" in saved.read_text(),
                seconds=8 if module == "ministack" else 30,
                what="a snapshot",
            )
        except NeverHappened:
            assert module == "ministack"
        emulator.process.kill()
        emulator.process.wait()
    with running_emulator(directory, module=module) as emulator:
        return list(emulator.client("sqs").list_queues().get("QueueUrls", []))


def test_state_survives_a_kill(tmp_path: Path) -> None:
    assert len(queue_after_a_kill(tmp_path, module="local.emulator")) == 1


SLOW_RESTORE = """
import threading
from ministack import app
from local.emulator import snapshot_state
saved = threading.Event()
app.save_all = lambda services: saved.set()
app._load_persisted_state = lambda: print("while restoring:", saved.wait(1))
snapshot_state(every=0.01)
app._load_persisted_state()
print("afterwards:", saved.wait(10))
"""


def test_nothing_is_saved_over_what_is_not_restored_yet() -> None:
    """A slow machine's emulator took longer than a snapshot's interval to come back, and forgot its functions."""
    ended = subprocess.run([sys.executable, "-c", SLOW_RESTORE], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines() == ["while restoring: False", "afterwards: True"]


SNAPSHOTS = """
import threading
from ministack import app
from ministack.services import cloudformation
from local.emulator import ALL_EVERY, LOGS, STACKS, snapshot_state
saved, enough = [], threading.Event()
def save(services):
    saved.append("".join(letter for letter, key in KEYS.items() if key in services))
    if len(saved) == 5:
        cloudformation._stack_events._data["a stack"] = ["its creation"]
    if len(saved) > ALL_EVERY:
        enough.set()
app.save_all, app._load_persisted_state = save, lambda: None
named = {module: key for key, module in app._state_map.items()}
KEYS = {"l": named[LOGS], "c": named[STACKS], "q": named["sqs"]}
app._build_persistence_save_dict = lambda: dict.fromkeys(KEYS.values(), dict)
snapshot_state(every=0.001)
app._load_persisted_state()
enough.wait(10)
print(*saved[:ALL_EVERY + 1])
"""


def test_a_snapshot_leaves_out_logs_but_every_twentieth_and_stacks_that_do_not_change() -> None:
    """A snapshot of all that was logged takes as long as there was much of it: half of the time under load. One of the
    product's stacks took an idle emulator a tenth of a core."""
    ended = subprocess.run([sys.executable, "-c", SNAPSHOTS], capture_output=True, text=True, check=True)
    changing = ["cq", "cq"]
    assert ended.stdout.split() == ["lcq", "cq", "q", "q", "q", *changing, *["q"] * 13, "lcq"]


ENCODING = """
import json, sys
from ministack.core import persistence
if {patched}:
    from local.emulator import encode_what_is_saved_in_c
    encode_what_is_saved_in_c()
persistence.PERSIST_STATE, persistence.STATE_DIR = True, sys.argv[1]
json.encoder._make_iterencode = None  # Python's own encoder
persistence.save_state("sqs", {{"queues": [b"kept"]}})
print(persistence.load_state("sqs"))
"""


@pytest.mark.parametrize(("patched_here", "kept"), [(True, "{'queues': [b'kept']}"), (False, "None")])
def test_what_is_saved_is_encoded_in_c(tmp_path: Path, patched_here: bool, kept: str) -> None:
    script = [sys.executable, "-c", ENCODING.format(patched=patched_here), str(tmp_path)]
    assert subprocess.run(script, capture_output=True, text=True, check=True).stdout.strip() == kept


@pytest.mark.slow
def test_upstream_loses_its_state_at_a_kill(tmp_path: Path) -> None:
    assert queue_after_a_kill(tmp_path, module="ministack") == []


def accounts_after_a_kill_at_once(directory: Path, *, module: str) -> list[str]:
    """Create an account, kill -9 as soon as that is answered, start again: the accounts there are."""
    with running_emulator(directory, module=module) as emulator:
        pool = emulator.client("cognito-idp").create_user_pool(PoolName="people")["UserPool"]["Id"]
        emulator.client("cognito-idp").admin_create_user(
            UserPoolId=pool, Username="sam", MessageAction="SUPPRESS"
        )
        emulator.process.kill()
        emulator.process.wait()
    with running_emulator(directory, module=module) as emulator:
        identity = emulator.client("cognito-idp")
        pools = [each["Id"] for each in identity.list_user_pools(MaxResults=10)["UserPools"]]
        return [user["Username"] for each in pools for user in identity.list_users(UserPoolId=each)["Users"]]


def test_an_account_that_was_answered_survives_a_kill_at_once(tmp_path: Path) -> None:
    assert accounts_after_a_kill_at_once(tmp_path, module="local.emulator") == ["sam"]


@pytest.mark.slow
def test_upstream_loses_an_account_at_a_kill(tmp_path: Path) -> None:
    assert accounts_after_a_kill_at_once(tmp_path, module="ministack") == []


def letters_after_a_kill_at_once(directory: Path, *, module: str) -> int:
    """Publish an event that a rule sends to a queue, kill -9 as soon as that is answered, start again, and count."""
    with running_emulator(directory, module=module) as emulator:
        queues, events = emulator.client("sqs"), emulator.client("events")
        url = queues.create_queue(QueueName="letters")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name="all", EventPattern=json.dumps({"source": ["lodestar.test"]}))
        events.put_targets(Rule="all", Targets=[{"Id": "queue", "Arn": arn}])
        events.put_events(Entries=[{"Source": "lodestar.test", "DetailType": "told", "Detail": "{}"}])
        emulator.process.kill()
        emulator.process.wait()
    with running_emulator(directory, module=module) as emulator:
        queues = emulator.client("sqs")
        urls = queues.list_queues().get("QueueUrls", [])
        return sum(len(queues.receive_message(QueueUrl=url).get("Messages", [])) for url in urls)


def test_an_event_that_was_answered_survives_a_kill_at_once(tmp_path: Path) -> None:
    assert letters_after_a_kill_at_once(tmp_path, module="local.emulator") == 1


@pytest.mark.slow
def test_upstream_loses_an_event_at_a_kill(tmp_path: Path) -> None:
    assert letters_after_a_kill_at_once(tmp_path, module="ministack") == 0
