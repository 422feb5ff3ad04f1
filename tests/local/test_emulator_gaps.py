"""Every patch of local/emulator.py: the gap upstream, and that it is closed here.

When the half on `unpatched` fails, upstream has closed its gap: delete that patch and its test.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

import psutil
import pytest

from local.emulator import raised_class
from local.processes import NeverHappened, is_alive, wait_until
from tests.local.conftest import Emulator, running_emulator

SAM_CHILD = """
    AWSTemplateFormatVersion: "2010-09-09"
    Transform: AWS::Serverless-2016-10-31
    Resources:
      Greeting:
        Type: AWS::Serverless::Function
        Properties:
          Runtime: python3.13
          Handler: index.handler
          InlineCode: "def handler(event, context): return 'hello'"
    Outputs: {Greeting: {Value: !Ref Greeting}}
"""
ROLE_CHILD = """
    Parameters: {Queue: {Type: String}}
    Resources:
      Role:
        Type: AWS::IAM::Role
        Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}
      Work: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Queue}}
    Outputs: {Role: {Value: !GetAtt Role.Arn}}
"""


def root(emulator: Emulator, child: str, *, output: str, parameters: str = "{}") -> str:
    """A root template around a nested one, which is put into the emulator's storage."""
    storage = emulator.client("s3")
    storage.create_bucket(Bucket="templates")
    storage.put_object(Bucket="templates", Key=f"{output}.yaml", Body=dedent(child).encode())
    url = f"http://127.0.0.1:{emulator.port}/templates/{output}.yaml"
    return f"""
        Resources:
          Child:
            Type: AWS::CloudFormation::Stack
            Properties: {{TemplateURL: "{url}", Parameters: {parameters}}}
        Outputs: {{ {output}: {{Value: !GetAtt Child.Outputs.{output}}} }}
    """


def test_a_nested_template_is_transformed(patched: Emulator) -> None:
    status, reason = patched.deploy("nested", root(patched, SAM_CHILD, output="Greeting"))
    assert (status, reason) == ("CREATE_COMPLETE", "")
    assert patched.invoke(patched.outputs("nested")["Greeting"]) == "hello"


def test_upstream_does_not_transform_a_nested_template(unpatched: Emulator) -> None:
    status, reason = unpatched.deploy("nested", root(unpatched, SAM_CHILD, output="Greeting"))
    assert status != "CREATE_COMPLETE"
    assert "Unsupported resource type: AWS::Serverless::Function" in reason


def update_beside_a_role(emulator: Emulator) -> tuple[str, str]:
    """Deploy, then update a nested stack in which the role stays as it is."""
    for queue in ("before", "after"):
        template = root(emulator, ROLE_CHILD, output="Role", parameters=f"{{Queue: {queue}}}")
        outcome = emulator.deploy("roles", template)
    return outcome


def test_an_untouched_nested_resource_keeps_its_attributes(patched: Emulator) -> None:
    assert update_beside_a_role(patched) == ("UPDATE_COMPLETE", "")
    assert patched.outputs("roles")["Role"].startswith("arn:aws:iam::")


def test_upstream_loses_the_attributes_of_an_untouched_nested_resource(unpatched: Emulator) -> None:
    status, reason = update_beside_a_role(unpatched)
    assert (status, "Arn" in reason) == ("UPDATE_ROLLBACK_FAILED", True), reason


FAILING = """
    import os

    class SlotTaken(Exception):
        pass

    def handler(event, context):
        if event == "die":
            os._exit(1)
        if event == "turn deaf":
            os.dup2(os.pipe()[0], 0)
            return None
        raise SlotTaken("of two lines:\\nNotThis: the second")
"""
STILLBORN = "__import__('os')._exit(1)"


def test_an_error_has_the_class_that_the_handler_raised(patched: Emulator) -> None:
    failing = patched.create_function(FAILING)
    error = patched.invoke(failing)
    assert error["errorType"] == "SlotTaken"
    assert error["errorMessage"] == "of two lines:\nNotThis: the second"
    assert patched.invoke(failing, "die")["errorType"] == "Runtime.ExitError"
    patched.invoke(failing, "turn deaf")
    assert patched.invoke(failing, "what nobody reads")["errorType"] == "Runtime.ExitError"
    assert patched.invoke(patched.create_function(STILLBORN))["errorType"] == "Runtime.ExitError"


def test_upstream_names_every_error_alike(unpatched: Emulator) -> None:
    failing = unpatched.create_function(FAILING)
    assert {unpatched.invoke(failing, event)["errorType"] for event in ("raise", "die")} == {
        "Runtime.HandlerError"
    }


@pytest.mark.parametrize(
    ("log", "name"),
    [
        ("nothing was raised", None),
        ('Traceback (most recent call last):\n  File "a.py", line 1\n    f()\nValueError: bad', "ValueError"),
        ('Traceback (most recent call last):\n  File "a.py"\nlive.errors.SlotTaken: gone', "SlotTaken"),
        ("Traceback (most recent call last):\n  File\nKeyError\n\nDuring\n\n"
         "Traceback (most recent call last):\n  File\nTimeoutError\n", "TimeoutError"),
    ],
)  # fmt: skip
def test_the_class_is_read_from_the_last_traceback(log: str, name: str | None) -> None:
    assert raised_class(log) == name


