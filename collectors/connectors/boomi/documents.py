"""What an execution and its documents tell: attempts of business operations. Pure functions.

Source: AtomSphere Platform API reference, GenericConnectorRecord and ExecutionRecord; the names of tracked fields are
the account's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from collectors.base import Unreadable
from collectors.connectors.boomi.platform import Row, instant, tracked, whole, word
from models.events import Event, UnreadableEventError, make_event

MOST_REPORTED = 10_000
"""Boomi reports only so many documents of an execution."""
OUTCOMES = {"SUCCESS": "transaction.succeeded", "ERROR": "transaction.failed"}
FAILED = frozenset(("ERROR", "ABORTED"))
NOT_OURS = frozenset(("test_manual", "test_sub_process", "sub_process", "fiber"))
"""Tests, and parts of an execution, whose documents are those of the whole."""

_CODE = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*|[A-Z]{2,}[A-Z0-9-]*): ")
_encoder = msgspec.json.Encoder(order="sorted", decimal_format="string")


@dataclass(frozen=True)
class BoomiOptions:
    """What differs between accounts: labels of tracked fields, and the forms of numbers that tell subjects apart.

    A subject that has none of the forms is an invoice. `rerun_wait_seconds`: how long a replay waits for its answer.
    """

    contract_field: str = "ContractKey"
    operation_field: str = "Operation"
    amendment_field: str = "Amendment"
    subject_field: str = "Subject"
    source_field: str = "SourceSystem"
    target_field: str = "TargetSystem"
    line_form: str = r".+-L\d+"
    milestone_form: str = r".+-M\d+"
    amendment_form: str = r".+-A\d+"
    period_form: str = r"\d{4}-\d{2}"
    overlap_seconds: float = 300
    rerun_wait_seconds: float = 20


class Heard(NamedTuple):
    """What an execution told."""

    events: list[Event]
    unreadable: list[Unreadable]


def document_events(system: str, run: Row, rows: list[Row], attempt: int, options: BoomiOptions) -> Heard:
    """The attempts of an execution: one a document, at the time at which it was processed.

    `attempt` is the execution's number in its chain of re-runs, from 1. An execution that failed before it had a
    document is an attempt of its own. What Boomi counts and does not list is unreadable.
    """
    heard = Heard([], [])
    for row in rows:
        try:
            heard.events.append(_document_event(system, run, row, attempt, options))
        except UnreadableEventError as error:
            heard.unreadable.append(Unreadable(_encoder.encode(row), f"document: {error}"))
    if not rows and word(run, "status") in FAILED:
        heard.events.append(_execution_event(system, run, attempt))
    listed = sum(row.get("status") == "ERROR" for row in rows)
    if whole(run.get("inboundErrorDocumentCount")) > listed and (rows or word(run, "status") not in FAILED):
        reason = "execution: inboundErrorDocumentCount is above the number of failed documents that are listed"
        heard.unreadable.append(Unreadable(_encoder.encode(run), reason))
    if whole(run.get("inboundDocumentCount")) > MOST_REPORTED:
        reason = f"execution: inboundDocumentCount is above {MOST_REPORTED}, and only so many documents are reported"
        heard.unreadable.append(Unreadable(_encoder.encode(run), reason))
    return heard


def is_ours(run: Row) -> bool:
    """Whether the documents of an execution are told: it is no test, and no part of another execution."""
    return word(run, "executionType") not in NOT_OURS


def _document_event(system: str, run: Row, row: Row, attempt: int, options: BoomiOptions) -> Event:
    document, status = word(row, "id"), word(row, "status")
    if not document:
        raise UnreadableEventError("id is missing")
    if status not in OUTCOMES:
        raise UnreadableEventError(f"status is {status[:40]!r}; SUCCESS or ERROR is wanted")
    values = tracked(row)
    contracts = sorted({one.strip() for one in values.get(options.contract_field, "").split(";") if one.strip()})
    said: dict[str, Any] = {
        "transaction": document,
        "operation": values.get(options.operation_field),
        "flow": word(run, "processName"),
        "source_system": values.get(options.source_field) or word(row, "connectionName"),
        "target_system": values.get(options.target_field),
        "attempt": attempt,
        "amendment": values.get(options.amendment_field),
        **_subject(values.get(options.subject_field, ""), options),
    }
    if status == "ERROR":
        said |= _error(word(row, "errorMessage") or word(run, "message")) | {"retryable": row.get("retryable") is True}
    keys: dict[str, Any] = {"transaction": document, **({"contract": contracts} if contracts else {})}
    return _event(system, OUTCOMES[status], instant(row, "dateProcessed"), keys, said)


def _execution_event(system: str, run: Row, attempt: int) -> Event:
    name = word(run, "executionId")
    said = {"transaction": name, "flow": word(run, "processName"), "attempt": attempt, "retryable": False}
    said |= _error(word(run, "message"))
    return _event(system, "transaction.failed", instant(run, "recordedDate"), {"transaction": name}, said)


def _event(system: str, kind: str, at: datetime, keys: dict[str, Any], said: dict[str, Any]) -> Event:
    name = said["transaction"]
    return make_event(
        source=system,
        id=f"{name}:{kind}",
        type=kind,
        occurred_at=at,
        record=name,
        keys=keys,
        attributes={key: value for key, value in said.items() if value not in (None, "")},
    )


def _subject(value: str, options: BoomiOptions) -> dict[str, str]:
    if not value:
        return {}
    forms = {
        "line": options.line_form,
        "milestone": options.milestone_form,
        "amendment": options.amendment_form,
        "period": options.period_form,
    }
    kind = next((kind for kind, form in forms.items() if form and re.fullmatch(form, value)), "invoice")
    return {kind: value}


def _error(message: str) -> dict[str, str]:
    """The words of an error, and the code that targets put in front of them."""
    code = _CODE.match(message)
    if code is None:
        return {"error_message": message}
    return {"error_class": code[1], "error_message": message[code.end() :]}
