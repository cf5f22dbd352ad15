"""Boomi's queries: which executions, documents and connector calls, a hundred a page."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from estate.boomi.answers import ApiError
from estate.boomi.filtering import by, order_of, test_of
from estate.boomi.rows import TRACKED_FIELDS, Document, Execution, Row, connectors_of, long

PAGE = 100
TOKENS = 200
MOST_DOCUMENTS = 10_000
"""Only so many documents of an execution are reported."""
EXECUTION_PROPERTIES = frozenset(
    {"executionId", "originalExecutionId", "account", "executionTime", "recordedDate", "status", "executionType"}
    | {"processName", "processId", "atomName", "atomId", "nodeId", "inboundDocumentCount", "outboundDocumentCount"}
    | {"executionDuration", "message", "reportKey", "launcherId"}
)
CONNECTOR_PROPERTIES = frozenset({"executionId", "connectorType", "actionType", "isStartShape"})
FIELD_PROPERTIES = frozenset(["label", "position", "type"])


@dataclass(frozen=True)
class Rest:
    """What a query token still leads to."""

    kind: str
    rows: Sequence[Row]
    total: int


class Records:
    """All executions of the account, by the time of their end."""

    def __init__(self) -> None:
        self._by_end: list[Execution] = []
        self._executions: dict[str, Execution] = {}
        self._documents: dict[str, tuple[Execution, Document]] = {}
        self._rests: dict[str, Rest] = {}
        self._next = 0

    def add(self, execution: Execution) -> None:
        """Keep a run that has ended."""
        key = execution.row["recordedDate"]
        self._by_end.insert(bisect_left(self._by_end, (key, execution.id), key=_end), execution)
        self._executions[execution.id] = execution
        self._documents |= {document.row["id"]: (execution, document) for document in execution.documents}

    def execution(self, execution_id: str) -> Execution | None:
        """One run, or None."""
        return self._executions.get(execution_id)

    def document(self, document_id: str) -> Document | None:
        """One document, or None."""
        found = self._documents.get(document_id)
        return found[1] if found else None

    def query(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The first page of `POST /{kind}/query`. Raises ApiError for an unknown filter or sort."""
        if unknown := sorted(body.keys() - {"QueryFilter", "QuerySort", "@type"}):
            raise ApiError(400, f"Unrecognized field: {', '.join(unknown)}")
        wrapped = body.get("QueryFilter") or {}
        if not isinstance(wrapped, Mapping) or wrapped.keys() - {"expression", "@type"}:
            raise ApiError(400, "QueryFilter takes an expression and nothing else")
        rows, properties = self._rows(kind, wrapped.get("expression"))
        for name, is_down in reversed(order_of(body.get("QuerySort") or {}, properties)):
            rows.sort(key=by(name), reverse=is_down)
        return self._page(Rest(kind, rows, len(rows)))

    def more(self, kind: str, token: str) -> dict[str, Any]:
        """The page of a token. Raises ApiError for one that is not known, or of another object."""
        rest = self._rests.get(token.strip())
        if rest is None or rest.kind != kind:
            raise ApiError(400, "Invalid query token")
        return self._page(rest)

    def _rows(self, kind: str, expression: Any) -> tuple[list[Row], frozenset[str]]:
        if kind == "GenericConnectorRecord":
            return self._documents_of(expression), frozenset(["executionId", "documentIndex", "dateProcessed"])
        if kind == "ExecutionConnector":
            rows = connectors_of(self._named(expression, "ExecutionConnector"))
            fits = test_of(expression, CONNECTOR_PROPERTIES)
            return [row for row in rows if fits(row)], CONNECTOR_PROPERTIES
        if kind == "CustomTrackedField":
            fits = test_of(expression, FIELD_PROPERTIES) if expression else _everything
            return [row for row in TRACKED if fits(row)], FIELD_PROPERTIES
        # Without a sort the newest come first, as the page of process reporting shows them.
        fits = test_of(expression, EXECUTION_PROPERTIES) if expression else _everything
        return [run.row for run in reversed(self._by_end) if fits(run.row)], EXECUTION_PROPERTIES

    def _documents_of(self, expression: Any) -> list[Row]:
        leaf = expression if isinstance(expression, Mapping) else {}
        if leaf.get("operator") != "EQUALS" or leaf.get("property") != "executionId":
            raise ApiError(400, "GenericConnectorRecord must be filtered by exactly one executionId, with EQUALS")
        run = self._named(expression, "GenericConnectorRecord")
        return [document.row for document in run.documents[:MOST_DOCUMENTS]]

    def _named(self, expression: Any, kind: str) -> Execution:
        """The one run that an expression names; one that is not there has no documents and no calls."""
        leaves = expression.get("nestedExpression", [expression]) if isinstance(expression, Mapping) else []
        for leaf in leaves:
            if leaf.get("property") == "executionId" and leaf.get("operator") == "EQUALS":
                arguments = leaf.get("argument", [])
                if isinstance(arguments, list) and len(arguments) == 1:
                    return self._executions.get(str(arguments[0])) or Execution({"executionId": str(arguments[0])})
        raise ApiError(400, f"{kind} must be filtered by one executionId")

    def _page(self, rest: Rest) -> dict[str, Any]:
        page: dict[str, Any] = {"@type": "QueryResult", "numberOfResults": rest.total, "result": rest.rows[:PAGE]}
        if len(rest.rows) > PAGE:
            self._next += 1
            page["queryToken"] = f"{rest.kind}:{self._next:08x}=="
            self._rests[page["queryToken"]] = Rest(rest.kind, rest.rows[PAGE:], rest.total)
            while len(self._rests) > TOKENS:
                del self._rests[next(iter(self._rests))]
        return page


def _everything(row: Row) -> bool:
    return True


def _end(execution: Execution) -> tuple[str, str]:
    return execution.row["recordedDate"], execution.id


TRACKED: list[Row] = [
    {"@type": "CustomTrackedField", "label": name, "type": "character", "position": long(position)}
    for position, name in enumerate(TRACKED_FIELDS, 1)
]
