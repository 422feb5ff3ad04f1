"""What an account of Zoom holds."""

from typing import Any


class ApiError(Exception):
    """An error with Zoom's own code."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Account:
    """Tokens and meetings."""

    def __init__(self) -> None:
        self.tokens: dict[str, float] = {}
        self.meetings: dict[int, dict[str, Any]] = {}
        self.recordings: dict[int, dict[str, Any]] = {}

    def clear(self) -> None:
        for kept in (self.tokens, self.meetings, self.recordings):
            kept.clear()

    def record(self, recording: dict[str, Any]) -> None:
        """Let the meeting that the recording names have it."""
        number = int(recording["id"])
        about = {"host_id": "me", "start_time": "", **self.meetings.get(number, {})}
        self.recordings[number] = {name: about[name] for name in ("host_id", "start_time")} | recording

    def meeting(self, number: int) -> dict[str, Any]:
        if number not in self.meetings:
            raise ApiError(404, 3001, f"Meeting does not exist: {number}.")
        return self.meetings[number]
