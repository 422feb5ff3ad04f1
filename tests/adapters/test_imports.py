"""A port costs nothing until it is used: no vendor's library is loaded with it."""

import subprocess
import sys

import pytest

HEAVY = {"openai", "google.genai", "boto3", "botocore", "httpx", "av"}


@pytest.mark.parametrize("port", ["ai", "speech", "storage", "code_hosting"])
def test_importing_a_port_loads_no_vendor(port: str) -> None:
    script = f"import sys, lodestar.adapters.{port}; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": "layers/common"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert not HEAVY & set(loaded.stdout.split())
