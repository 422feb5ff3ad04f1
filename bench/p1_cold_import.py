"""P1: the cold import of every endpoint over a bare fastapi + mangum + sqlalchemy.orm + pg8000 engine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from bench.driver import Result, compare
from local.openapi import ROOT, endpoint_modules

BARE = """
import fastapi, mangum, sqlalchemy.orm
sqlalchemy.create_engine("postgresql+pg8000://user@host/name")
"""
FORBIDDEN = ("boto3", "stripe", "openai", "google.genai", "aws_xray_sdk", "botocore.session", "av")
TARGET = 1.30


def measure() -> Iterator[Result]:
    """Every endpoint is imported once; the three slowest are compared in rounds and shown."""
    modules = list(endpoint_modules())
    quick = sorted((_ratio(module, rounds=1) for module in modules), key=lambda r: r.value, reverse=True)
    for worst in quick[:3]:
        yield _ratio(worst.what, rounds=7)
    yield Result("P1", f"endpoints of {len(modules)} that import an SDK", len(_with_sdk(modules)), 0)


def _ratio(module: str, *, rounds: int) -> Result:
    return compare(
        "P1",
        module,
        baseline=lambda: _python(BARE),
        candidate=lambda: _python(f"import {module}", domain=module.partition(".")[0]),
        target=TARGET,
        rounds=rounds,
    )


def _with_sdk(modules: list[str]) -> list[str]:
    found = []
    for module in modules:
        check = f"import {module}, sys, json; print(json.dumps([m for m in {FORBIDDEN} if m in sys.modules]))"
        if json.loads(_python(check, domain=module.partition(".")[0])):
            found.append(module)
    return found


def _python(code: str, *, domain: str | None = None) -> str:
    path = [str(ROOT / "layers/common"), *([str(ROOT / f"functions/{domain}/src")] if domain else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return run.stdout
