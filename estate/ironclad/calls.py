"""What each read of Ironclad's Public API answers."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from estate.ironclad import asking, shapes
from estate.ironclad.answers import Refused, not_found, page_of
from estate.ironclad.tables import Record, Tables, Workflow
from estate.ironclad.writing import AMENDMENT, MASTER_AGREEMENT, STATEMENT_OF_WORK

STATUSES = ("active", "paused", "completed", "cancelled")
TYPES = {
    STATEMENT_OF_WORK: "Statement of work",
    AMENDMENT: "Amendment",
    MASTER_AGREEMENT: "Master agreement",
}
MAX_IDS = 10_000
MAX_OBLIGATION_COUNT = 100
"""The documented maximum of `count` of the obligations, which makes it no total."""

Asked = Mapping[str, str]


def workflows(tables: Tables, asked: Asked) -> Any:
    """Workflows in no order that means anything, the active ones if no status is asked for."""
    statuses = asking.some_of(asked, "status", STATUSES) or {"active"}
    since, template = asking.since(asked), asked.get("template")
    asking.flag(asked, "hydrateEntities")
    rows = [
        row
        for row in tables.in_order("workflows", lambda: sorted(tables.workflows.values(), key=_shuffled))
        if row.status in statuses
        and (since is None or row.updated_at >= since)
        and (template is None or row.template == template)
    ]
    return _page(rows, asked, shapes.workflow)


def workflow(tables: Tables, asked: Asked, name: str) -> Any:
    """One workflow."""
    asking.flag(asked, "hydrateEntities")
    return shapes.workflow(_workflow(tables, name))


def approvals(tables: Tables, _asked: Asked, name: str) -> Any:
    """The triggered approvals of a workflow."""
    return shapes.pending(_workflow(tables, name))


def approval_requests(tables: Tables, asked: Asked, name: str) -> Any:
    """The requests for approval of a workflow, with their times."""
    row = _workflow(tables, name)
    request_type = asking.one_of(asked, "requestType", ("role", "user"), "user")
    items = shapes.approval_requests(row, request_type, asking.flag(asked, "actorDetails"))
    return page_of(items, *asking.page(asked))


def turn_history(tables: Tables, asked: Asked, name: str) -> Any:
    """Who had the contract, and when."""
    turns = [shapes.turn(number, turn) for number, turn in enumerate(_workflow(tables, name).turns, 1)]
    return page_of(turns, *asking.page(asked))


def signatures(tables: Tables, _asked: Asked, name: str) -> Any:
    """The signers of a workflow; an error unless it stands at the Sign step."""
    row = _workflow(tables, name)
    if row.step != "Sign" or row.status != "active":
        raise Refused(400, "INVALID_STATE", "The workflow must be at the Sign step.")
    return shapes.signatures(row)


def records(tables: Tables, asked: Asked) -> Any:
    """Records, by agreement date and the newest first if nothing else is asked for."""
    for name in ("addressAsObject", "hydrateEntities"):
        asking.flag(asked, name)
    return _page(_records(tables, asked), asked, shapes.record)


def record_ids(tables: Tables, asked: Asked) -> Any:
    """The ids of the records that `records` would list."""
    rows = _records(tables, asked)
    return page_of([row.id for row in rows], *asking.page(asked, MAX_IDS, MAX_IDS))


def record(tables: Tables, asked: Asked, name: str) -> Any:
    """One record."""
    for flag in ("addressAsObject", "hydrateEntities"):
        asking.flag(asked, flag)
    found = tables.record(name)
    if found is None:
        raise not_found(f"Record {name} was not found.")
    return shapes.record(found)


def metadata(tables: Tables, _asked: Asked) -> Any:
    """The record types, and the properties in use with their types."""
    kinds = {name: held["type"] for row in tables.records.values() for name, held in row.properties.items()}
    return {
        "recordTypes": {key: {"displayName": title} for key, title in TYPES.items()},
        "properties": {name: {"displayName": name, "type": kind} for name, kind in sorted(kinds.items())},
        "attachments": {},
    }


def obligations(tables: Tables, asked: Asked) -> Any:
    """Obligations by name or by their last update. `count` is no total."""
    field = asking.one_of(asked, "sortField", ("name", "lastUpdated"), "name")
    direction = asking.one_of(asked, "sortDirection", ("ASC", "DESC"), "ASC")
    rows = tables.in_order(
        f"obligations {field} {direction}",
        lambda: sorted(
            tables.obligations.values(),
            key=lambda row: (row.name if field == "name" else row.updated_at, row.id),
            reverse=direction == "DESC",
        ),
    )
    envelope = _page(rows, asked, shapes.obligation)
    return envelope | {"count": min(envelope["count"], MAX_OBLIGATION_COUNT)}


def _workflow(tables: Tables, name: str) -> Workflow:
    found = tables.workflow(name)
    if found is None:
        raise not_found(f"Workflow {name} was not found.")
    return found


def _records(tables: Tables, asked: Asked) -> list[Record]:
    field = asking.one_of(asked, "sortField", ("agreementDate", "name", "lastUpdated"), "agreementDate")
    direction = asking.one_of(asked, "sortDirection", ("ASC", "DESC"), "DESC")
    types, since = asking.some_of(asked, "types", TYPES), asking.since(asked)

    def key(row: Record) -> Any:
        if field == "agreementDate":
            return row.properties["agreementDate"]["value"], row.id
        return row.name if field == "name" else row.updated_at, row.id

    ordered = tables.in_order(
        f"records {field} {direction}",
        lambda: sorted(tables.records.values(), key=key, reverse=direction == "DESC"),
    )
    return [
        row for row in ordered if (types is None or row.type in types) and (since is None or row.updated_at >= since)
    ]


def _page(rows: list[Any], asked: Asked, shape: Any) -> dict[str, Any]:
    envelope = page_of(rows, *asking.page(asked))
    return envelope | {"list": [shape(row) for row in envelope["list"]]}


def _shuffled(row: Workflow) -> bytes:
    """A fixed order without meaning: by no time and by no name."""
    return blake2b(row.id.encode(), digest_size=8).digest()
