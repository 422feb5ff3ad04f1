"""An endpoint resource as a Lambda: `router = APIRouter(...)`, plain `def` operations, `handler = lambda_handler(router)`.

The edge does what every operation needs: the caller, the unit of work (committed before the answer leaves),
Idempotency-Key, If-Match and ETag, pages, problem documents, the correlation id.
"""

import functools
import inspect
import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter as FastAPIRouter
from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from mangum import Mangum
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from starlette.routing import Match

from lodestar import idempotency, invocations
from lodestar.auditing import made_id, note_what_was_written
from lodestar.auth import ORGANIZATION_HEADER, principal_from
from lodestar.bodies import Day, Moment, PatchModel, ReadModel, RowRead, WriteModel, place_of_fault
from lodestar.db import unit_of_work
from lodestar.exchange import begin_exchange, claim_of, exchange_of
from lodestar.invocations import Invocation, Kind
from lodestar.log import begin_request, correlation_id, log
from lodestar.pagination import DEFAULT_LIMIT, MAXIMUM_LIMIT, PageQuery
from lodestar.principal import ADMINISTRATORS, NO_TENANT, STAFF, Principal, Role
from lodestar.problems import (
    BadRequest,
    Forbidden,
    InvalidContent,
    MethodNotAllowed,
    NotFound,
    Problem,
    StaleVersion,
    Unauthenticated,
    Unavailable,
)
from lodestar.responses import PROBLEM_JSON, guard_problem, is_away, problems
from lodestar.work import Work

__all__ = [
    "MADE_ANEW",
    "ORGANIZATION_OPTIONAL",
    "APIRouter",
    "Administrator",
    "Caller",
    "Day",
    "IfMatch",
    "Moment",
    "Paging",
    "PatchModel",
    "PublicSession",
    "PublicUnitOfWork",
    "ReadModel",
    "ReadSession",
    "RowRead",
    "Staff",
    "UnitOfWork",
    "WriteModel",
    "WriteSession",
    "allow",
    "lambda_handler",
    "problems",
]

READING = frozenset({"GET", "HEAD"})
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI would hand exceptions' messages, which may quote a row, to any OpenTelemetry provider that it finds."""
TEXT_TYPES = ["text/", "application/json", PROBLEM_JSON, "image/svg+xml"]
"""What API Gateway passes as text; anything else is base64."""


def _caller(request: Request) -> Principal:
    """The caller, from the authorizer's context; found once a request."""
    exchange = exchange_of(request)
    if exchange.caller is None:
        context: Mapping[str, str] = request.scope["aws.event"]["requestContext"].get("authorizer") or {}
        if not context:
            raise Unauthenticated()
        if isinstance(context, Mapping) and context.get("api_key_id"):
            invocations.by_key(str(context["api_key_id"]))
        domain = request.scope["path"].split("/")[2]
        exchange.caller = principal_from(
            context,
            organization=request.headers.get(ORGANIZATION_HEADER),
            needed_scope=f"{domain}:{'read' if request.method in READING else 'write'}",
            organization_optional=exchange.organization_optional,
        )
    return exchange.caller


async def _need_no_organization(request: Request) -> None:
    exchange_of(request).organization_optional = True


ORGANIZATION_OPTIONAL = Depends(_need_no_organization)
"""For the few operations that come before an organization is chosen: `dependencies=[ORGANIZATION_OPTIONAL]`.
Their caller's `org_id` is NOBODY when they belong to several organizations, or to none, and named none."""


async def _make_anew(request: Request) -> None:
    exchange = exchange_of(request)
    if exchange.claim:
        exchange.claim = replace(exchange.claim, is_made_anew=True)


MADE_ANEW = Depends(_make_anew)
"""For a POST whose `no-store` answer holds what can be signed again, for what is there already:
`dependencies=[MADE_ANEW]`. Repeated with its Idempotency-Key it runs again and must change nothing: by itself, or by
asking `work.is_resumed`."""


async def _any_caller(request: Request) -> Principal:
    return _caller(request)


Caller = Annotated[Principal, Depends(_any_caller)]


def allow(*roles: Role) -> Any:
    """A caller with any of these roles: `caller: Annotated[Principal, allow(Role.ORG_ADMIN)]`. Others get 403."""

    async def require(request: Request) -> Principal:
        caller = _caller(request)
        if not caller.has(*roles):
            raise Forbidden(f"This needs one of the roles: {', '.join(sorted(roles))}.")
        return caller

    return Depends(require)


