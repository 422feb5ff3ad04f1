"""/v1/identity/public - how people get an account: by themselves, or by an invitation's link."""

from typing import Annotated

from fastapi import Path

from identity import user_pool
from identity.errors import (
    CodeRefused,
    InvitationClosed,
    PasswordRefused,
    RegistrationRequired,
    WrongPassword,
)
from identity.schemas.public import (
    EmailVerificationCreate,
    EmailVerificationRead,
    InvitationAcceptance,
    InvitationAcceptanceRead,
    InvitationOfferRead,
    RegistrationCreate,
    RegistrationRead,
)
from identity.service import invitations, registrations
from lodestar.api import APIRouter, PublicSession, PublicUnitOfWork, lambda_handler, problems
from lodestar.problems import Unavailable

router = APIRouter(tags=["identity"])
Token = Annotated[str, Path(min_length=20, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
NEXT_STEP = "Enter the code that we sent to this address."


@router.post(
    "/v1/identity/public/registrations",
    summary="Register with an e-mail address and a password",
    status_code=202,
    response_model=RegistrationRead,
    responses=problems(PasswordRefused, Unavailable),
)
def register(body: RegistrationCreate, work: PublicUnitOfWork) -> RegistrationRead:
    """Sends a code to the address. Registering again, before the code was entered, sends a new one."""
    with work.transaction() as session:
        if not work.is_resumed:
            registrations.begin(session, body)
    user_pool.register(email=body.email, password=body.password)
    return RegistrationRead(email=body.email, next_step=NEXT_STEP)


@router.post(
    "/v1/identity/public/email-verifications",
    summary="Prove an e-mail address by the code that was sent to it",
    response_model=EmailVerificationRead,
    responses=problems(CodeRefused, Unavailable),
)
def verify_email(body: EmailVerificationCreate, work: PublicUnitOfWork) -> EmailVerificationRead:
    """From now on the person can sign in."""
    with work.transaction() as session:
        if not work.is_resumed:
            registrations.limit(session, "email_verifications", body.email)
    user_pool.confirm(email=body.email, code=body.code, is_resumed=work.is_resumed)
    return EmailVerificationRead(email=body.email, verified=True)


@router.get(
    "/v1/identity/public/invitations/{token}",
    summary="Read what an invitation's link invites to",
    response_model=InvitationOfferRead,
    responses=problems(InvitationClosed),
)
def read_invitation(token: Token, session: PublicSession) -> invitations.Offer:
    """While the link is good."""
    return invitations.offer(session, token)


@router.post(
    "/v1/identity/public/invitations/{token}",
    summary="Accept an invitation",
    status_code=201,
    response_model=InvitationAcceptanceRead,
    responses=problems(InvitationClosed, PasswordRefused, RegistrationRequired, WrongPassword, Unavailable),
)
def accept_invitation(
    token: Token, body: InvitationAcceptance, work: PublicUnitOfWork
) -> invitations.Accepted:
    """Makes the account, unless the address has one, and the membership. Then sign in."""
    with work.transaction() as session:
        invited = invitations.begin_acceptance(session, token)
    subject = user_pool.account_for(
        email=invited.email, password=body.password, may_create=not invited.is_member_somewhere
    )
    with work.conclusion() as session:
        return invitations.accept(session, invited, body=body, subject=subject)


handler = lambda_handler(router)
