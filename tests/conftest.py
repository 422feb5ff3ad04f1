"""What every test stands on: a migrated database of its own worker, an AWS in process, the gateway.

Tests do not clean up: each makes an organization of its own, and tenants do not see each other.
"""

import os
import re
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from local import stack as local_stack
from local.stack import Stack
from tests.database import Database, provide
from tests.proof import Finding, Proof, as_properties, from_properties, write_report

REGION = "us-east-1"
RUN_BEGAN = pytest.StashKey[float]()
STACK_TESTS = ("tests/journeys/", "tests/local/test_stack.py", "tests/stack/", "tests/statemachines/")
UNCOUNTED = (
    "tests/architecture/", "tests/bench/", "tests/fuzz/", "tests/resilience/", "tests/security/", *STACK_TESTS
)  # fmt: skip


@pytest.fixture(scope="session")
def run_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all workers of a test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


@pytest.fixture(scope="session")
def database(run_directory: Path) -> Iterator[Database]:
    """A server for the test run, and in it a migrated database for this worker."""
    with provide(run_directory, worker=os.environ.get("PYTEST_XDIST_WORKER", "main")) as provided:
        yield provided


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """S3, EventBridge, SQS, Cognito and Secrets Manager in process. The value is the endpoint's URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def product(database: Database, aws: str) -> Iterator[None]:
    """The environment of a deployed function. Every test that touches a handler or a session uses it."""
    import boto3

    from lodestar.config import settings

    environment = {
        "ENVIRONMENT": "local",
        "DATABASE_URL": database.application_url,
        "MIGRATOR_DATABASE_URL": database.migrator_url,
        "AWS_ENDPOINT_URL": aws,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "EVENT_BUS_NAME": "lodestar-test",
        "MEDIA_BUCKET": "lodestar-test-media",
        "SIGNING_KEY": "a-key-that-signs-for-the-tests-only",
    }
    before = dict(os.environ)
    os.environ.update(environment)
    settings.cache_clear()
    boto3.client("events").create_event_bus(Name=environment["EVENT_BUS_NAME"])
    boto3.client("s3").create_bucket(Bucket=environment["MEDIA_BUCKET"])
    pool = boto3.client("cognito-idp").create_user_pool(PoolName="lodestar-test")["UserPool"]["Id"]
    client = boto3.client("cognito-idp").create_user_pool_client(UserPoolId=pool, ClientName="test")
    os.environ["USER_POOL_ID"] = pool
    os.environ["USER_POOL_CLIENT_ID"] = client["UserPoolClient"]["ClientId"]
    settings.cache_clear()
    yield
    os.environ.clear()
    os.environ.update(before)
    settings.cache_clear()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole local stack, seeded: one for all tests marked `stack`, which pytest-xdist gives to one worker."""
    with local_stack.running(tmp_path_factory.mktemp("stack")) as started:
        yield started


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Iterator[Proof]:
    """Takes what a suite of QUALITY.md found to the end of the run."""
    made = Proof()
    yield made
    request.node.user_properties.extend(as_properties(made.findings))


def needs_the_stack(nodeid: str) -> bool:
    """Whether the test is among those marked `stack`; the scheduler knows no markers."""
    return nodeid.startswith(STACK_TESTS)


class OneStack(LoadScopeScheduling):  # type: ignore[misc] # xdist is untyped
    """Every test to whoever is free, but those that need the stack to one worker, which begins with them.

    A second stack would cost more than a second worker gains. (xdist's own `--dist loadgroup` renames tests in a way
    that pytest 9.2 does not notice, and so groups nothing.)
    """

    def _split_scope(self, nodeid: str) -> str:
        return "stack" if needs_the_stack(nodeid) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneStack:
    """Called by pytest-xdist, where there are workers."""
    return OneStack(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Lines are counted where domains are tested: counting costs a third of a test's time, and attacks pass the same
    lines a thousand times. Their worlds are not counted either, which the marker `no_cover` would leave counted."""
    counter = getattr(item.config.pluginmanager.get_plugin("_cov"), "cov_controller", None)
    if counter is None or not item.nodeid.startswith(UNCOUNTED):
        return (yield)
    counter.pause()
    try:
        return (yield)
    finally:
        counter.resume()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A marker that the scheduler does not see would start a second stack."""
    for item in items:
        if needs_the_stack(item.nodeid) != bool(item.get_closest_marker("stack")):
            raise pytest.UsageError(f"{item.nodeid}: STACK_TESTS and the marker `stack` do not agree")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where `make prove` keeps what it saw."""
    parser.addoption("--proof-report", type=Path, help="write the table of findings to this file")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was proved, and at which size."""
    findings = {
        finding: None
        for reports in terminalreporter.stats.values()
        for report in reports
        if isinstance(report, pytest.TestReport) and report.when == "teardown"
        for finding in from_properties(report.user_properties)
    }
    ordered = sorted(findings, key=order_of_a_finding)
    if not ordered:
        return
    terminalreporter.section("what was proved")
    for finding in ordered:
        terminalreporter.line(str(finding))
    if path := config.getoption("--proof-report"):
        write_report(ordered, path=path, seconds=time.time() - config.stash[RUN_BEGAN])


def order_of_a_finding(finding: Finding) -> tuple[int, str, bool]:
    """R2 before R12; a control after what it controls."""
    number = re.sub(r"\D", "", finding.goal)
    return int(number or 0), finding.goal, finding.is_control


def pytest_configure(config: pytest.Config) -> None:
    """Signing needs a region before any test asks for AWS."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    config.stash[RUN_BEGAN] = time.time()
