"""Why a webhook is not taken."""

from models.errors import Refused, RetryLater


class UnknownHookError(Refused):
    """Nothing is known of the system that a webhook is said to be of."""


class UnsignedError(Refused):
    """A webhook without the signature that its product gives."""


class ForgedError(Refused):
    """A webhook whose signature is not its system's."""


class KeyUnavailableError(RetryLater):
    """The key that verifies webhooks cannot be had now."""
