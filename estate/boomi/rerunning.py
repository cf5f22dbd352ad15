"""Re-runs: they really execute, as often as they are asked for, and leave a new execution behind.

Source: AtomSphere Platform API, RerunDocument and the asynchronous ExecutionRecord. There is no idempotency key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from estate.boomi.answers import ApiError
from estate.boomi.asking import Records
from estate.boomi.rows import Document, Execution, Row, execution_of
from estate.services import RERUN, Outcome, Services

SYSTEM = "boomi"
READY_SECONDS = 1.0
GONE_SECONDS = 1800.0
STATUSES = ("ANY", "SUCCESS", "ERROR")


@dataclass(frozen=True)
class Request:
    """An accepted re-run: since when, and the execution it made (None: nothing came of it)."""

    asked_at: float
    execution: Execution | None


class Rerunning:
    """Accepts re-runs and tells what became of them."""

    def __init__(self, services: Services, records: Records, account: str) -> None:
        self._services = services
        self._records = records
        self._account = account
        self._requests: dict[str, Request] = {}

    def rerun(self, body: Mapping[str, Any]) -> str:
        """The id of the accepted request. Raises ApiError for a body, execution or document that cannot be re-run."""
        original, documents = self._asked(body)
        number = len(self._requests) + 1
        uuid = str(UUID(int=self._services.random(SYSTEM, "rerun", number).getrandbits(128), version=4))
        execution = self._execute(original, documents, uuid)
        request = f"executionrecord-{uuid}"
        self._requests[request] = Request(self._services.wall(), execution)
        return request

    def result(self, request: str) -> Row | None:
        """The new execution's record; None while it is not ready. Raises ApiError when the request is gone."""
        asked = self._requests.get(request)
        age = self._services.wall() - asked.asked_at if asked else GONE_SECONDS
        if asked is None or age >= GONE_SECONDS:
            raise ApiError(404, f"Async operation {request} is not known or has expired")
        if age < READY_SECONDS or asked.execution is None:
            return None
        return asked.execution.row

    def _asked(self, body: Mapping[str, Any]) -> tuple[Execution, list[Document]]:
        if unknown := sorted(body.keys() - {"@type", "originalExecutionId", "AllDocuments", "SelectedDocuments"}):
            raise ApiError(400, f"Unrecognized field: {', '.join(unknown)}")
        if ("AllDocuments" in body) == ("SelectedDocuments" in body):
            raise ApiError(400, "Send either AllDocuments or SelectedDocuments")
        original = self._records.execution(str(body.get("originalExecutionId")))
        if original is None:
            raise ApiError(400, f"Execution {body.get('originalExecutionId')} was not found in this account")
        documents = _of_status(original, body["AllDocuments"]) if "AllDocuments" in body else _chosen(original, body)
        stuck = [document.row["id"] for document in documents if not document.row["retryable"]]
        if stuck or not documents:
            raise ApiError(400, f"No retryable documents: {', '.join(stuck) or 'none selected'}")
        return original, documents

    def _execute(self, original: Execution, documents: list[Document], uuid: str) -> Execution | None:
        outcomes = [
            self._services.execute(SYSTEM, RERUN, document.operation, document.row["id"]) for document in documents
        ]
        if any(outcome.result == "expired" for outcome in outcomes):
            raise ApiError(410, f"The documents of {original.id} have been purged from the runtime")
        taken = [pair for pair in zip(documents, outcomes, strict=True) if pair[1].result != "nothing"]
        if not taken:
            return None
        now = self._services.now()
        told = [
            _again(document, outcome, f"gcr-{uuid[:-4]}{index:04x}") | {"at": now}
            for index, (document, outcome) in enumerate(taken)
        ]
        data = {
            "execution": f"execution-{uuid}-{now:%Y.%m.%d}",
            "flow": original.row["processName"],
            "started_at": now,
            "kind": "retry_manual",
            "original": original.id,
            "documents": told,
        }
        execution = execution_of(self._account, now, data)
        self._records.add(execution)
        return execution


def _again(document: Document, outcome: Outcome, name: str) -> dict[str, Any]:
    """The document as the new run processed it."""
    told = dict(document.told) | {"document": name, "outcome": "SUCCESS" if outcome.is_success else "ERROR"}
    if not outcome.is_success and (outcome.error_class or outcome.error_message):
        told |= {"error_class": outcome.error_class, "error_message": outcome.error_message}
    return told


def _of_status(original: Execution, chosen: Any) -> list[Document]:
    status = chosen.get("documentStatus") if isinstance(chosen, Mapping) else None
    if status not in STATUSES:
        raise ApiError(400, f"Invalid documentStatus: {status}")
    return [document for document in original.documents if status in ("ANY", document.row["status"])]


def _chosen(original: Execution, body: Mapping[str, Any]) -> list[Document]:
    selected = body["SelectedDocuments"]
    listed = selected.get("Document") if isinstance(selected, Mapping) else None
    if not isinstance(listed, list) or not listed:
        raise ApiError(400, "SelectedDocuments takes a list of Document")
    by_id = {document.row["id"]: document for document in original.documents}
    wanted = [str(item.get("genericConnectorRecordId")) for item in listed if isinstance(item, Mapping)]
    if missing := [name for name in wanted if name not in by_id]:
        raise ApiError(400, f"Document {missing[0]} does not belong to execution {original.id}")
    return [by_id[name] for name in dict.fromkeys(wanted)]
