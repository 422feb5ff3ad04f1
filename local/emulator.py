"""The process that is AWS here: ministack 1.5.33, with what Lodestar's template needs and it does not do yet.

Each patch answers one observed gap, and tests/local/test_emulator_gaps.py and test_emulator_snapshots.py show the gap
without the patch: when that test fails, upstream has closed it and the patch goes.
Started by local/aws.py as `python -m local.emulator`, configured by ministack's own environment variables.
"""
# ruff: noqa: SLF001 - what is patched here has no public name

import contextlib
import hashlib
import itertools
import json
import logging
import os
import re
import resource
import subprocess
import sys
import threading
import time
import types
import zipfile
from collections import deque
from pathlib import Path
from typing import Any, TextIO

import ministack.core.lambda_runtime as runtime
import ministack.services.lambda_svc as lambda_service
from ministack import app
from ministack.core import persistence
from ministack.services import cloudformation, cognito, eventbridge, sqs
from ministack.services.cloudformation import engine, provisioners

from local.aws import CODE_CACHE_SETTING
from local.nursery import AVAILABLE, Nursery

SNAPSHOT_SECONDS = 3.0
LOGS, STACKS, ALL_EVERY = "cloudwatch_logs", "cloudformation", 20
DESCRIPTORS = 16_384
ACCOUNT_CHANGES = (
    "AdminConfirm", "AdminCreate", "AdminDelete", "AdminSet", "AdminUpdate", "ChangePassword", "Confirm",
    "CreateUserPool", "DeleteUser", "SetUser", "SignUp", "UpdateUser",
)  # fmt: skip
"""How Cognito's actions begin that change an account."""


def transform_nested_templates() -> None:
    """Provision what SAM makes of a nested stack's template.

    Unpatched, only the root is transformed: 'Unsupported resource type: AWS::Serverless::Function'.
    """
    check = provisioners._check_nested_stack_capabilities

    def check_and_transform(parent: str, template: dict[str, Any]) -> None:
        check(parent, template)
        transformed = engine._apply_transforms(dict(template))
        template.clear()
        template.update(transformed)

    provisioners._check_nested_stack_capabilities = check_and_transform


def keep_attributes_across_updates() -> None:
    """Let a nested resource that an update does not touch keep its attributes.

    Unpatched, they are lost: 'Requested attribute Arn does not exist in schema for AWS::IAM::Role'.
    """
    update = provisioners._update_resource

    def update_keeping_attributes(
        kind: str, physical_id: str, *changes: Any
    ) -> tuple[str, dict[str, Any] | None]:
        old, new, stack_name, logical_id, attributes = [*changes, None, None][:5]
        if attributes is None:
            resources = (cloudformation._stacks.get(stack_name) or {}).get("_resources", {})
            attributes = (resources.get(logical_id) or {}).get("Attributes") or {}
        new_id, updated = update(kind, physical_id, old, new, stack_name, logical_id, attributes)
        return new_id, ({**attributes, **(updated or {})} if new_id == physical_id else updated)

    provisioners._update_resource = update_keeping_attributes


def name_handler_errors() -> None:
    """Report the class of what a handler raised, as Lambda does, so that typed Retry and Catch match.

    Unpatched, every failure is 'Runtime.HandlerError', also that of a worker which died ('Runtime.ExitError').
    """
    execute = lambda_service._execute_function_warm

    def execute_and_name(function: Any, event: Any, request_id: str) -> dict[str, Any]:
        outcome: dict[str, Any] = execute(function, event, request_id)
        body = outcome.get("body")
        if outcome.get("error") and isinstance(body, dict):
            raised = raised_class(outcome.get("log") or "")
            if has_ended(str(body.get("errorMessage")), raised):
                body["errorType"] = "Runtime.ExitError"
            elif body.get("errorType") == "Runtime.HandlerError":
                body["errorType"] = raised or body["errorType"]
        return outcome

    lambda_service._execute_function_warm = execute_and_name


