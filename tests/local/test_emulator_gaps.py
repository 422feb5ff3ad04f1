"""The patches of local/emulator.py, but those of what it keeps: the gap upstream, and that it is closed here.

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
