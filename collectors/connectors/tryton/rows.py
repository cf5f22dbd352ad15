"""What records of Tryton say, as events: parties, projects, customers' invoices. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from models.events import Event, make_event

PARTS_OF_TIME = ("year", "month", "day", "hour", "minute", "second", "microsecond")


@dataclass(frozen=True)
class Options:
    """Where this installation keeps what ties its records to contracts.

    `database` is the name in the path; the contract stands in `project_contract` of a project and in
    `invoice_contract` of an invoice, what it bills (the business operation) in `invoice_operation`. Words for states of
    projects differ too. Writes that began `overlap_seconds` before the last poll may still have been open then, and are
    read again.
    """

    database: str = "tryton"
    project_contract: str = "name"
    invoice_contract: str = "reference"
    invoice_operation: str = "description"
    closed_statuses: tuple[str, ...] = ("Done",)
    cancelled_statuses: tuple[str, ...] = ("Canceled", "Cancelled")
    overlap_seconds: float = 300.0


def customer_events(system: str, party: Mapping[str, Any]) -> list[Event]:
    """A party as customer: made, and changed. Deactivating it changes it."""
    record, code = f"party:{party['id']}", party.get("code")
    keys = {f"{system}/customer": str(party["id"])}
    made = make_event(
        source=system,
        id=f"{record}:created",
        type="customer.created",
        occurred_at=instant(party["create_date"]),
        record=record,
        subject=code or record,
        keys=keys,
        attributes={"customer": code} if code else {},
    )
    if party.get("write_date") is None:
        return [made]
    changed = instant(party["write_date"])
    return [
        made,
        make_event(
            source=system,
            id=f"{record}:updated@{changed.isoformat()}",
            type="customer.updated",
            occurred_at=changed,
            sequence=changed.isoformat(),
            record=f"{record}:updated",
            subject=code or record,
            keys=keys,
            attributes={"customer": code} if code else {},
        ),
    ]


def project_events(system: str, project: Mapping[str, Any], options: Options) -> list[Event]:
    """A project: made, then closed or withdrawn by its status. Tasks are none."""
    if project.get("type") != "project":
        return []
    contract = project.get(options.project_contract)
    keys: dict[str, Any] = {f"{system}/project": str(project["id"])}
    if contract:
        keys["contract"] = contract
    customer = (project.get("party.") or {}).get("code")
    moments = [("project.created", instant(project["create_date"]))]
    status = (project.get("status.") or {}).get("name")
    for type_, statuses in (
        ("project.closed", options.closed_statuses),
        ("project.cancelled", options.cancelled_statuses),
    ):
        if status in statuses and project.get("write_date") is not None:
            moments.append((type_, instant(project["write_date"])))
    return [
        make_event(
            source=system,
            id=f"work:{project['id']}:{type_}@{at.isoformat()}",
            type=type_,
            occurred_at=at,
            sequence=at.isoformat(),
            record=f"work:{project['id']}",
            subject=contract or f"work:{project['id']}",
            keys=keys,
            attributes={"customer": customer} if customer else {},
        )
        for type_, at in moments
    ]


def invoice_events(
    system: str, invoice: Mapping[str, Any], posted_at: datetime | None, options: Options
) -> list[Event]:
    """A customer's invoice: posted when its button was pressed, and voided where it was cancelled after that."""
    if invoice.get("type") != "out" or posted_at is None or not invoice.get("number"):
        return []
    record, number = f"invoice:{invoice['id']}", invoice["number"]
    keys: dict[str, Any] = {f"{system}/invoice": str(invoice["id"])}
    if contract := invoice.get(options.invoice_contract):
        keys["contract"] = contract
    attributes = {
        "invoice": number,
        "operation": invoice.get(options.invoice_operation) or None,
        "amount": _amount(invoice.get("total_amount")),
        "currency": (invoice.get("currency.") or {}).get("code"),
        "customer": (invoice.get("party.") or {}).get("code"),
    }
    told = {name: value for name, value in attributes.items() if value is not None}
    moments = [("invoice.posted", posted_at)]
    if invoice.get("state") == "cancelled" and invoice.get("write_date") is not None:
        moments.append(("invoice.voided", instant(invoice["write_date"])))
    return [
        make_event(
            source=system,
            id=f"{record}:{type_}@{at.isoformat()}",
            type=type_,
            occurred_at=at,
            sequence=at.isoformat(),
            record=record,
            subject=number,
            keys=keys,
            attributes=told,
        )
        for type_, at in moments
    ]


def stamp(row: Mapping[str, Any]) -> tuple[str, datetime]:
    """The version of a record, and when it was written."""
    at = instant(row["write_date"] or row["create_date"])
    return at.isoformat(), at


def instant(value: Mapping[str, Any]) -> datetime:
    """The instant of a time as it travels. ValueError where it is none."""
    if value.get("__class__") != "datetime":
        raise ValueError(f"found {str(value)[:60]!r} where a time is wanted")
    year, month, day, hour, minute, second, microsecond = (int(value.get(name, 0)) for name in PARTS_OF_TIME)
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)


def _amount(value: Any) -> str | None:
    return value.get("decimal") if isinstance(value, dict) else None