def has_ended(message: str, raised: str | None) -> bool:
    """Whether the worker died, rather than its handler raise: before its answer, its event, or its first word."""
    if message == "Worker process died" or message.startswith("Worker process exited immediately"):
        return True
    return raised is None and message.endswith("Broken pipe")


def raised_class(log: str) -> str | None:
    """The class name, without its module, in the last traceback of a log; None without a traceback."""
    _, header, frames = log.rpartition("Traceback (most recent call last):\n")
    if not header:
        return None
    raised = next((line for line in frames.splitlines() if line and not line.startswith(" ")), "")
    match = re.match(r"[A-Za-z_][\w.]*", raised)
    return match[0].rpartition(".")[2] if match else None


def reap_every_idle_worker() -> None:
    """End a function's workers once idle for LAMBDA_WARM_TTL_SECONDS.

    Unpatched, the first worker of each function stays for ever: 60 of them held 4.5 GB.
    """

    def reap(ttl: float | None = None) -> int:
        oldest = time.time() - (runtime._LOCAL_WORKER_TTL if ttl is None else ttl)
        idle: list[Any] = []
        with runtime._lock:
            for key, workers in list(runtime._workers.items()):
                kept = [worker for worker in workers if worker.in_use or worker.last_used > oldest]
                idle += [worker for worker in workers if worker not in kept]
                if kept:
                    runtime._workers[key] = kept
                else:
                    del runtime._workers[key]
        runtime.kill_workers(idle)
        return len(idle)

    runtime.reap_idle_workers = lambda_service.reap_idle_workers = reap


def snapshot_state(every: float = SNAPSHOT_SECONDS) -> None:
    """Save queues, users and all else every few seconds.

    Unpatched, only a graceful stop saves: a kill -9 loses them all. The first one waits until what was saved is
    restored: on a busy machine that takes longer than the interval, and it would overwrite what is not yet read.
    What functions logged is in every twentieth only: it grows with each request, and copying and writing it took half
    of a busy emulator's time. So are stacks, but while they change and once more: they were most of an idle one's.
    """

    save, restore = app.save_all, app._load_persisted_state
    one_at_a_time = threading.Lock()  # the stop saves too, to the same files

    def save_alone(services: Any) -> None:
        with one_at_a_time:
            save(services)

    def save_forever() -> None:
        told = deque[tuple[int, int]](maxlen=2)
        for turn in itertools.count():
            time.sleep(every)
            services = app._build_persistence_save_dict()
            now = _told_of_stacks()
            if turn % ALL_EVERY:
                services.pop(_key_of(LOGS), None)
                if list(told) == [now, now]:
                    services.pop(_key_of(STACKS), None)
            told.append(now)
            app.save_all(services)

    def restore_and_save_forever() -> None:
        restore()
        threading.Thread(target=save_forever, name="snapshots", daemon=True).start()

    app.save_all = save_alone
    app._load_persisted_state = restore_and_save_forever


def _told_of_stacks() -> tuple[int, int]:
    """How many events there are of stacks, and change sets: whatever is done to one adds an event."""
    events = list(cloudformation._stack_events._data.values())
    return sum(map(len, events)), len(cloudformation._change_sets._data)


def encode_what_is_saved_in_c() -> None:
    """Encode a service's state at once.

    Unpatched, it is streamed into its file, which only `json`'s encoder in Python does, in three times the time.
    """

    def dump(state: Any, file: TextIO, **options: Any) -> None:
        file.write(json.dumps(state, **options))

    persistence.json = types.SimpleNamespace(**{**vars(json), "dump": dump})


