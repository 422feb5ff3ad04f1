"""The repositories that stand there from the start: a good one, and one for each way to be unfit."""

from pathlib import Path

import yaml

from simulators.github.repositories import About, Repositories

HABIT_TRACKER = Path(__file__).with_name("habit_tracker.yaml")

HUGE_FILES = 2_500
HUGE_FILE = ("0123456789abcdef" * 63 + "0123456789abcde\n") * 16


def seed(repositories: Repositories) -> None:
    """Put what is missing: `sample-learner/habit-tracker`, `/huge`, `/empty` and `/private`."""
    good: dict[str, str] = yaml.safe_load(HABIT_TRACKER.read_text())
    huge = {f"data/part_{nth % 50:02}/record_{nth:04}.txt": HUGE_FILE for nth in range(HUGE_FILES)}
    for name, files, private in (
        ("habit-tracker", good, False),
        ("huge", huge, False),
        ("empty", {}, False),
        ("private", good, True),
    ):
        if repositories.find("sample-learner", name) is None:
            repositories.put(
                About(owner="sample-learner", name=name, private=private),
                files={path: text.encode() for path, text in files.items()},
                links={},
                message="First complete version",
            )
