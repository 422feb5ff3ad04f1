"""What can go wrong with a call to a model, in terms that decide what to do next."""


class AiError(Exception):
    """A call to a model gave nothing usable. `retryable` says whether the same call may succeed later.

    `model` is the model's name as it stands in the log; `outcome` is the stable word for `ai_runs`.
    """

    outcome = "failed"
    retryable = False

    def __init__(self, model: str, reason: str) -> None:
        self.model = model
        self.reason = reason
        super().__init__(f"{model}: {reason}")


class ModelUnavailable(AiError):
    """The vendor timed out, was unreachable, answered 5xx or 429. `retry_after` is in seconds."""

    outcome = "unavailable"
    retryable = True

    def __init__(self, model: str, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(model, reason)
        self.retry_after = retry_after


class ModelRetired(AiError):
    """The vendor no longer serves this model, or never did."""

    outcome = "retired"


class ModelRefused(AiError):
    """The vendor refused: its safety rules, our credentials, or a request it does not accept."""

    outcome = "refused"


class ModelAnswerInvalid(AiError):
    """The model answered, but not what the schema asks for; it may answer rightly when asked again."""

    outcome = "invalid_answer"
    retryable = True


class AllModelsFailed(Exception):
    """Every model of the chain was tried. `reasons` holds the error of each call, in order."""

    def __init__(self, reasons: list[AiError]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(str(reason) for reason in reasons) or "no model in the chain")