def save_each_account() -> None:
    """Save the user pool before a change to an account is answered.

    Unpatched, and with snapshots alone, a kill within their interval loses a person whom our database knows already;
    made again, they would have another subject, and be a stranger.
    """
    dispatch = cognito._dispatch_idp

    async def dispatch_and_save(action: str, data: dict[str, Any]) -> Any:
        answer = await dispatch(action, data)
        if action.startswith(ACCOUNT_CHANGES):
            _save(cognito)
        return answer

    cognito._dispatch_idp = dispatch_and_save


def save_each_event() -> None:
    """Save the queues before published events are answered, by when the rules have put them there.

    Unpatched, and with snapshots alone, a kill within their interval loses events that are marked as published.
    """
    put = eventbridge._put_events

    def put_and_save(*arguments: Any, **options: Any) -> Any:
        answer = put(*arguments, **options)
        _save(sqs)
        return answer

    eventbridge._put_events = put_and_save


def _save(service: types.ModuleType) -> None:
    app.save_all({_key_of(service.__name__.rpartition(".")[2]): service.get_state})


def _key_of(module: str) -> str:
    """Under which name a service's state is saved."""
    [key] = {key for key, named in app._state_map.items() if named == module}
    return str(key)


def end_workers_with_us() -> None:
    """A worker ends within a second of this process, also after a kill -9 in the middle of a call."""
    watch = """
import os as _os, threading as _threading, time as _time
def _end_with_its_parent(parent):
    while _os.getppid() == parent:
        _time.sleep(1)
    _os._exit(1)
_threading.Thread(target=_end_with_its_parent, args=[_os.getppid()], daemon=True).start()
"""
    runtime._PYTHON_WORKER_SCRIPT = watch + runtime._PYTHON_WORKER_SCRIPT


def fork_workers_from_a_nursery() -> None:
    """A cold start does not import again what every function stands on (see local/nursery.py)."""
    nursery = Nursery()

    def start(command: list[str], **options: Any) -> Any:
        if command[0] == sys.executable:
            with contextlib.suppress(OSError):
                return nursery.fork(command[1], directory=options["cwd"], environment=options["env"])
        return subprocess.Popen(command, **options)

    runtime.subprocess = types.SimpleNamespace(**{**vars(subprocess), "Popen": start})


def answer_without_waiting_for_logs() -> None:
    """A warm call that logs nothing waits 50 ms for a line that never comes; 5 ms find every line that does."""
    runtime.Worker._drain_stderr_bounded.__defaults__ = (0.005, 0.002, 0.25)


class ExtractedOnce(zipfile.ZipFile):
    """An archive whose content lies once on disk: workers link to it, and share the bytecode Python leaves there.

    A cold start then neither unzips nor compiles what an earlier one has.
    """

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        archive = Path(str(self.filename))
        content = Path(os.environ[CODE_CACHE_SETTING]) / hashlib.sha256(archive.read_bytes()).hexdigest()[:32]
        if not content.exists():
            draft = content.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            super().extractall(draft, members, pwd)
            try:
                draft.rename(content)
            except OSError:  # another worker was first
                if not content.exists():
                    raise
        for entry in content.iterdir():
            (Path(path) / entry.name).symlink_to(entry)


def extract_code_once() -> None:
    runtime.zipfile = types.SimpleNamespace(**{**vars(zipfile), "ZipFile": ExtractedOnce})


def allow_many_descriptors() -> None:
    """A worker holds four and a caller one: the 1,024 that are usual are few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def main() -> None:
    logging.getLogger("samtranslator.metrics").setLevel(
        logging.ERROR
    )  # it warns that nobody is told of our use
    allow_many_descriptors()
    transform_nested_templates()
    keep_attributes_across_updates()
    name_handler_errors()
    reap_every_idle_worker()
    snapshot_state()
    encode_what_is_saved_in_c()
    save_each_account()
    save_each_event()
    end_workers_with_us()
    answer_without_waiting_for_logs()
    extract_code_once()
    if AVAILABLE:
        fork_workers_from_a_nursery()
    app.main()


if __name__ == "__main__":
    main()
