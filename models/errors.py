"""Program faults, in five families by what the caller does next.

Concrete classes end in `Error`, inherit exactly one family, and say in their message which system or record is
concerned and what to do. "Exception" is kept for the business word.
"""


class ThroughlineError(Exception):
    """Root of every error that Throughline raises itself."""


class RetryLater(ThroughlineError):  # noqa: N818 - the family names what to do, its members end in Error
    """Nothing is wrong with the request: try it again, after `wait_seconds` where the other side asked for it."""

    def __init__(self, message: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class SkipRecord(ThroughlineError):  # noqa: N818
    """This one record is bad: count it, quarantine it, go on with the next."""


class StopStream(ThroughlineError):  # noqa: N818
    """This stream cannot continue; other streams may."""


class Misconfigured(ThroughlineError):  # noqa: N818
    """A person must change a setting first. The command ends with exit code 2."""


class Refused(ThroughlineError):  # noqa: N818
    """A rule of ours forbids it; trying again changes nothing."""


FAMILIES = (RetryLater, SkipRecord, StopStream, Misconfigured, Refused)
"""Every concrete error inherits exactly one of these."""
