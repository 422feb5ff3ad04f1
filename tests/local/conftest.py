"""Servers of the tests' own: an embedded AWS with the patches, and one without."""

import io
import itertools
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from textwrap import dedent
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local import aws
from local.processes import free_port, wait_until

_numbers = itertools.count()


@dataclass(frozen=True)
class Emulator:
    """A running emulator and what a test does with it."""

    directory: Path
    port: int
    process: Popen[bytes]

    def client(self, service: str) -> Any:
        """An SDK client as the account's root, which never repeats a call on its own."""
        access = aws.credentials(self.directory, port=self.port)
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=access["AWS_ENDPOINT_URL"],
            region_name=aws.REGION,
            aws_access_key_id=access["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=access["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"max_attempts": 0}),
        )

    def create_function(self, code: str, **options: Any) -> str:
        """A function from the source of its module; `handler(event, context)` is called. The value is its name."""
        name = f"function-{next(_numbers)}"
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as writer:
            undated = zipfile.ZipInfo("index.py")  # equal code is equal bytes, in whichever second
            writer.writestr(undated, dedent(code))
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="index.handler",
            Role=f"arn:aws:iam::000000000000:role/{name}",
            Code={"ZipFile": archive.getvalue()},
            Timeout=30,
            **options,
        )
        return name

    def invoke(self, name: str, event: object = None) -> Any:
        """What the function returned, or the error document of what it raised."""
        answer = self.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
        return json.loads(answer["Payload"].read())

    def deploy(self, stack: str, template: str) -> tuple[str, str]:
        """Create or update a stack; its final status, and the reason of the part that failed."""
        formation = self.client("cloudformation")
        options = {
            "StackName": stack,
            "TemplateBody": dedent(template),
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        }
        existing = [known["StackName"] for known in formation.describe_stacks()["Stacks"]]
        (formation.update_stack if stack in existing else formation.create_stack)(**options)

        def ended() -> bool:
            return not self._described(stack)["StackStatus"].endswith("IN_PROGRESS")

        wait_until(ended, seconds=30, what="the deployment")
        events = formation.describe_stack_events(StackName=stack)["StackEvents"]
        failed = [
            event["ResourceStatusReason"] for event in events if event["ResourceStatus"].endswith("FAILED")
        ]
        return self._described(stack)["StackStatus"], " ".join(failed)

    def outputs(self, stack: str) -> dict[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self._described(stack)["Outputs"]}

    def _described(self, stack: str) -> Any:
        return self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]


@contextmanager
def running_emulator(directory: Path, *, module: str) -> Iterator[Emulator]:
    """An emulator on a free port, ended with the block."""
    port = free_port()
    process = aws.start(directory, port=port, module=module)
    try:
        wait_until(
            lambda: aws.is_ready(port) or process.poll() is not None, seconds=90, what="start of the emulator"
        )
        assert process.poll() is None, (directory / "aws.log").read_text()
        yield Emulator(directory, port, process)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def patched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The embedded AWS as the stack runs it."""
    with running_emulator(tmp_path_factory.mktemp("patched"), module="local.emulator") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def unpatched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Upstream as it is."""
    with running_emulator(tmp_path_factory.mktemp("unpatched"), module="ministack") as emulator:
        yield emulator
