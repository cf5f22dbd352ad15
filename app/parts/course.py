"""What an exception says of itself now: what happened, how it ended, what to do next. Pure functions."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from app.parts import marks, units
from models.exceptions import ExceptionKind, ExceptionStatus
from models.wording import KINDS, STATUSES, UNSETTLED

Row = Mapping[str, Any]

# What is over is told as it was. A kind that is not here says the same before and after.
_WAS: dict[str, str] = {
    ExceptionKind.FAILED: "A hand-over between two systems failed.",
    ExceptionKind.LATE: "A step was not reached by its due time.",
    ExceptionKind.DIFFERENT: "A system held another value than the one that was agreed.",
    ExceptionKind.DUPLICATE: "Two records stood for the same thing.",
    ExceptionKind.BROKEN_LINK: "A reference led to a record that did not exist.",
    ExceptionKind.LINK_CONFLICT: "A key that belongs to one contract was claimed by several.",
    ExceptionKind.UNLINKED: "An event reached no journey.",
    ExceptionKind.CONTRACT_GAP: "The signed contract lacked a term that billing needs.",
    ExceptionKind.INCOMPLETE: "What was read and what the source counted were not the same.",
    ExceptionKind.UNREADABLE: "Input could not be read and was set aside.",
    ExceptionKind.SCHEMA_DRIFT: "The records of a stream changed their shape.",
}

# By what an exception was settled, as the model names it, and how that reads.
_SETTLED_BY = {
    "a later attempt": "a later attempt succeeded",
    "discarded": "the middleware discarded the operation",
    "by hand": "the record stands in the target without a replay, so it was made by hand",
    "its effect, after a replay": "its effect was seen after a replay",
    "one of them withdrawn": "one of the records was withdrawn",
}


def happened(row: Row) -> str:
    """What happened, as it stands now; Markdown."""
    words = KINDS.get(row["kind"])
    if row["status"] == ExceptionStatus.WITHDRAWN:
        return "Nothing: facts that came later show that it never was. It had been opened for this:"
    if row["status"] == ExceptionStatus.SETTLED:
        return _WAS.get(row["kind"], words.happened if words else "")
    return words.happened if words else ""


def ending(row: Row, zone: ZoneInfo) -> str:
    """When it was settled and by what; '' where it is not. Markdown."""
    if row["status"] != ExceptionStatus.SETTLED:
        return ""
    since = f" since {units.instant(row['settled_at'], zone)}" if row["settled_at"] else ""
    by = row["settled_by"]
    return marks.plain(f"It is settled{since}: {_SETTLED_BY.get(by, by) if by else 'nobody said by what'}.")


def next_step(row: Row) -> str:
    """What to do next; '' where there is nothing to do. Markdown."""
    if row["status"] not in UNSETTLED:
        return ""
    if row["status"] == ExceptionStatus.ACTING:
        return "Wait: an action on it is under way. This closes by itself when its effect is seen."
    words = KINDS.get(row["kind"])
    return words.next_step if words else "Ask the owner of the system."


def standing(row: Row) -> str:
    """Its status in words and how long it has been, or was, open; Markdown."""
    told = STATUSES.get(row["status"], "")
    length = units.duration(row["age_seconds"])
    if row["status"] in UNSETTLED:
        told += f", open for {length}"
    elif row["status"] == ExceptionStatus.SETTLED:
        told += f"; it was open for {length}"
    return marks.plain(told)
