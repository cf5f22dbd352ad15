"""What the answers of a Salesforce org mean when they are no success, and what a person can do about them.

Source: Salesforce REST API developer guide (Status Codes and Error Responses); docs/connectors.md says what of it
was never tried on a real org.
"""

from __future__ import annotations

import re

from collectors.answers import (
    Answer,
    FailingError,
    ForbiddenError,
    RejectedError,
    ThrottledError,
    UnreadableAnswerError,
)
from collectors.soql import CREATED, Question
from models.errors import ThroughlineError

QUOTA_PAUSE_SECONDS = 3_600.0

_NO_FIELD = re.compile(r"No such column '(?P<field>[^']+)' on entity '(?P<object>[^']+)'")
_NO_RELATION = re.compile(r"Didn't understand relationship '(?P<field>[^']+)'")


def judge(answer: Answer) -> ThroughlineError | None:
    """What Salesforce's error codes mean where the status alone misleads; None: as everywhere."""
    code, told = error_code(answer), f"{answer.place} answered {answer.status}"
    if code == "REQUEST_LIMIT_EXCEEDED":
        return ThrottledError(
            f"{told}: {code}, the org's requests of the last 24 hours are used up; it is asked again in an hour",
            wait_seconds=QUOTA_PAUSE_SECONDS,
        )
    if code in {"QUERY_TIMEOUT", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION", "INVALID_QUERY_LOCATOR"}:
        return FailingError(f"{told}: {code}; it is asked again later, from where the last page ended")
    return None


def error_code(answer: Answer) -> str:
    """The errorCode of an error body, which is an array; '' where there is none."""
    try:
        said = answer.json()
    except UnreadableAnswerError:
        return ""
    first = said[0] if isinstance(said, list) and said else None
    code = first.get("errorCode") if isinstance(first, dict) else None
    return code if isinstance(code, str) else ""


def advice(question: Question, error: RejectedError | ForbiddenError, system: str) -> str:
    """Where a person grants what is missing."""
    said = str(error).partition("; grant the right")[0]
    if isinstance(error, ForbiddenError):
        return f"{said}. Give the user of [systems.{system}.auth] a permission set with 'API Enabled'"
    code, words = error_code(error.answer), error.answer.text()
    found = _NO_FIELD.search(words) or _NO_RELATION.search(words)
    if code == "INVALID_FIELD" and found is not None:
        place = found.groupdict().get("object") or question.sobject
        return (
            f"the field {found['field']} of {place} cannot be read. Grant it to the user of [systems.{system}.auth]: "
            f"Setup, Object Manager, {place}, Fields & Relationships, {found['field']}, Set Field-Level Security; if "
            f"your org calls it otherwise, name it in [systems.{system}.options]"
        )
    if code == "INVALID_TYPE":
        history = " and switch on Set History Tracking" if question.clock == CREATED else ""
        return (
            f"the object {question.sobject} cannot be read. Grant Read and View All Records to the user of "
            f"[systems.{system}.auth]: Setup, Permission Sets, Object Settings{history}; what begins with pse__ needs "
            "the permission sets of the package"
        )
    return said
