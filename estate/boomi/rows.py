"""What Boomi keeps of an execution: its record and a row for each document, in the wire's own form.

Longs travel as a pair, `["Long", 3]`. Source: AtomSphere Platform API, ExecutionRecord and GenericConnectorRecord.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Row = dict[str, Any]

TRACKED_FIELDS = ("ContractKey", "Operation", "Amendment", "Subject", "SourceSystem", "TargetSystem")
ATOM = {"atomId": "3f1a9c52-6f0e-4f3b-9f0c-5b1f6a4c7d21", "atomName": "prod-molecule", "nodeId": "node-01"}


@dataclass(frozen=True)
class Document:
    """One document of a run: the row the API shows, its payload, and what it wanted to do."""

    row: Row
    operation: str
    payload: Mapping[str, Any]
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Execution:
    """One run of a process."""

    row: Row
    documents: tuple[Document, ...] = field(default=())

    @property
    def id(self) -> str:
        """The execution's id."""
        return str(self.row["executionId"])


def iso(at: datetime) -> str:
    """A time as Boomi writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def long(value: int) -> list[Any]:
    """A long as Boomi writes it."""
    return ["Long", value]


def execution_of(account: str, ended_at: datetime, data: Mapping[str, Any]) -> Execution:
    """The run that a happening `execution` tells of. `data`: see estate.happenings."""
    documents = tuple(_document(data["execution"], index, told) for index, told in enumerate(data["documents"], 1))
    failed = sum(document.row["status"] == "ERROR" for document in documents)
    row: Row = {
        "@type": "ExecutionRecord",
        "executionId": data["execution"],
        "account": account,
        "executionTime": iso(data["started_at"]),
        "recordedDate": iso(ended_at),
        "status": "ERROR" if failed else "COMPLETE",
        "executionType": data["kind"],
        "processName": data["flow"],
        "processId": str(uuid5(NAMESPACE_URL, f"process:{data['flow']}")),
        **ATOM,
        "inboundDocumentCount": long(len(documents)),
        "inboundErrorDocumentCount": long(failed),
        "outboundDocumentCount": long(len(documents) - failed),
        "executionDuration": long(int((ended_at - data["started_at"]).total_seconds() * 1000)),
        "message": f"{failed} of {len(documents)} documents failed" if failed else "",
        "reportKey": data["execution"],
        "launcherID": data["execution"],
        "topLevelExecutionId": data["execution"],
    }
    if data.get("original"):
        row["originalExecutionId"] = data["original"]
    return Execution(row, documents)


def connectors_of(execution: Execution) -> list[Row]:
    """The connector calls of a run: where its documents came from, and where they went."""
    failed = sum(document.row["status"] == "ERROR" for document in execution.documents)
    first = execution.documents[0].told if execution.documents else {}
    sides = (("start", first.get("source_system", ""), 0), ("target", first.get("target_system", ""), failed))
    return [
        {
            "@type": "ExecutionConnector",
            "id": _connector_id(execution.id, side),
            "executionId": execution.id,
            "connectionName": system,
            "connectorType": "http",
            "actionType": "Listen" if side == "start" else "Send",
            "isStartShape": side == "start",
            "successCount": long(len(execution.documents) - errors),
            "errorCount": long(errors),
        }
        for side, system, errors in sides
    ]


def _connector_id(execution: str, side: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"connector:{execution}:{side}"))


def _document(execution: str, index: int, told: Mapping[str, Any]) -> Document:
    values = (told["contract"], told["operation"], told["amendment"], told["subject"])
    tracked = dict(zip(TRACKED_FIELDS, (*values, told["source_system"], told["target_system"]), strict=True))
    row: Row = {
        "@type": "GenericConnectorRecord",
        "id": told["document"],
        "executionConnectorId": _connector_id(execution, "start"),
        "executionId": execution,
        "connectionName": told["source_system"],
        "operationName": "receive",
        "actionType": "Listen",
        "connectorType": "http",
        "dateProcessed": iso(told["at"]),
        "documentIndex": long(index),
        "incrementalDocumentIndex": long(index),
        "status": told["outcome"],
        "retryable": told["retryable"],
        "startShape": True,
        "size": long(1),
        "trackedFields": {"trackedField": [{"name": key, "value": value} for key, value in tracked.items() if value]},
    }
    if told["outcome"] == "ERROR":
        row["errorMessage"] = _error(told)
    return Document(row, told["operation"], told["payload"], told)


def _error(told: Mapping[str, Any]) -> str:
    """What the target answered: its code in front of its words, as ERPs write them."""
    code, words = told.get("error_class"), told.get("error_message") or ""
    return f"{code}: {words}" if code and not words.startswith(f"{code}:") else words
