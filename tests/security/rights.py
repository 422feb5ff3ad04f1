"""Who may do what: the one declaration that every cell of the matrix is compared with (QUALITY.md, R8).

An operation that says `allow(...)` is for those roles, on whatever their organization has. Any other operation that
needs a sign-in decides in its queries whose rows it finds, and stands in `DECIDED_IN_QUERIES`: a new one that stands
nowhere fails the build.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from local.openapi import routers
from lodestar.api import ORGANIZATION_OPTIONAL, Caller
from lodestar.principal import ADMINISTRATORS, STAFF, Role

Roles = frozenset[Role]
EVERYBODY: Roles = frozenset(Role)
DECIDERS: Roles = STAFF | {Role.INSTRUCTOR}
INDIVIDUALS: Roles = STAFF | {Role.LEARNER, Role.INSTRUCTOR, Role.SUPPORT_AGENT}
"""Who may see persons at all: an analyst reads aggregates, an interviewer and a recruiter meet people elsewhere."""


@dataclass(frozen=True)
class Right:
    """Which roles reach what is theirs, or nobody's in particular; and which reach another member's.

    `persons_only`: no API key may, whatever its scopes. `homeless`: it needs no organization.
    """

    own: Roles = EVERYBODY
    others: Roles = frozenset()
    persons_only: bool = False
    homeless: bool = False


ONLY_OWN = Right()
STAFF_TOO = Right(others=STAFF)
WHOLE_ORGANIZATION = Right(others=EVERYBODY)
TAUGHT = Right(others=STAFF)
"""What an enrollment of one's own opens. Another's work on it is seen by staff."""

# Of dashboards, each of which has its own roles, the matrix opens the first: administration.
DECIDED_IN_QUERIES: dict[str, Right] = {
    "GET /v1/assessment/ai-runs/health": WHOLE_ORGANIZATION,
    "GET /v1/assessment/appeals": STAFF_TOO,
    "POST /v1/assessment/appeals": ONLY_OWN,
    "GET /v1/assessment/assessments": WHOLE_ORGANIZATION,
    "GET /v1/assessment/assessments/{assessment_id}": WHOLE_ORGANIZATION,
    "GET /v1/assessment/attempts": STAFF_TOO,
    "POST /v1/assessment/attempts": ONLY_OWN,
    "GET /v1/assessment/attempts/{attempt_id}": STAFF_TOO,
    "PATCH /v1/assessment/attempts/{attempt_id}": ONLY_OWN,
    "POST /v1/assessment/attempts/{attempt_id}/regenerations": ONLY_OWN,
    "POST /v1/assessment/attempts/{attempt_id}/starts": ONLY_OWN,
    "POST /v1/assessment/attempts/{attempt_id}/submissions": ONLY_OWN,
    "GET /v1/assessment/attempts/{attempt_id}/result": STAFF_TOO,
    "GET /v1/assessment/attempts/{attempt_id}/decisions": Right(others=DECIDERS),
    "GET /v1/assessment/attempts/{attempt_id}/ratings": STAFF_TOO,
    "POST /v1/assessment/attempts/{attempt_id}/ratings": ONLY_OWN,
    "GET /v1/assessment/backgrounds": WHOLE_ORGANIZATION,
    "GET /v1/assessment/backgrounds/{background_id}": WHOLE_ORGANIZATION,
    "POST /v1/identity/api-keys": Right(own=ADMINISTRATORS, others=ADMINISTRATORS, persons_only=True),
    "POST /v1/identity/api-keys/{key_id}/rotations": Right(own=ADMINISTRATORS, persons_only=True),
    "DELETE /v1/identity/api-keys/{key_id}": Right(
        own=ADMINISTRATORS, others=ADMINISTRATORS, persons_only=True
    ),
    "GET /v1/identity/consents": STAFF_TOO,
    "POST /v1/identity/consents": ONLY_OWN,
    "DELETE /v1/identity/consents/{purpose}": ONLY_OWN,
    "GET /v1/identity/feature-flags": WHOLE_ORGANIZATION,
    "GET /v1/identity/feature-flags/{key}": WHOLE_ORGANIZATION,
    "GET /v1/identity/me": Right(homeless=True),
    "PATCH /v1/identity/me": Right(homeless=True),
    "GET /v1/identity/me/permissions": ONLY_OWN,
    "GET /v1/identity/operations": ONLY_OWN,
    "GET /v1/identity/operations/{operation_id}": ONLY_OWN,
    "GET /v1/identity/organizations": WHOLE_ORGANIZATION,
    "POST /v1/identity/organizations": Right(homeless=True),
    "GET /v1/identity/organizations/{org_id}": WHOLE_ORGANIZATION,
    "GET /v1/identity/privacy-requests": Right(others=ADMINISTRATORS),
    "POST /v1/identity/privacy-requests": Right(others=ADMINISTRATORS, persons_only=True),
    "GET /v1/identity/privacy-requests/{request_id}": Right(others=ADMINISTRATORS),
    "POST /v1/identity/privacy-requests/{request_id}/decisions": Right(
        own=ADMINISTRATORS, others=ADMINISTRATORS, persons_only=True
    ),
    "GET /v1/identity/retention-policies": WHOLE_ORGANIZATION,
    "GET /v1/identity/role-requests": Right(others=ADMINISTRATORS),
    "POST /v1/identity/role-requests": Right(homeless=True),
    "GET /v1/insights/dashboards/{name}": Right(own=ADMINISTRATORS, others=ADMINISTRATORS),
    "GET /v1/insights/exports": Right(own=STAFF | {Role.ANALYST}, others=STAFF),
    "GET /v1/insights/exports/{export_id}": Right(own=STAFF | {Role.ANALYST}, others=STAFF),
    "GET /v1/learning/enrollments": Right(own=INDIVIDUALS, others=STAFF),
    "GET /v1/learning/enrollments/{enrollment_id}": Right(own=INDIVIDUALS, others=STAFF),
    "PATCH /v1/learning/enrollments/{enrollment_id}": Right(own=INDIVIDUALS, others=STAFF),
    "GET /v1/learning/enrollments/{enrollment_id}/progress": Right(own=INDIVIDUALS, others=STAFF),
    "PUT /v1/learning/enrollments/{enrollment_id}/lesson-progress/{lesson_id}": ONLY_OWN,
    "GET /v1/learning/journey": ONLY_OWN,
    "GET /v1/learning/journey/nudges": ONLY_OWN,
    "PATCH /v1/learning/journey/nudges/{nudge_id}": ONLY_OWN,
    "GET /v1/learning/lessons": TAUGHT,
    "GET /v1/learning/lessons/{lesson_id}": TAUGHT,
    "GET /v1/learning/masterclasses": TAUGHT,
    "GET /v1/learning/masterclasses/{masterclass_id}": TAUGHT,
    "GET /v1/learning/modules": TAUGHT,
    "GET /v1/learning/modules/{module_id}": TAUGHT,
    "GET /v1/learning/promotions/{enrollment_id}": Right(own=INDIVIDUALS, others=STAFF),
    "POST /v1/learning/promotions/{enrollment_id}/declines": ONLY_OWN,
    "GET /v1/learning/resources": TAUGHT,
    "GET /v1/learning/resources/{resource_id}": TAUGHT,
    "POST /v1/learning/resources/{resource_id}/downloads": TAUGHT,
    "GET /v1/media/assets": STAFF_TOO,
    "GET /v1/media/assets/{asset_id}": STAFF_TOO,
    "POST /v1/media/assets/{asset_id}/playback-urls": STAFF_TOO,
    "GET /v1/media/assets/{asset_id}/transcript": STAFF_TOO,
    "GET /v1/media/assets/{asset_id}/captions.vtt": STAFF_TOO,
    "GET /v1/media/playback/{asset_id}": STAFF_TOO,
    "PUT /v1/media/playback/{asset_id}": STAFF_TOO,
    "POST /v1/media/uploads": Right(own=STAFF | {Role.LEARNER}),
    "GET /v1/media/uploads/{upload_id}": ONLY_OWN,
    "POST /v1/media/uploads/{upload_id}/parts": ONLY_OWN,
    "POST /v1/media/uploads/{upload_id}/completions": ONLY_OWN,
    "GET /v1/messaging/deliveries": STAFF_TOO,
    "GET /v1/messaging/deliveries/{delivery_id}": STAFF_TOO,
    "GET /v1/messaging/deliveries/{delivery_id}/explanation": STAFF_TOO,
    "GET /v1/messaging/preferences": ONLY_OWN,
    "PUT /v1/messaging/preferences": ONLY_OWN,
    "GET /v1/messaging/notifications": ONLY_OWN,
    "PUT /v1/messaging/notifications/read-marker": ONLY_OWN,
    "PATCH /v1/messaging/notifications/{notification_id}": ONLY_OWN,
}

CROSSING: dict[str, Roles] = {
    "POST /v1/identity/role-requests [body: organization_id]": EVERYBODY,
    "POST /v1/identity/organizations/{org_id}/verification-decisions [path: org_id]": frozenset(
        {Role.PLATFORM_ADMIN}
    ),
    "POST /v1/learning/program-assignments [body: program_id]": frozenset({Role.PLATFORM_ADMIN}),
    "POST /v1/media/uploads [body: subject_id]": EVERYBODY,
}
"""The ids that may be another organization's, for whom: people ask one to admit them; the platform verifies one, and
offers one's program to another; an upload's subject is a note of the client's own, which nothing looks up."""

