"""How far a learner is."""


def percent(completed: int, total: int) -> int:
    """SB-05: modules done of those that there are, rounded down; 0 of a program without any."""
    return min(100, 100 * completed // total) if total else 0
