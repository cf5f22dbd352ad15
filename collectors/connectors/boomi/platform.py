"""Questions to the Boomi platform API: queries page by page, and the record of an execution or a document.

Source: AtomSphere Platform API reference (developer.boomi.com): Query filters and paging, ExecutionRecord,
GenericConnectorRecord.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.answers import Answer, FailingError, RejectedError, ThrottledError, UnreadableAnswerError
from collectors.http import Http, Manners
from collectors.paging import Piece, by_token
from models.errors import ThroughlineError
from models.events import UnreadableEventError

Row = Mapping[str, Any]

EXECUTIONS, DOCUMENTS, TRACKED_FIELDS = "ExecutionRecord", "GenericConnectorRecord", "CustomTrackedField"
REQUESTS_A_SECOND = 9.0
"""Of the ten that an account has, so that our acts and others find room."""
LONGEST_CHAIN = 20
"""Of re-runs of re-runs; what is longer is not followed."""
RUNNING = frozenset(("STARTED", "INPROCESS"))


def judge(answer: Answer) -> ThroughlineError | None:
    """503 is Boomi's throttling; a query token that is gone is asked for anew. None: as everywhere."""
    if answer.status == 503:
        return ThrottledError(f"{answer.place} answered 503: more than the account's requests a second, or an outage")
    if answer.status == 400 and "query token" in answer.text().lower():
        return FailingError(f"{answer.place} no longer knows its query token; it is asked again from the last page")
    return None


MANNERS = Manners(requests_per_second=REQUESTS_A_SECOND, judge=judge)


def equals(name: str, value: str) -> dict[str, Any]:
    """A filter for one value of a property."""
    return {"operator": "EQUALS", "property": name, "argument": [value]}


def any_of(name: str, values: list[str]) -> dict[str, Any]:
    """A filter for any of these values; at least one is wanted."""
    nested = [equals(name, value) for value in values]
    return nested[0] if len(nested) == 1 else {"operator": "or", "nestedExpression": nested}


def since(name: str, at: str) -> dict[str, Any]:
    """A filter for an instant and all that follow."""
    return {"operator": "GREATER_THAN_OR_EQUAL", "property": name, "argument": [at]}


def pages(http: Http, kind: str, expression: Mapping[str, Any] | None, sort: str = "") -> Iterator[Piece]:
    """The rows that fit, a hundred a page; `sort` names the field they come sorted by."""
    body: dict[str, Any] = {"QueryFilter": {"expression": dict(expression)}} if expression else {}
    if sort:
        body["QuerySort"] = {"sortField": [{"fieldName": sort, "sortOrder": "ASC"}]}

    def ask(token: str | None) -> tuple[list[Row], str | None]:
        if token is None:
            answer = http.post(f"{kind}/query", json=body, is_read=True)
        else:
            headers = {"content-type": "text/plain"}
            answer = http.post(f"{kind}/queryMore", content=token, headers=headers, is_read=True)
        return _rows(answer)

    return by_token(ask)


def rows(http: Http, kind: str, expression: Mapping[str, Any] | None, sort: str = "") -> Iterator[Row]:
    """The rows of all pages."""
    for piece in pages(http, kind, expression, sort):
        yield from piece.rows


def execution(http: Http, execution_id: str) -> Row | None:
    """The record of one execution; None where the platform no longer has it."""
    return next(rows(http, EXECUTIONS, equals("executionId", execution_id)), None)


def document(http: Http, document_id: str) -> Row | None:
    """The record of one document; None where the runtime no longer has it (404), or is not there (410)."""
    answer = http.get(f"{DOCUMENTS}/{document_id}", allow=(400, 404, 410))
    if answer.status == 200:
        said = answer.json()
        return said if isinstance(said, dict) else None
    if answer.status == 400 and "found" not in answer.text().lower():
        raise RejectedError(f"{answer.place} answered 400: {answer.text()[:200]}", answer)
    return None


def retries(http: Http, execution_id: str) -> list[Row]:
    """The re-runs of an execution, oldest first."""
    return list(rows(http, EXECUTIONS, equals("originalExecutionId", execution_id), "executionTime"))


def start_documents(http: Http, execution_id: str) -> Iterator[Row]:
    """The documents of an execution as they came in, page by page: rows of its Start shape."""
    for row in rows(http, DOCUMENTS, equals("executionId", execution_id)):
        if row.get("startShape") is True:
            yield row


def whole(value: Any) -> int:
    """A count, which comes as a number, as text or as the pair `["Long", n]`; 0 where there is none."""
    if isinstance(value, list) and len(value) == 2:
        value = value[1]
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


def word(row: Row, name: str) -> str:
    """A text field; '' where there is none."""
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def instant(row: Row, name: str) -> datetime:
    """A date-time field, in UTC. Errors: UnreadableEventError."""
    value = row.get(name)
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        told = "missing" if value is None else repr(value)[:40]
        raise UnreadableEventError(f"{name} is {told}; a date-time such as '2026-01-05T08:00:00Z' is wanted")
    return at.astimezone(UTC)


def tracked(row: Row) -> dict[str, str]:
    """The tracked fields of a document, by name; the last where one comes twice."""
    holder = row.get("trackedFields")
    listed = holder.get("trackedField") if isinstance(holder, dict) else None
    if isinstance(listed, dict):
        listed = [listed]
    found = listed if isinstance(listed, list) else []
    return {
        str(item.get("name")): value.strip()
        for item in found
        if isinstance(item, dict) and isinstance(value := item.get("value"), str) and value.strip()
    }


def _rows(answer: Answer) -> tuple[list[Row], str | None]:
    said = answer.json()
    found = said.get("result", []) if isinstance(said, dict) and "numberOfResults" in said else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise UnreadableAnswerError(f"{answer.place} gives no list of results; it is asked again later")
    token = said.get("queryToken")
    return found, token if isinstance(token, str) and token else None
