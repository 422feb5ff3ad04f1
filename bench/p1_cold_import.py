"""P1: the cold import of every endpoint over a bare fastapi + mangum + sqlalchemy.orm + pg8000 engine."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial

from bench.driver import Result, compare, timed
from local.openapi import ROOT, endpoint_modules

BARE = """
import fastapi, mangum, sqlalchemy.orm
sqlalchemy.create_engine("postgresql+pg8000://user@host/name")
"""
FORBIDDEN = (
    "boto3", "stripe", "openai", "google.genai", "aws_xray_sdk", "botocore.session", "av", "httpx", "pydantic.v1",
    "tomllib",
)  # fmt: skip
"""What only some requests need, or none."""
TARGET = 1.30
SAY = f"print(json.dumps([m for m in {FORBIDDEN} if m in sys.modules]), flush=True)"
EACH = f"""
import json, os, sys
{BARE}
for module in sys.argv[1:]:
    if os.fork() == 0:
        __import__(module)
        {SAY}
        os._exit(0)
    os.wait()
"""


def measure() -> Iterator[Result]:
    """Every endpoint is imported; the three slowest are compared in rounds and shown."""
    modules = list(endpoint_modules())
    laden = [module for module, found in brought_by_each(modules).items() if found]
    seconds = {module: timed(partial(brought, module)) for module in modules}
    for worst in sorted(modules, key=lambda module: -seconds[module])[:3]:
        yield compare(
            "P1",
            worst,
            baseline=lambda: _python(BARE),
            candidate=partial(brought, worst),
            target=TARGET,
            rounds=7,
        )
    yield Result(
        "P1",
        f"endpoints of {len(modules)} that import what they do not need",
        len(laden),
        0,
        note=", ".join(laden),
    )


def brought(module: str) -> list[str]:
    """Import the endpoint in a process of its own; what came with it of what should not."""
    said = _python(f"import {module}, sys, json; {SAY}", domains=[module.partition(".")[0]])
    found: list[str] = json.loads(said)
    return found


def brought_by_each(modules: Sequence[str]) -> dict[str, list[str]]:
    """The same of many, each imported in a fork of a process that has imported what all have."""
    lines = _python(
        EACH, *modules, domains=sorted({module.partition(".")[0] for module in modules})
    ).splitlines()
    return dict(zip(modules, map(json.loads, lines), strict=True))


def _python(code: str, *arguments: str, domains: Sequence[str] = ()) -> str:
    path = [str(ROOT / "layers/common"), *(str(ROOT / f"functions/{domain}/src") for domain in domains)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, check=True, capture_output=True, text=True
    )
    return run.stdout
