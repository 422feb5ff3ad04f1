"""What messaging refuses, and what a person can do about it."""

from lodestar.problems import Conflict, InvalidContent, Problem


class TemplateRefused(InvalidContent):
    """The text cannot be kept as it is; `errors` lists why, by field."""

    code = "template_refused"
    title = "This template cannot be kept as it is"


class CannotBeFilled(InvalidContent):
    """Variables are missing, of another type, or not declared; `errors` lists them."""

    code = "cannot_be_filled"
    title = "The template cannot be filled with these variables"


class RevisionFixed(Conflict):
    """A revision that was active is what people were sent; it is not rewritten."""

    code = "revision_fixed"
    title = "This revision was sent and cannot be rewritten; make a new one"


class NotApproved(Conflict):
    """WhatsApp delivers only what its vendor approved."""

    code = "not_approved"
    title = "This template is not approved by WhatsApp yet"


class NothingToApprove(Conflict):
    """Only WhatsApp looks at texts before they are sent."""

    code = "nothing_to_approve"
    title = "Only WhatsApp's templates are approved; leave approval out"


class PolicyRefused(InvalidContent):
    """The policy contradicts its kind of moment, or names a template that is not there; `errors` lists why."""

    code = "policy_refused"
    title = "This policy cannot be kept as it is"


class AlreadyReleased(Conflict):
    """It was sent, cancelled or skipped before."""

    code = "already_released"
    title = "This message is not waiting any more"


class WebhookRefused(Problem):
    """Not its vendor's, or not of now. Which check failed stands in the log only."""

    status = 401
    code = "webhook_refused"
    title = "This webhook is not accepted"


class WebhookTooLarge(Problem):
    """More than the vendor ever sends at once."""

    status = 413
    code = "webhook_too_large"
    title = "This webhook is larger than any of its vendor's"


class UrlNotAllowed(InvalidContent):
    """Webhooks go to https addresses on the public internet."""

    code = "url_not_allowed"
    title = "Webhooks cannot be sent to this address"


class EndpointExists(Conflict):
    """An address has one endpoint; change its event types instead."""

    code = "endpoint_exists"
    title = "There is a webhook endpoint of this address already"


class TooManyEndpoints(Conflict):
    """Each event is sent to every endpoint that wants it."""

    code = "too_many_endpoints"
    title = "An organization has at most 20 webhook endpoints"


class EndpointDisabled(Conflict):
    """Nothing is sent to it until it is active again."""

    code = "endpoint_disabled"
    title = "This endpoint is disabled; make it active first"


class SecretJustRotated(Conflict):
    """Only the current secret and the one before it sign: another rotation would end the one that is in use."""

    code = "secret_just_rotated"
    title = "The secret was rotated within the last minute; use that one, or rotate again later"


class EmptySegment(InvalidContent):
    """There is nobody to send to."""

    code = "empty_segment"
    title = "Nobody belongs to this segment"
