"""Everything that lives outside: one package a capability, each a port with its vendors behind it."""


class CapabilityNotConfigured(RuntimeError):
    """No vendor can serve this capability; the message names the settings that would change that."""

    def __init__(self, capability: str, *, settings: tuple[str, ...]) -> None:
        self.capability = capability
        self.settings = settings
        names = " or ".join(settings)
        super().__init__(f"{capability} is not configured: set {names}.")