ANONYMOUS = {
    "POST /v1/identity/public/registrations",
    "POST /v1/messaging/public/unsubscribes/{token}",
    "POST /v1/identity/public/email-verifications",
    "GET /v1/identity/public/invitations/{token}",
    "POST /v1/identity/public/invitations/{token}",
    "POST /v1/messaging/webhooks/sendgrid",
    "POST /v1/messaging/webhooks/aisensy",
    "POST /v1/messaging/webhooks/bolna",
}
"""What needs no sign-in."""


class Undeclared(AssertionError):
    """An operation whose rights nobody has written down."""


def right_of(operation: object) -> Right:
    """What is declared for an operation that needs a sign-in. Raises `Undeclared`."""
    name = str(operation)
    if name in DECIDED_IN_QUERIES:
        return DECIDED_IN_QUERIES[name]
    roles = _allowed().get(name)
    if roles is None:
        raise Undeclared(f"{name}: say in tests/security/rights.py who reaches which rows")
    return Right(own=roles, others=roles)


def undeclared() -> list[str]:
    """Operations that stand nowhere, and declarations of operations that there are not."""
    signed = {str(name) for name, route in _routes() if _asks_who(route.dependant)}
    open_to_all = {name for name, _ in _routes()} - signed
    return sorted(
        (signed - _allowed().keys() - DECIDED_IN_QUERIES.keys())
        | (DECIDED_IN_QUERIES.keys() - signed)
        | (open_to_all ^ ANONYMOUS)
    )


