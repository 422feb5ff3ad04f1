"""Time zones of people: IANA names, some of which are unknown."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UTC = ZoneInfo("UTC")


def known(name: str | None) -> ZoneInfo | None:
    """The zone of this IANA name; None where there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def first_known(*names: str | None) -> ZoneInfo:
    """The first zone that there is, else UTC."""
    return next((zone for name in names if (zone := known(name))), UTC)
