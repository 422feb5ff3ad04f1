"""What no vendor shall be asked to send: it is refused here, with a code, whichever vendor serves."""

import re

from lodestar.adapters.email.port import LARGEST_EMAIL_BYTES, Address, Email
from lodestar.adapters.sending import Refused

_MAILBOX = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
"""https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address, with a domain of two labels at least."""

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""Unicode's categories Cc, Zl and Zp."""

_HEADER_NAME = re.compile(r"[!-9;-~]{1,76}")
_VENDORS_HEADERS = frozenset(
    {
        "bcc", "cc", "content-transfer-encoding", "content-type", "dkim-signature", "from", "message-id", "mime-version",
        "received", "reply-to", "sender", "subject", "to", "x-sg-eid", "x-sg-id",
    }
)  # fmt: skip
"""Set by the vendor from the message itself."""

_WORD = r"[A-Za-z0-9!#$&^_.+-]{1,127}"
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(?: *; *{_WORD}=(?:{_WORD}|\"[ !#-~]{{0,200}}\"))*")
_CONTENT_ID = re.compile(r"[!-;=?-~]{1,200}")

LONGEST_ADDRESS = 254
LONGEST_LINE = 900
"""RFC 5322 allows 998 octets a line; what the vendors put before the text is left room for."""


def refusal(email: Email) -> Refused | None:
    """Why the message cannot be sent by anybody; None where it can."""
    return _of_addresses(email) or _of_head(email) or _of_content(email)


def ascii_address(email: str) -> str:
    """The address with its domain in ASCII (RFC 5891). Raises ValueError for what is not exactly one mailbox."""
    local, at, domain = email.rpartition("@")
    if not domain.isascii():
        import idna

        domain = idna.encode(domain, uts46=True).decode()
    whole = f"{local}{at}{domain}"
    if len(whole) > LONGEST_ADDRESS or not _MAILBOX.fullmatch(whole) or ".." in local or local[:1] == ".":
        raise ValueError("not exactly one mailbox")
    return whole


def _of_addresses(email: Email) -> Refused | None:
    named = {"recipient": email.to, "sender": email.sender, "reply-to address": email.reply_to}
    for what, address in named.items():
        if address is None:
            continue
        if not _is_mailbox(address):
            return Refused(
                f"invalid_{what.split('-')[0]}", f"The {what} is not exactly one valid e-mail address."
            )
        if _has_controls(address.name):
            return Refused("invalid_name", f"The name of the {what} holds a line break or control character.")
    return None


def _is_mailbox(address: Address) -> bool:
    try:
        ascii_address(address.email)
    except ValueError:
        return False
    return True


def _of_head(email: Email) -> Refused | None:
    subject = substituted(email.subject, email)
    if not subject.strip() or _has_controls(subject) or len(subject.encode()) > LONGEST_LINE:
        return Refused("invalid_subject", "The subject is empty, too long, or holds a line break.")
    for name, value in email.headers.items():
        sound = _HEADER_NAME.fullmatch(name) and name.lower() not in _VENDORS_HEADERS
        if not sound or not value.isascii() or _has_controls(value) or len(value) > LONGEST_LINE:
            return Refused("invalid_header", f"The header {name[:40]!r} cannot be sent.")
    return None


def _of_content(email: Email) -> Refused | None:
    if not email.text.strip():
        return Refused("no_text", "The message has no text part.")
    if any(_has_controls(attached.filename) or not attached.filename for attached in email.attachments):
        return Refused("invalid_filename", "An attachment's name is empty or holds a line break.")
    for attached in email.attachments:
        if not _MEDIA_TYPE.fullmatch(attached.content_type):
            return Refused("invalid_content_type", "An attachment's content type is none (RFC 2045).")
        if attached.content_id is not None and not _CONTENT_ID.fullmatch(attached.content_id):
            return Refused("invalid_content_id", "An attachment's content id cannot be sent.")
    texts = len(email.text.encode()) + len((email.html or "").encode())
    if texts + sum(len(attached.data) * 4 // 3 for attached in email.attachments) > LARGEST_EMAIL_BYTES:
        size = LARGEST_EMAIL_BYTES // 2**20
        return Refused("too_large", f"The message with its attachments is larger than {size} MB.")
    return None


def substituted(text: str, email: Email) -> str:
    """The text with this recipient's substitutions in it."""
    for key, value in email.substitutions.items():
        text = text.replace(key, value)
    return text


def _has_controls(text: str) -> bool:
    return _CONTROLS.search(text) is not None