def contradictions() -> list[str]:
    """Declarations that disagree with what the routers say: a right wider than `allow(...)`, a home not needed."""
    routes = dict(_routes())
    found = []
    for name, right in DECIDED_IN_QUERIES.items():
        allowed = _allowed().get(name, EVERYBODY)
        if (right.own | right.others) - allowed:
            found.append(f"{name}: the router allows {sorted(allowed)}")
        if name in routes and right.homeless != _needs_no_home(routes[name]):
            found.append(f"{name}: the router and the table disagree on whether it needs an organization")
    return found


def _routes() -> Iterator[tuple[str, APIRoute]]:
    for router in routers().values():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            for method in sorted(route.methods or ()):
                yield f"{method} {route.path}", route


@cache
def _allowed() -> dict[str, Roles]:
    """The roles of every operation that says `allow(...)`."""
    found = ((name, _roles(route.dependant)) for name, route in _routes())
    return {name: roles for name, roles in found if roles is not None}


def _roles(dependant: Dependant) -> Roles | None:
    for dependency in dependant.dependencies:
        if inspect.isfunction(dependency.call):
            held = inspect.getclosurevars(dependency.call).nonlocals.get("roles")
            if held:
                return frozenset(held)
    return None


def _asks_who(dependant: Dependant) -> bool:
    caller = Caller.__metadata__[0].dependency  # type: ignore[attr-defined] # Annotated
    return _roles(dependant) is not None or any(d.call is caller for d in dependant.dependencies)


def _needs_no_home(route: APIRoute) -> bool:
    return any(d.call is ORGANIZATION_OPTIONAL.dependency for d in route.dependant.dependencies)
