"""Accounts in the Cognito user pool: made, confirmed, and proven by their password. No user-pool triggers.

Called between transactions only. https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/
"""

from typing import Any

from identity.errors import CodeRefused, PasswordRefused, RegistrationRequired, WrongPassword
from lodestar import aws
from lodestar.aws import AwsRefused, AwsUnreachable
from lodestar.config import settings
from lodestar.log import log
from lodestar.problems import Conflict, RateLimited, Unavailable

TARGET = "AWSCognitoIdentityProviderService"
RETRY_AFTER_SECONDS = 60
UNCONFIRMED, CONFIRMED = "UNCONFIRMED", "CONFIRMED"
CODE_REFUSALS = frozenset(
    {
        "CodeMismatchException", "ExpiredCodeException", "UserNotFoundException", "NotAuthorizedException",
        "InvalidParameterException", "AliasExistsException",
    }
)  # fmt: skip
"""An unknown address and one that is confirmed already answer as a wrong code does."""
LIMITS = frozenset({"TooManyRequestsException", "LimitExceededException", "TooManyFailedAttemptsException"})


def register(*, email: str, password: str) -> None:
    """An unconfirmed account, whose code goes to the address. For an address that has an account nothing happens,
    so that nobody learns of it; an unconfirmed one is replaced, since whoever made it never proved the address."""
    if _status(email) == UNCONFIRMED:
        _call("AdminDeleteUser", {**_pool(), "Username": email})
    try:
        _call(
            "SignUp",
            {**_client(), "Username": email, "Password": password, "UserAttributes": [_email(email)]},
        )
    except AwsRefused as refusal:
        if refusal.code != "UsernameExistsException":
            raise _problem(refusal) from refusal


def confirm(*, email: str, code: str, is_resumed: bool) -> None:
    """Prove the address by the code from the e-mail. Raises `CodeRefused`.

    A code is good once: a request that died after it was taken (`is_resumed`) finds the account confirmed.
    """
    try:
        _call("ConfirmSignUp", {**_client(), "Username": email, "ConfirmationCode": code})
    except AwsRefused as refusal:
        if is_resumed and _status(email) == CONFIRMED:
            return
        raise (CodeRefused() if refusal.code in CODE_REFUSALS else _problem(refusal)) from refusal


def account_for(*, email: str, password: str, may_create: bool) -> str:
    """The subject of this address's account, whose owner knows `password`.

    Without a proven account one is made with this password, if `may_create`. May be repeated after a crash at any
    point. Raises `WrongPassword`, `PasswordRefused`, `RegistrationRequired`.
    """
    status = _status(email)
    try:
        if status in (None, UNCONFIRMED):
            if not may_create:
                raise RegistrationRequired()
            _make_proven(email, password, exists=status is not None)
        elif _must_choose_password(email, password):
            _set_password(email, password)
        return _subject(email)
    except AwsRefused as refusal:
        raise _problem(refusal) from refusal


def erase(*, email: str) -> None:
    """The account goes for good; an absent one is no error."""
    try:
        _call("AdminDeleteUser", {**_pool(), "Username": email})
    except AwsRefused as refusal:
        if refusal.code != "UserNotFoundException":
            raise _problem(refusal) from refusal


def _make_proven(email: str, password: str, *, exists: bool) -> None:
    attributes = [_email(email), {"Name": "email_verified", "Value": "true"}]
    if exists:
        _set_password(email, password)
        _call("AdminUpdateUserAttributes", {**_pool(), "Username": email, "UserAttributes": attributes})
        return
    account = {
        "Username": email,
        "TemporaryPassword": password,
        "MessageAction": "SUPPRESS",
        "UserAttributes": attributes,
    }
    try:
        _call("AdminCreateUser", {**_pool(), **account})
    except AwsRefused as refusal:
        if refusal.code != "UsernameExistsException":
            raise
        raise Conflict("Another request is making this account. Try again in a moment.") from refusal
    _set_password(email, password)


def _set_password(email: str, password: str) -> None:
    chosen = {"Username": email, "Password": password, "Permanent": True}
    _call("AdminSetUserPassword", {**_pool(), **chosen})


def _must_choose_password(email: str, password: str) -> bool:
    """Check the password; True when it is a temporary one, left by an acceptance that was cut off."""
    answer = _call(
        "InitiateAuth",
        {
            "ClientId": settings().need("user_pool_client_id"),
            "AuthFlow": "USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": email, "PASSWORD": password},
        },
    )
    return answer.get("ChallengeName") == "NEW_PASSWORD_REQUIRED"


def _status(email: str) -> str | None:
    try:
        return str(_call("AdminGetUser", {**_pool(), "Username": email})["UserStatus"])
    except AwsRefused as refusal:
        if refusal.code == "UserNotFoundException":
            return None
        raise _problem(refusal) from refusal


def _subject(email: str) -> str:
    account = _call("AdminGetUser", {**_pool(), "Username": email})
    return next(str(a["Value"]) for a in account["UserAttributes"] if a["Name"] == "sub")


def _call(action: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        return aws.call("cognito-idp", f"{TARGET}.{action}", body)
    except AwsUnreachable as error:
        raise Unavailable("Accounts cannot be managed right now. Try again in a minute.") from error


def _problem(refusal: AwsRefused) -> Exception:
    if refusal.code in ("InvalidPasswordException", "InvalidParameterException"):
        return PasswordRefused()
    if refusal.code in (
        "NotAuthorizedException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
    ):
        return WrongPassword()
    if refusal.code in LIMITS:
        return RateLimited(RETRY_AFTER_SECONDS)
    log.error("user_pool_refused", code=refusal.code)
    return Unavailable("Accounts cannot be managed right now. Try again in a minute.")


def _pool() -> dict[str, str]:
    return {"UserPoolId": settings().need("user_pool_id")}


def _client() -> dict[str, str]:
    return {"ClientId": settings().need("user_pool_client_id")}


def _email(address: str) -> dict[str, str]:
    return {"Name": "email", "Value": address}
