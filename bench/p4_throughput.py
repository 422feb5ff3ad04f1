"""P4: HTTP requests a second of the product's request path, over a bare FastAPI with one prepared read.

Both are served by uvicorn, one process each, and asked by the same four keep-alive connections for the same row. The
product is its Lambda handler behind an adapter that makes API Gateway's event of each request (bench.serving), so that
both sides carry uvicorn, HTTP parsing and JSON, and the difference is what Lodestar does: event, caller, transaction
bound to its organization, row-level security, ORM. The authorizer is left out: API Gateway caches it.
"""

import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from bench.driver import Result, compare_rates
from bench.product import a_member, running
from bench.serving import BARE_URL, CONTEXT
from local import postgres
from local.processes import free_port, wait_until
from tests.gateway import post

TARGET = 0.6
CLIENTS, REQUESTS = 4, 100
ROUNDS = 15
START_SECONDS = 30


def measure() -> Iterator[Result]:
    """A round is 400 requests, 100 a connection."""
    with running() as (_, directory):
        _, staff = a_member("org_staff")
        bank = post("/v1/assessment/item-banks", {"key": "bench", "title": "Bench"}, as_=staff).expect(201)
        path = f"/v1/assessment/item-banks/{bank['id']}"
        headers = {CONTEXT: json.dumps(staff.context())}
        server = postgres.find(directory / "postgres")
        assert server is not None
        os.environ[BARE_URL] = server.url(postgres.SUPERUSER, "lodestar_bench")
        with serving("bench.serving:bare", "--factory") as bare, serving("bench.serving:product") as ours:
            yield compare_rates(
                "P4",
                "GET one item bank over HTTP / bare FastAPI, one prepared read",
                baseline=partial(_ask_all, bare, path, headers),
                candidate=partial(_ask_all, ours, path, headers),
                target=TARGET,
                rounds=ROUNDS,
            )


@contextmanager
def serving(application: str, *options: str) -> Iterator[int]:
    """The application under uvicorn in a process of its own; the value is its port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", application, *options, "--port", str(port)]
    process = subprocess.Popen([*command, "--log-level", "warning", "--no-access-log"])
    try:
        wait_until(partial(_listens, port), seconds=START_SECONDS, what=f"the start of {application}")
        yield port
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _ask_all(port: int, path: str, headers: dict[str, str]) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda _: _ask(port, path, headers), range(CLIENTS)))


def _ask(port: int, path: str, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(REQUESTS):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, body
    connection.close()
