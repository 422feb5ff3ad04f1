"""The inbox's HTML. Everything that was sent is somebody else's text: it is escaped, or shown in a sandbox."""

import base64
import re
from collections.abc import Iterable
from datetime import datetime
from html import escape

from simulators.messages import Message

CHANNELS = {"": "All channels", "email": "E-mail", "whatsapp": "WhatsApp", "voice": "Call"}
VENDORS = {"sendgrid": "SendGrid", "ses": "Amazon SES", "aisensy": "AiSensy", "bolna": "Bolna"}
_BAD = frozenset(
    {
        "bounce",
        "Bounce",
        "Complaint",
        "Reject",
        "blocked",
        "dropped",
        "spamreport",
        "failed",
        "FAILED",
        "busy",
        "no-answer",
        "balance-low",
        "stopped",
    }
)
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


def page(messages: list[Message], *, total: int, to: str, channel: str) -> str:
    """The whole page: a filter, and the newest messages."""
    options = "".join(
        f'<option value="{value}"{" selected" if value == channel else ""}>{label}</option>'
        for value, label in CHANNELS.items()
    )
    shown = "".join(map(_article, messages)) or '<p class="none">Nothing was sent yet.</p>'
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inbox of the simulated world</title>
<link rel="stylesheet" href="/_inbox/assets/inbox.css">
<script src="/_inbox/assets/inbox.js" defer></script>
</head>
<body>
<header>
<h1>What was sent</h1>
<p>Everything that left the product for a simulated vendor, newest first. Nobody outside this machine received it.</p>
<form method="get" action="/_inbox" role="search">
<label>Recipient <input type="search" name="to" value="{escape(to)}" placeholder="name, address or number"></label>
<label>Channel <select name="channel">{options}</select></label>
<button>Show</button>
<label class="check"><input type="checkbox" id="refresh" checked> Refresh by itself</label>
</form>
</header>
<main id="messages">
<p id="count" role="status">{len(messages)} of {total}</p>
{shown}
</main>
</body>
</html>
"""


def mail_document(message: Message) -> str:
    """A mail's HTML for the sandbox: links open beside it, inline images are put into it."""
    html = message.html
    for file in message.files:
        if file.content_id:
            data = base64.b64encode(file.data).decode()
            html = html.replace(f"cid:{file.content_id}", f"data:{escape(file.content_type)};base64,{data}")
    base = '<base target="_blank">'
    found = _HEAD.search(html)
    return html[: found.end()] + base + html[found.end() :] if found else base + html


def _article(message: Message) -> str:
    body = {"email": _mail, "whatsapp": _bubble, "voice": _call}[message.channel](message)
    title = message.subject or str(message.details.get("campaign") or f"Agent {message.details.get('agent')}")
    return f"""<article id="m-{escape(message.id)}">
<header>
<p class="channel {message.channel}">{CHANNELS[message.channel]} by {escape(VENDORS.get(message.vendor, message.vendor))}</p>
<h2><bdi>{escape(title)}</bdi></h2>
<p>To <strong><bdi>{escape(message.name)}</bdi></strong> {escape(message.to)} · {_time(message.at)} · {_state(message)}</p>
</header>
{body}
<details><summary>What became of it</summary><ol class="states">{_states(message)}</ol></details>
</article>
"""


def _mail(message: Message) -> str:
    name = escape(message.id)
    shown = f"<pre>{escape(message.text)}</pre>"
    if message.html:
        title = escape(message.subject)
        shown = (
            f'<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src="/_inbox/{name}/html" '
            f'title="{title}" loading="lazy"></iframe>'
            f"<details><summary>Text part</summary>{shown}</details>"
        )
    headers = "".join(
        f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>"
        for key, value in {"From": message.sender, **message.headers}.items()
    )
    return f"{shown}{_attachments(message)}<details><summary>Headers</summary><dl>{headers}</dl></details>"


def _bubble(message: Message) -> str:
    lines = "<br>".join(f"<bdi>{escape(str(line))}</bdi>" for line in message.details.get("parameters", []))
    media = "".join(
        f'<br><a href="{escape(file.data.decode())}" rel="noreferrer">{escape(file.name)}</a>'
        for file in message.files
    )
    return f'<div class="bubble"><p>{lines}{media}</p></div>'


def _call(message: Message) -> str:
    variables = "".join(
        f"<dt>{escape(str(key))}</dt><dd><bdi>{escape(str(value))}</bdi></dd>"
        for key, value in message.details.get("variables", {}).items()
        if key != "reference"
    )
    return f'<div class="call"><dl>{variables}</dl>{_spoken(message)}</div>'


def _spoken(message: Message) -> str:
    """What was said in a call that has ended, and its recording."""
    lines = message.details.get("transcript")
    if not lines:
        return ""
    said = "".join(
        f"<li><b>{escape(who)}</b> <bdi>{escape(words)}</bdi></li>"
        for who, _, words in (str(line).partition(": ") for line in lines)
    )
    return (
        f'<ol class="transcript" aria-label="Transcript">{said}</ol>'
        f'<p><audio controls preload="none" src="/_inbox/{escape(message.id)}/recording"></audio> '
        f"The call took {escape(str(message.details.get('seconds')))} s.</p>"
    )


def _attachments(message: Message) -> str:
    links = "".join(
        f'<li><a href="/_inbox/{escape(message.id)}/attachments/{nth}" download>{escape(file.name)}</a> '
        f"{escape(file.content_type)}, {len(file.data):,} bytes</li>"
        for nth, file in enumerate(message.files)
    )
    return f'<ul class="attachments" aria-label="Attachments">{links}</ul>' if links else ""


def _state(message: Message) -> str:
    is_bad = message.state in _BAD
    return f'<span class="state{" bad" if is_bad else ""}">{escape(message.state)}</span>'


def _states(message: Message) -> str:
    return "".join(_entered(message.states))


def _entered(states: Iterable[tuple[datetime, str, str]]) -> Iterable[str]:
    for at, state, detail in states:
        yield f"<li>{_time(at)} <b>{escape(state)}</b> {escape(detail)}</li>"


def _time(at: datetime) -> str:
    return f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M:%S} UTC</time>'
