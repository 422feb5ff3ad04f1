"""The inbox as a page, as JSON, and its parts."""

from importlib.resources import files
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import HTMLResponse

from simulators.composing.speech import say
from simulators.inbox.rendering import mail_document, page
from simulators.messages import Message, Messages

Filter = Annotated[Literal["", "email", "whatsapp", "voice"], Query()]
MOST_ON_PAGE = 50
PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; frame-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'"
MAIL_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
ASSETS = {"inbox.css": "text/css", "inbox.js": "text/javascript"}
_GUARDS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def inbox_router(messages: Messages) -> APIRouter:
    """GET /_inbox, /_inbox.json, /_inbox/{id}/html, /_inbox/{id}/attachments/{nth}, /_inbox/{id}/recording."""
    router = APIRouter(tags=["inbox"])

    @router.get("/_inbox")
    async def show(to: str = "", channel: Filter = "") -> HTMLResponse:
        newest = messages.newest(to=to, channel=channel, limit=MOST_ON_PAGE)
        total = sum(messages.count(to=to, channel=channel).values())
        content = page(newest, total=total, to=to, channel=channel)
        return HTMLResponse(content, headers={**_GUARDS, "Content-Security-Policy": PAGE_POLICY})

    @router.get("/_inbox.json")
    async def read(
        to: str = "",
        channel: Filter = "",
        limit: Annotated[int, Query(ge=0, le=100_000)] = MOST_ON_PAGE,
    ) -> dict[str, Any]:
        counts = messages.count(to=to, channel=channel)
        newest = messages.newest(to=to, channel=channel, limit=limit)
        return {
            "total": sum(counts.values()),
            "states": counts,
            "messages": [message.document() for message in newest],
        }

    @router.get("/_inbox/assets/{name}")
    async def asset(name: str) -> Response:
        if name not in ASSETS:
            raise HTTPException(404)
        content = (files("simulators.inbox") / name).read_bytes()
        return Response(content, media_type=ASSETS[name], headers=_GUARDS)

    @router.get("/_inbox/{name}/html")
    async def html(name: str) -> HTMLResponse:
        document = mail_document(_found(messages, name))
        return HTMLResponse(document, headers={**_GUARDS, "Content-Security-Policy": MAIL_POLICY})

    @router.get("/_inbox/{name}/recording")
    def recording(name: str) -> Response:
        lines = _found(messages, name).details.get("transcript")
        if not lines:
            raise HTTPException(404, "There is no recording of it.")
        said = " ".join(line.partition(": ")[2] for line in lines)
        return Response(say(said, voice="alloy"), media_type="audio/wav", headers=_GUARDS)

    @router.get("/_inbox/{name}/attachments/{nth}")
    async def attachment(name: str, nth: int) -> Response:
        attached = _found(messages, name).files
        if not 0 <= nth < len(attached):
            raise HTTPException(404)
        file = attached[nth]
        disposition = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        kind = file.content_type if file.content_type.isprintable() else "application/octet-stream"
        return Response(
            file.data, headers={**_GUARDS, "Content-Disposition": disposition, "Content-Type": kind}
        )

    return router


def _found(messages: Messages, name: str) -> Message:
    message = messages.find(name)
    if message is None:
        raise HTTPException(404, "There is no such message.")
    return message