Staff = Annotated[Principal, allow(*STAFF)]
"""A caller who administers or runs programmes here."""
Administrator = Annotated[Principal, allow(*ADMINISTRATORS)]
"""A caller who administers the organization, or the platform."""


async def _read_session(request: Request) -> Session:
    work = unit_of_work(_caller(request), read_only=True)
    return exchange_of(request).until_answered.enter_context(work)


async def _write_session(request: Request) -> Session:
    session = _idempotent_session(request, _caller(request))
    exchange_of(request).session = session
    return session


async def _public_session(request: Request) -> Session:
    return _idempotent_session(request, NO_TENANT)


def _idempotent_session(request: Request, principal: Principal) -> Session:
    exchange = exchange_of(request)
    session = exchange.until_answered.enter_context(unit_of_work(principal))
    if exchange.claim:
        held = idempotency.claim(session, exchange.claim)
        exchange.save_answer = functools.partial(idempotency.save, session, principal, held)
    return session


async def _unit_of_work(request: Request) -> Work:
    work = exchange_of(request).work = _work(request, _caller(request))
    return work


async def _public_unit_of_work(request: Request) -> Work:
    return _work(request, NO_TENANT)


def _work(request: Request, principal: Principal) -> Work:
    exchange = exchange_of(request)
    work = Work(principal, exchange.claim)
    exchange.save_answer = work.save
    return exchange.until_answered.enter_context(work.until_answered())


ReadSession = Annotated[Session, Depends(_read_session)]
WriteSession = Annotated[Session, Depends(_write_session)]
PublicSession = Annotated[Session, Depends(_public_session)]
UnitOfWork = Annotated[Work, Depends(_unit_of_work)]
PublicUnitOfWork = Annotated[Work, Depends(_public_unit_of_work)]


async def _page_query(
    limit: Annotated[int, Query(ge=1, le=MAXIMUM_LIMIT, description="Rows a page")] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None, Query(max_length=1000, description="`page.next_cursor` of the page before")
    ] = None,
    include: Annotated[Literal["total"] | None, Query(description="`total` counts the whole list")] = None,
) -> PageQuery:
    return PageQuery(limit=limit, cursor=cursor, with_total=include == "total")


Paging = Annotated[PageQuery, Depends(_page_query)]


async def _if_match(
    if_match: Annotated[str | None, Header(description="The row's ETag")] = None,
) -> int | None:
    if if_match is None or if_match == "*":
        return None
    try:
        return int(if_match.removeprefix("W/").strip('"'))
    except ValueError:
        raise StaleVersion("If-Match must hold the ETag that the last answer gave.") from None


IfMatch = Annotated[int | None, Depends(_if_match)]


class Route(APIRoute):
    """A route whose plain `def` operation runs inline: a Lambda serves one request at a time, and a thread hop
    costs five times the rest."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, _inline(endpoint), **options)

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            with ExitStack() as until_answered:
                exchange = begin_exchange(request, until_answered)
                if request.method == "POST":
                    exchange.claim = await claim_of(request)
                response: Response = await handle(request)
                await note_what_was_written(request, exchange)
                if exchange.version is not None:
                    response.headers["ETag"] = f'"{exchange.version}"'
                if exchange.save_answer:
                    exchange.save_answer(
                        status=response.status_code,
                        body=bytes(response.body),
                        headers=dict(response.headers),
                    )
                return response

        return answer


def _inline(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(endpoint, eval_str=True)
    request_name = next((n for n, p in signature.parameters.items() if p.annotation is Request), None)
    hidden = request_name or "request__"

    @functools.wraps(endpoint)
    async def run(*args: Any, **kwargs: Any) -> Any:
        request: Request = kwargs[hidden] if request_name else kwargs.pop(hidden)
        result = endpoint(*args, **kwargs)
        exchange = exchange_of(request)
        exchange.version, exchange.made = getattr(result, "version", None), made_id(result)
        return result

    if request_name is None:
        extra = inspect.Parameter(hidden, inspect.Parameter.KEYWORD_ONLY, annotation=Request)
        signature = signature.replace(parameters=[*signature.parameters.values(), extra])
    run.__signature__ = signature  # type: ignore[attr-defined]
    return run


class APIRouter(FastAPIRouter):
    """A resource's router. It declares its own problems; local.openapi adds those of the edge."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=Route, **options)


