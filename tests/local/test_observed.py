"""What a product tells of itself is read whole."""

import time

import pytest

from local import observed
from tests.local.conftest import Emulator


def test_of_more_lines_than_one_answer_holds_each_is_read_once(
    patched: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 20,000 requests the stories of `make trace` began in their middle."""
    logs = patched.client("logs")
    logs.create_log_group(logGroupName="busy")
    logs.create_log_stream(logGroupName="busy", logStreamName="one")
    begin, lines = int(time.time() * 1000), [f"line {nth}" for nth in range(11)]
    logs.put_log_events(
        logGroupName="busy",
        logStreamName="one",
        logEvents=[{"timestamp": begin + nth // 3, "message": line} for nth, line in enumerate(lines)],
    )
    monkeypatch.setattr(observed, "MOST_LINES", 4)
    assert list(observed.messages_of(logs, "busy")) == lines
    assert list(observed.messages_of(logs, "busy", pattern='"line 7"')) == ["line 7"]
