"""Whether something is open to an enrollment (JR-07, JR-08)."""

from learning.rules import texts


def reason_locked(*, stars: int, status: str, star: int, stage_before: str | None = None) -> str | None:
    """Why what helps to earn `star` is locked; None when it is open. `stage_before` titles what opens it."""
    if status == "withdrawn":
        return texts.WITHDRAWN
    if stars >= star - 1:
        return None
    return texts.locked(star - 1, stage_before) if stage_before else texts.locked_by_star(star - 1)
