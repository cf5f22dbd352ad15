"""What a system answered, and what an unusual answer means for the caller: one of our families, or nothing unusual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from models.errors import Misconfigured, RetryLater, StopStream, ThroughlineError

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_LONGEST_SAID = 300


@dataclass(frozen=True)
class Answer:
    """One answer. `headers` have small letters; `asked` is the method and the path, without parameters."""

    system: str
    asked: str
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def place(self) -> str:
        """Who was asked what, for the beginning of a message."""
        return f"{self.system}: {self.asked}"

    def json(self) -> Any:
        """What it says in JSON; numbers with a point are Decimal. Errors: UnreadableAnswerError."""
        try:
            return _decoder.decode(self.content)
        except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError) as error:
            kind = self.headers.get("content-type", "no content type").partition(";")[0]
            raise UnreadableAnswerError(
                f"{self.place} answered {self.status} with {len(self.content)} bytes of {kind} that are no whole JSON "
                f"({error}); it is asked again later"
            ) from error

    def text(self) -> str:
        """What it says as text; what is no UTF-8 is replaced."""
        return self.content.decode("utf-8", "replace")


class UnansweredError(RetryLater):
    """Nothing came: a time-out, a refused or broken connection."""


class UnreadableAnswerError(RetryLater):
    """What came is cut off, or is not what it says it is."""


class FailingError(RetryLater):
    """The system says that it fails."""


class ThrottledError(RetryLater):
    """The system asks for fewer requests, or our share of its quota is used up."""


class SignInRefusedError(Misconfigured):
    """The system does not accept who we say we are."""


class ForbiddenError(StopStream):
    """We are known, and may not read or do this."""


class RejectedError(StopStream):
    """The system does not understand or does not have what we ask for. `answer` is what it said."""

    def __init__(self, message: str, answer: Answer) -> None:
        super().__init__(message)
        self.answer = answer


class StrayedError(StopStream):
    """The system sends us to another host."""


Explain = Callable[[Answer], str | None]
"""The vendor's own words in the body of an error; None where it has none."""

Judge = Callable[[Answer], ThroughlineError | None]
"""What an answer that is no success means in this product; None: as everywhere."""


def explain_usual(answer: Answer) -> str | None:
    """The message in one of the usual error bodies of JSON, those of OAuth included."""
    try:
        said = _decoder.decode(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError):
        return None
    words = _words(said[0] if isinstance(said, list) and said else said)
    return "; ".join(dict.fromkeys(words))[:_LONGEST_SAID] or None


def _words(said: Any) -> list[str]:
    if isinstance(said, str):
        return [said]
    if not isinstance(said, dict):
        return []
    found: list[str] = []
    for name in ("errorCode", "code", "error", "title", "error_description", "message", "reason", "detail"):
        value = said.get(name)
        if isinstance(value, str) and value:
            found.append(value)
        elif isinstance(value, dict):
            found += _words(value)
    details = said.get("o:errorDetails")
    for detail in details if isinstance(details, list) else []:
        found += [
            str(detail[name]) for name in ("o:errorCode", "detail") if isinstance(detail, dict) and name in detail
        ]
    return found


def error_of(answer: Answer, explain: Explain, judge: Judge) -> ThroughlineError | None:
    """What an answer means; None for a success. 401 is told apart before, for it may only need a new token."""
    if 200 <= answer.status < 300:
        return None
    return judge(answer) or _usual_error(answer, explain(answer))


def _usual_error(answer: Answer, said: str | None) -> ThroughlineError:
    told = f"{answer.place} answered {answer.status}" + (f": {said}" if said else "")
    if answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers):
        return ThrottledError(f"{told}; it is asked again later", wait_seconds=retry_after(answer.headers))
    if answer.status >= 500 or answer.status == 408:
        return FailingError(f"{told}; it is asked again later")
    if answer.status == 403:
        return ForbiddenError(
            f"{told}; grant the right to the user or role of [systems.{answer.system}.auth], then read the stream again"
        )
    if 300 <= answer.status < 400:
        return StrayedError(f"{told} and sends us elsewhere; correct base_url of [systems.{answer.system}]")
    return RejectedError(f"{told}; compare [systems.{answer.system}.options] with `throughline systems check`", answer)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds in Retry-After, which holds seconds or a date; None where it is absent or neither."""
    said = headers.get("retry-after", "").strip()
    if not said:
        return None
    try:
        if said.replace(".", "", 1).isdigit():
            return float(said)
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
