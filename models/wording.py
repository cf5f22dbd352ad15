"""What the words of the model mean, in sentences for the person who has to act: kinds, states, grades, statuses."""

from __future__ import annotations

from typing import NamedTuple

from models.derived import Evidence, JourneyState
from models.exceptions import ExceptionKind, ExceptionStatus


class KindWords(NamedTuple):
    """What a kind of exception is called, what it says has happened, and what to do next."""

    title: str
    happened: str
    next_step: str


KINDS: dict[str, KindWords] = {
    ExceptionKind.FAILED: KindWords(
        "Failed hand-over",
        "A hand-over between two systems failed, and neither a later attempt nor a record in the target has mended it.",
        "Read what the last attempt said. Mend the cause, then run the operation again where it failed; "
        "this closes by itself when a later attempt succeeds or the record appears in the target.",
    ),
    ExceptionKind.LATE: KindWords(
        "Late step",
        "A step was not reached by its due time, although every system that could show it was heard.",
        "Ask the owner of the step what it waits for. This closes by itself when the step is reached.",
    ),
    ExceptionKind.DIFFERENT: KindWords(
        "Different terms",
        "A system holds another value than the one that was agreed.",
        "Compare the two values with the contract and correct the system that is wrong, or accept the difference.",
    ),
    ExceptionKind.PREMATURE: KindWords(
        "Out of order",
        "A step happened before the one that it must wait for.",
        "Check whether the work was authorised before the earlier step. If the earlier step did happen, correct its "
        "time in the system that shows it.",
    ),
    ExceptionKind.DUPLICATE: KindWords(
        "Duplicate",
        "Two records stand for the same thing.",
        "Find the one that should not be there and withdraw it in its system (void, cancel, delete); "
        "this closes by itself when only one stands.",
    ),
    ExceptionKind.BROKEN_LINK: KindWords(
        "Broken link",
        "A reference leads to a record that no longer exists.",
        "Correct the reference in the system that holds it.",
    ),
    ExceptionKind.LINK_CONFLICT: KindWords(
        "Contested key",
        "A key that belongs to one contract is claimed by several, so what carries it reaches none of them.",
        "Decide which contract the key belongs to and correct the others in the system that sent them.",
    ),
    ExceptionKind.UNLINKED: KindWords(
        "Unlinked event",
        "An event reached no journey: none of its keys leads to a contract that we know.",
        "Look for the contract that it belongs to and add the missing reference in the system that sent it; "
        "it joins, and this closes, as soon as the link is seen.",
    ),
    ExceptionKind.CONTRACT_GAP: KindWords(
        "Contract gap",
        "The signed contract lacks a term that billing needs.",
        "Have the term completed in the contract system.",
    ),
    ExceptionKind.INCOMPLETE: KindWords(
        "Incomplete reading",
        "What was read and what the source counts are not the same.",
        "Check the rights and filters of the account that reads the source.",
    ),
    ExceptionKind.UNREADABLE: KindWords(
        "Unreadable input",
        "Input could not be read and was set aside; everything else went on.",
        "Read the reason, have the source corrected, then import the row again.",
    ),
    ExceptionKind.SCHEMA_DRIFT: KindWords(
        "Changed shape",
        "The records of a stream have another shape than before.",
        "Check with the owner of the system what was changed.",
    ),
    ExceptionKind.CHANGED_CONTENT: KindWords(
        "Changed content",
        "The same event was sent more than once with different content; one variant counts, all are kept.",
        "Ask the owner of the source which content is right, and have it sent with a number of its own.",
    ),
}

STATES: dict[str, str] = {
    JourneyState.FAILED: "a hand-over failed and nothing mended it",
    JourneyState.LATE: "a due time passed without the step",
    JourneyState.DUE_SOON: "a due time is near",
    JourneyState.UNKNOWN: "a due time passed, but the systems that could show the step were not heard",
    JourneyState.PROVISIONAL: "no contract is known yet",
    JourneyState.INHERITED: "older than what is watched",
    JourneyState.RUNNING: "on its way",
    JourneyState.ENDED: "ended before its goal",
    JourneyState.DONE: "complete",
}
"""In the order in which they need attention."""

ATTENTION = (JourneyState.FAILED, JourneyState.LATE, JourneyState.DUE_SOON, JourneyState.UNKNOWN)
"""States in which somebody should look."""

MOVING = (*ATTENTION, JourneyState.PROVISIONAL, JourneyState.INHERITED, JourneyState.RUNNING)
"""States of what is not finished."""

GRADES: dict[str, str] = {
    Evidence.OBSERVED: "a system shows it",
    Evidence.INFERRED: "no system shows it, but a later step stands",
    Evidence.CONTRADICTED: "one system shows it, another has withdrawn it",
    Evidence.UNKNOWN: "no system shows it now",
}

STATUSES: dict[str, str] = {
    ExceptionStatus.OPEN: "nobody holds it",
    ExceptionStatus.OWNED: "a person holds it",
    ExceptionStatus.ACTING: "an action on it is under way",
    ExceptionStatus.SNOOZED: "asleep until a time",
    ExceptionStatus.SETTLED: "closed, with the evidence",
    ExceptionStatus.WITHDRAWN: "facts showed that it never was",
}

UNSETTLED = (ExceptionStatus.OPEN, ExceptionStatus.OWNED, ExceptionStatus.ACTING, ExceptionStatus.SNOOZED)
"""Statuses of what still wants settling."""


def step_words(step: str) -> str:
    """A name for people of a step that brings no title: `invoice.posted` is "Invoice posted"."""
    return step.replace(".", " ").replace("_", " ").strip().capitalize() or step
