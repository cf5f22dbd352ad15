"""Re-running one document of a Boomi execution, and finding out what became of it.

Boomi has no idempotency key and runs the same document as often as it is asked, so re-runs are looked for first, those
of a retry schedule among them. A re-run goes through the version of the process that is deployed now.
Source: AtomSphere Platform API reference, RerunDocument and the asynchronous ExecutionRecord.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from collectors.acts import Item, Outcome, Preflight, Sent, never_left
from collectors.answers import Answer, ForbiddenError, RejectedError
from collectors.connectors.boomi.documents import NOT_OURS, BoomiOptions
from collectors.connectors.boomi.platform import (
    LONGEST_CHAIN,
    RUNNING,
    Row,
    document,
    execution,
    instant,
    retries,
    start_documents,
    tracked,
    word,
)
from collectors.http import Http
from models.errors import RetryLater

POLL_SECONDS = 1.0
MOST_RERUNS = 50
"""Of one execution; more are not looked through."""
CERTAIN_SECONDS = 300.0
"""How long after a sending its execution may still be missing in the platform's list."""


class UncertainError(RetryLater):
    """It cannot be told yet whether a re-run was taken."""


class Rerun:
    """The act `replay` of Boomi. `sleep` and `wall` are the machine's, for tests to pass others."""

    def __init__(
        self,
        http: Http,
        system: str,
        options: BoomiOptions,
        sleep: Callable[[float], None] = time.sleep,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._system = system
        self._options = options
        self._sleep = sleep
        self._wall = wall

    def preflight(self, item: Item) -> Preflight:
        """Whether the document is still on the runtime and may be re-run, and what its re-runs came to."""
        found = document(self._http, item.transaction)
        if found is None:
            return Preflight(
                False, f"document {item.transaction} is no longer on the Boomi runtime, or that is offline"
            )
        run_id = word(found, "executionId")
        run = execution(self._http, run_id)
        against = _against(found, run)
        if against:
            return Preflight(False, f"document {item.transaction} cannot be re-run: {against}")
        standing = self._standing(found, run or {}, item)
        process = word(run or {}, "processName")
        told = f"RerunDocument of {item.transaction} of {run_id}, by the version of {process} that is deployed now"
        return Preflight(True, told, standing)

    def send(self, item: Item, idempotency_key: str) -> Sent:
        """Ask for the re-run of this one document, and wait a little for the execution that it becomes."""
        found = document(self._http, item.transaction)
        if found is None:
            return Sent(Outcome.REFUSED, f"document {item.transaction} is no longer on the Boomi runtime")
        selected = {"Document": [{"genericConnectorRecordId": item.transaction}]}
        body = {"originalExecutionId": word(found, "executionId"), "SelectedDocuments": selected}
        try:
            said = self._http.post("RerunDocument", json=body).json()
        except (RejectedError, ForbiddenError) as error:
            return Sent(Outcome.REFUSED, str(error))
        except RetryLater as error:
            if never_left(error):
                raise
            return Sent(Outcome.UNKNOWN, f"{error}. Whether it was taken is looked up")
        request = said.get("requestId") if isinstance(said, dict) else None
        if not isinstance(request, str) or not request:
            return Sent(Outcome.UNKNOWN, f"{self._system} took the re-run of {item.transaction} and gave no requestId")
        return self._outcome(request)

    def look_up(self, item: Item, idempotency_key: str, since: datetime) -> Sent | None:
        """The re-run of this document after it failed, if there is one; there is no key to find it by.

        Errors: UncertainError (RetryLater) while it may be too early to see it.
        """
        found = document(self._http, item.transaction)
        run_id = word(found, "executionId") if found is not None else ""
        for run in reversed(retries(self._http, run_id) if run_id else []):
            if _is_void(run, item):
                continue
            if word(run, "status") in RUNNING or self._document_of(run, found or {}, item) is not None:
                name = word(run, "executionId")
                return Sent(Outcome.ACCEPTED, f"{name} re-runs it: {word(run, 'status')}", name)
        if self._wall() - since.timestamp() < CERTAIN_SECONDS:
            raise UncertainError(
                f"{self._system}: whether the re-run of {item.transaction} was taken cannot be told yet; asked again"
            )
        return None

    def _outcome(self, request: str) -> Sent:
        """What the asynchronous answer says, as far as one waits for it."""
        until = self._wall() + self._options.rerun_wait_seconds
        while True:
            try:
                answer = self._http.get(f"{_ASYNC}/{request}", allow=(202, 204, 404, 410))
                run = _result(answer)
            except (RetryLater, ForbiddenError, RejectedError):
                answer, run = None, None
            if run is not None:
                name, status = word(run, "executionId"), word(run, "status")
                return Sent(Outcome.ACCEPTED, f"{name} re-ran it: {status}", name)
            if answer is None or answer.status in (404, 410) or self._wall() >= until:
                return Sent(
                    Outcome.ACCEPTED, f"{self._system} took it as {request}; its execution is not seen yet", request
                )
            self._sleep(POLL_SECONDS)

    def _standing(self, found: Row, run: Row, item: Item) -> str:
        """A re-run that is under way, or in which the same operation succeeded; '' where there is none."""
        for again in self._family(run):
            name, status = word(again, "executionId"), word(again, "status")
            if name == word(found, "executionId"):
                continue
            if status in RUNNING:
                return f"{name} is re-running documents of {word(again, 'originalExecutionId')} since {_began(again)}"
            same = None if _is_void(again, item) else self._document_of(again, found, item)
            if same is not None and word(same, "status") == "SUCCESS":
                return (
                    f"{word(same, 'id')} of {name} ({word(again, 'executionType')}) succeeded with the same operation"
                )
        return ""

    def _family(self, run: Row) -> Iterator[Row]:
        """Every re-run of the execution that this one goes back to, re-runs of re-runs among them."""
        root = word(run, "originalExecutionId")
        for _ in range(LONGEST_CHAIN if root else 0):
            before = execution(self._http, root)
            above = word(before, "originalExecutionId") if before is not None else ""
            if not above:
                break
            root = above
        waiting, seen = [root or word(run, "executionId")], set[str]()
        while waiting and len(seen) < MOST_RERUNS:
            origin = waiting.pop(0)
            if origin not in seen:
                seen.add(origin)
                found = retries(self._http, origin)
                yield from found
                waiting += [word(again, "executionId") for again in found]

    def _document_of(self, run: Row, found: Row, item: Item) -> Row | None:
        """The document of a re-run that is the same business operation."""
        label = self._options.operation_field
        wanted = tracked(found).get(label) or item.operation
        rows = start_documents(self._http, word(run, "executionId"))
        return next((row for row in rows if tracked(row).get(label) == wanted), None)


_ASYNC = "ExecutionRecord/async"


def _against(found: Row, run: Row | None) -> str:
    if run is None:
        return f"its execution {word(found, 'executionId')} is gone"
    if word(run, "executionType") in NOT_OURS:
        return f"its execution is of the type {word(run, 'executionType')}"
    if found.get("startShape") is not True:
        return "it is no document of a Start shape"
    if found.get("retryable") is not True:
        return "Boomi marks it as not retryable"
    return ""


def _result(answer: Answer) -> Row | None:
    """The execution in an asynchronous answer, which may be wrapped; None while there is none."""
    if answer.status != 200:
        return None
    said: Any = answer.json()
    listed = said.get("result") if isinstance(said, dict) else None
    run = listed[0] if isinstance(listed, list) and listed else said
    return run if isinstance(run, dict) and word(run, "executionId") else None


def _is_void(run: Row, item: Item) -> bool:
    """Whether a re-run is one of those whose effect is known not to stand."""
    return item.void_until is not None and instant(run, "executionTime") <= item.void_until


def _began(run: Row) -> str:
    return instant(run, "executionTime").astimezone(UTC).isoformat()