IDLE_WORKER = """
import types
import ministack.core.lambda_runtime as runtime
from local.emulator import reap_every_idle_worker
if {patched}:
    reap_every_idle_worker()
worker = types.SimpleNamespace(in_use=False, last_used=0.0, config={{}}, _proc=None, _discard_tmpdir=lambda: None)
busy = types.SimpleNamespace(in_use=True, last_used=0.0, config={{}}, _proc=None, _discard_tmpdir=lambda: None)
runtime._workers.update({{"idle": [worker], "busy": [busy]}})
runtime.reap_idle_workers(1)
print(",".join(runtime._workers))
"""


@pytest.mark.parametrize(("patched_here", "left"), [(True, "busy"), (False, "idle,busy")])
def test_a_function_s_only_idle_worker_is_reaped(patched_here: bool, left: str) -> None:
    script = IDLE_WORKER.format(patched=patched_here)
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == left


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


BUSY = """
    import os, pathlib, time

    def handler(event, context):
        pathlib.Path(event).write_text(str(os.getpid()))
        time.sleep(20)
"""


@pytest.mark.parametrize(("module", "ends"), [("local.emulator", True), ("ministack", False)])
def test_a_busy_worker_ends_with_the_emulator(tmp_path: Path, module: str, ends: bool) -> None:
    note = tmp_path / "pid"
    with running_emulator(tmp_path / "aws", module=module) as emulator:
        busy = emulator.create_function(BUSY)
        emulator.client("lambda").invoke(
            FunctionName=busy, InvocationType="Event", Payload=json.dumps(str(note)).encode()
        )
        wait_until(lambda: note.exists() and note.read_text() != "", seconds=20, what="the call")
        emulator.process.kill()
        emulator.process.wait()
    worker = int(note.read_text())
    try:
        wait_until(lambda: not is_alive(worker), seconds=20 if ends else 4, what="end of the worker")
    except NeverHappened:
        assert not ends
    else:
        assert ends


SILENT = """
    def handler(event, context):
        return __import__("os").path.realpath(__file__)
"""


def fastest_warm_call(emulator: Emulator) -> float:
    """Seconds, of twenty."""
    silent = emulator.create_function(SILENT)
    emulator.invoke(silent)
    times: list[float] = []
    for _ in range(20):
        started = time.perf_counter()
        emulator.invoke(silent)
        times.append(time.perf_counter() - started)
    return min(times)


def test_a_warm_call_does_not_wait_for_logs(patched: Emulator, unpatched: Emulator) -> None:
    with_wait = fastest_warm_call(unpatched)
    assert with_wait > 0.05
    assert fastest_warm_call(patched) < with_wait - 0.03


def test_a_worker_is_born_with_the_libraries_and_without_the_product(
    patched: Emulator, unpatched: Emulator
) -> None:
    code = """
        import sys
        loaded = ["fastapi" in sys.modules, "lodestar" in sys.modules, "local" in sys.modules]

        def handler(event, context):
            return loaded
    """
    assert patched.invoke(patched.create_function(code)) == [True, False, False]
    assert unpatched.invoke(unpatched.create_function(code)) == [False, False, False]


def test_without_the_nursery_workers_are_still_born(tmp_path: Path) -> None:
    with running_emulator(tmp_path, module="local.emulator") as emulator:
        emulator.invoke(emulator.create_function(SILENT))
        children = psutil.Process(emulator.process.pid).children()
        nursery = next(child for child in children if "local.nursery" in child.cmdline())
        worker = nursery.children()[0]
        nursery.kill()
        wait_until(lambda: not is_alive(worker.pid), seconds=20, what="end of its workers")
        assert emulator.invoke(emulator.create_function(SILENT)).endswith("index.py")


def test_workers_share_one_copy_of_the_code(patched: Emulator, unpatched: Emulator) -> None:
    def paths(emulator: Emulator) -> set[str]:
        return {emulator.invoke(emulator.create_function(SILENT)) for _ in range(2)}

    assert len(paths(patched)) == 1
    assert len(paths(unpatched)) == 2


def test_permissions_are_enforced(patched: Emulator) -> None:
    function = patched.create_function(
        """
        import boto3

        def handler(event, context):
            boto3.client("events").put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "{}"}])
        """
    )
    assert "AccessDenied" in patched.invoke(function)["errorMessage"]


def test_only_this_machine_reaches_it(patched: Emulator) -> None:
    listening = {
        connection.laddr.ip
        for connection in psutil.Process(patched.process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}


def test_a_function_inherits_nothing_of_the_developer_s_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-developer")
    with running_emulator(tmp_path, module="local.emulator") as emulator:
        function = emulator.create_function(
            "import os\ndef handler(event, context): return sorted(os.environ)"
        )
        assert "OPENAI_API_KEY" not in emulator.invoke(function)
