"""What identity refuses, and how it says so."""

from lodestar.problems import Conflict, Forbidden, InvalidContent, Problem


class RoleNotGrantable(Forbidden):
    """Nobody gives a role that is above their own (DOMAINS.md, C1 #2)."""

    code = "role_not_grantable"
    title = "You may not give or take this role"


class PersonRequired(Forbidden):
    """Credentials are made by people: a stolen key must not make more keys."""

    code = "person_required"
    title = "An API key cannot do this; sign in as a person"


class RoleOutsidePlatform(InvalidContent):
    """`platform_admin` exists in the platform's own organization only."""

    code = "role_outside_platform"
    title = "Only the platform's own organization has platform administrators"


class AlreadyMember(Conflict):
    """The person has this role here already."""

    code = "already_member"
    title = "This person has this role already"


class LastAdministrator(Conflict):
    """An organization is never left without an administrator."""

    code = "last_administrator"
    title = "This is the last administrator; give somebody else the role first"


class InvitationClosed(Conflict):
    """Used, revoked or older than 72 hours."""

    code = "invitation_closed"
    title = "This invitation can no longer be used; ask for a new one"


class RegistrationRequired(Conflict):
    """An invitation's link proves an address to the inviter's organization only, not to the others of a person."""

    code = "registration_required"
    title = "Register with this e-mail address first, then open the invitation again"


class WrongPassword(Problem):
    """There is an account for this address, and its password is another one."""

    status = 403
    code = "wrong_password"
    title = "There is an account for this address already: give its password, or reset it first"


class PasswordRefused(InvalidContent):
    """The user pool's password policy."""

    code = "password_refused"
    title = "Choose a password of at least 12 characters with upper-case and lower-case letters and digits"


class CodeRefused(InvalidContent):
    """The verification code is wrong or too old."""

    code = "code_refused"
    title = "This code is not valid, or no longer; register again to get a new one"


class EmailNotVerified(Conflict):
    """Administrators have a verified e-mail address."""

    code = "email_not_verified"
    title = "Verify your e-mail address first"


class AlreadyRequested(Conflict):
    """There is an open request for the same role."""

    code = "already_requested"
    title = "This role was asked for already; wait for the decision"


class OwnRequest(Forbidden):
    """Nobody gives themselves a role, whoever they are."""

    code = "own_request"
    title = "You cannot decide on your own request; ask another administrator"


class AlreadyDecided(Conflict):
    """A decision stands."""

    code = "already_decided"
    title = "This was decided already"


class PrivacyRequestOpen(Conflict):
    """One at a time of a kind. `request_id` names the open one."""

    code = "privacy_request_open"
    title = "There is an open request of this kind already"


class LegalHold(Conflict):
    """A legal hold keeps this person's data until it is released (GDPR Art. 17(3)(e))."""

    code = "legal_hold"
    title = "A legal hold keeps this person's data; release it in the retention policies, then decide again"


class SlugTaken(Conflict):
    """Another organization has this short name."""

    code = "slug_taken"
    title = "Another organization has this short name"


class KeyNameTaken(Conflict):
    """A live key is known by its name; revoked, rotated and expired ones give theirs free."""

    code = "key_name_taken"
    title = "A key of this name is in use; choose another name, or revoke or rotate that key"


class KeyNotUsable(Conflict):
    """A revoked, rotated or expired key is not rotated again."""

    code = "key_not_usable"
    title = "This key is revoked, expired or already rotated; create a new one"


class DomainsMissing(RuntimeError):
    """No certificate and no archive before every domain has answered. The message names the missing."""


class AuditChainBroken(RuntimeError):
    """A row of the audit log is not what was written. The message names organization and sequence."""
