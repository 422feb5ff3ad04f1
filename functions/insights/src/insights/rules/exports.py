"""What is decided about exports without looking anything up."""

from datetime import datetime, timedelta

PART = 2000
"""So many learners are read in one transaction."""
KEPT = timedelta(days=7)
LINK_SECONDS = 300
EXPORTS_A_DAY = 50
"""D-20: an export is dear."""
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
GIVEN_UP = "The table could not be made. Ask for it again; if that fails too, quote the operation's id."


def folder(org_id: object, export_id: object) -> str:
    """Where an export's files are: one a run."""
    return f"{org_id}/exports/{export_id}/"


def percent(done: int, total: int) -> int:
    """How far it is; the last percent is the file's own end."""
    return min(99, 100 * done // max(total, 1))


def file_name(what: str, completed_at: datetime, extension: str) -> str:
    """What a browser saves it as."""
    return f"{what}-{completed_at:%Y-%m-%d}.{extension}"