def lambda_handler(router: FastAPIRouter) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
    """The Lambda handler of one resource, for API Gateway's REST proxy events."""
    app = FastAPI(
        docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False, telemetry=NO_TELEMETRY
    )
    app.router.routes.extend(router.routes)
    for kind, answer in ANSWERS.items():
        app.add_exception_handler(kind, answer)
    adapter = Mangum(app, lifespan="off", text_mime_types=TEXT_TYPES)
    function = router.routes[0].endpoint.__module__ if router.routes else ""  # type: ignore[attr-defined]

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        current = begin_request(event)
        method = event["httpMethod"]
        kind: Kind = "read" if method in READING else "write"
        with Invocation(kind, function, event="request", method=method, route=event["resource"]) as call:
            answer: dict[str, Any] = adapter(event, context)
            call.status = answer["statusCode"]
        answer["headers"] = {**(answer.get("headers") or {}), **call.headers, "x-correlation-id": current}
        return answer

    return handle


async def _answer_problem(_request: Request, problem: Problem) -> Response:
    return Response(
        json.dumps(problem.document(correlation_id())),  # escaped, for it may quote what no encoding can hold
        status_code=problem.status,
        headers=problem.headers,
        media_type=PROBLEM_JSON,
    )


async def _answer_invalid(request: Request, error: RequestValidationError) -> Response:
    fields = [
        {
            "field": place_of_fault(e["loc"], error.body),
            "code": e["type"],
            "message": e["msg"],
        }
        for e in error.errors()
    ]
    named = ", ".join(dict.fromkeys(f["field"] for f in fields if f["field"]))
    return await _answer_problem(
        request, InvalidContent(f"Correct these: {named or 'the body'}.", errors=fields)
    )


async def _answer_replay(_request: Request, replay: idempotency.Replay) -> Response:
    return Response(replay.body, status_code=replay.status, headers=replay.headers)


async def _answer_stale(request: Request, _error: Exception) -> Response:
    return await _answer_problem(request, StaleVersion())


async def _answer_guard(request: Request, error: DBAPIError) -> Response:
    """The database does not answer, or a guard in it refused what a service let through."""
    if is_away(error):
        log.error("database_away", exc_info=error, route=_resource(request))
        return await _answer_problem(
            request, Unavailable("The database does not answer. Repeat the request.")
        )
    problem = guard_problem(error)
    if problem is None:
        return await _answer_failure(request, error)
    log.warning("guard_refused", code=problem.members.get("guard"), route=_resource(request))
    return await _answer_problem(request, problem)


async def _answer_no_route(request: Request, _error: Exception) -> Response:
    return await _answer_problem(request, NotFound("There is no such resource."))


async def _answer_other_methods(request: Request, _error: Exception) -> Response:
    matching = (r for r in request.app.router.routes if r.matches(request.scope)[0] is not Match.NONE)
    allowed = {method for route in matching for method in route.methods}
    return await _answer_problem(request, MethodNotAllowed(headers={"Allow": ", ".join(sorted(allowed))}))


async def _answer_unreadable(request: Request, _error: Exception) -> Response:
    return await _answer_problem(request, BadRequest("Send JSON in UTF-8."))


async def _answer_unstorable(request: Request, _error: Exception) -> Response:
    return await _answer_problem(request, InvalidContent("A text holds half a surrogate pair."))


def _resource(request: Request) -> str:
    """The route as the template writes it: a path's own values, a link's token among them, are kept out of logs."""
    return str(request.scope["aws.event"]["resource"])


async def _answer_failure(request: Request, error: Exception) -> Response:
    log.error("request_failed", exc_info=error, method=request.method, route=_resource(request))
    return await _answer_problem(
        request, Problem("Nothing was changed. Quote the correlation id if you ask for help.")
    )


ANSWERS: dict[Any, Any] = {
    Problem: _answer_problem,
    RequestValidationError: _answer_invalid,
    idempotency.Replay: _answer_replay,
    StaleDataError: _answer_stale,
    DBAPIError: _answer_guard,
    UnicodeEncodeError: _answer_unstorable,
    400: _answer_unreadable,
    404: _answer_no_route,
    405: _answer_other_methods,
    Exception: _answer_failure,
}
"""Who answers which exception."""
