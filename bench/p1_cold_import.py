"""P1: the cold import of every endpoint over a bare fastapi + mangum + sqlalchemy.orm + pg8000 engine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial

from bench.driver import Result, compare, timed
from local.openapi import ROOT, endpoint_modules

BARE = """
import fastapi, mangum, sqlalchemy.orm
sqlalchemy.create_engine("postgresql+pg8000://user@host/name")
"""
FORBIDDEN = ("boto3", "stripe", "openai", "google.genai", "aws_xray_sdk", "botocore.session", "av")
TARGET = 1.30


def measure() -> Iterator[Result]:
    """Every endpoint is imported twice; the three slowest are compared in rounds and shown."""
    modules = list(endpoint_modules())
    with_sdk = [module for module in modules if json.loads(_import(module))]
    seconds = {module: timed(partial(_import, module)) for module in modules}
    for worst in sorted(modules, key=lambda module: -seconds[module])[:3]:
        yield compare(
            "P1",
            worst,
            baseline=lambda: _python(BARE),
            candidate=partial(_import, worst),
            target=TARGET,
            rounds=7,
        )
    yield Result(
        "P1", f"endpoints of {len(modules)} that import an SDK", len(with_sdk), 0, note=", ".join(with_sdk)
    )


def _import(module: str) -> str:
    """The endpoint in a process of its own; which SDKs it brought, as JSON."""
    loaded = f"import {module}, sys, json; print(json.dumps([m for m in {FORBIDDEN} if m in sys.modules]))"
    return _python(loaded, domain=module.partition(".")[0])


def _python(code: str, *, domain: str | None = None) -> str:
    path = [str(ROOT / "layers/common"), *([str(ROOT / f"functions/{domain}/src")] if domain else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True
    )
    return run.stdout
