"""Events of customers and projects: their rows, the history of their fields, their deletions.

Source: SuiteQL tables `customer`, `job`, `systemnote`, `deletedrecord` (Records Catalog of the account).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from collectors.connectors.netsuite.options import Options
from collectors.connectors.netsuite.rows import (
    Row,
    instant,
    instant_or_none,
    is_true,
    several,
    stamp,
    text,
    text_or_none,
)
from collectors.connectors.netsuite.suiteql import STAMP
from collectors.versions import JOURNEY_KEY, Version
from models.events import LINKED, Event


class About(NamedTuple):
    """Whose events these are: the configured system, its options, the zone of its times."""

    system: str
    options: Options
    zone: ZoneInfo


def customer_version(its: About, row: Row) -> Version:
    """One version of a customer. Errors: UnreadableEventError."""
    at, number = instant(row, STAMP, its.zone), text_or_none(row, "externalid")
    key = text(row, "id")
    attributes = {"customer": number} if number else {}
    keys = {f"{its.system}/customer": key}
    return Version(its.system, f"customer:{key}", stamp(at), at, keys, attributes, number or key)


def customer_events(its: About, row: Row, deletions: Mapping[str, datetime]) -> list[Event]:
    """A customer made, validated, and merged with those in `deletions` (id, when).

    Errors: UnreadableEventError.
    """
    version = customer_version(its, row)
    events = [version.says("customer.created", instant(row, "created", its.zone))]
    validated_at = instant_or_none(row, "validated", its.zone)
    if validated_at is not None:
        events.append(version.says("customer.validated", validated_at))
    return [*events, *merge_events(its, row, deletions)]


def merged_from(row: Row) -> list[str]:
    """The ids of customers that this one took over."""
    return several(row, "merged_from")


def merge_events(its: About, row: Row, deletions: Mapping[str, datetime]) -> list[Event]:
    """`customer.merged` for each customer that this one took over and whose deletion is known.

    Both the survivor and the deletion may be read first, so nothing but the pair decides what the event is.
    """
    version = customer_version(its, row)
    survivor = text(row, "id")
    return [
        Version(
            its.system,
            f"customer:{merged}",
            stamp(deletions[merged]),
            deletions[merged],
            {f"{its.system}/customer": [merged, survivor]},
            version.attributes,
            version.subject,
        ).says("customer.merged", deletions[merged], of=survivor)
        for merged in merged_from(row)
        if merged in deletions
    ]


def job_keys(its: About, row: Row) -> dict[str, Any]:
    """What a project belongs to. One that serves several contracts is claimed by none: naming them reaches all."""
    keys: dict[str, Any] = {f"{its.system}/project": text(row, "id")}
    if contracts := several(row, "contract"):
        keys[JOURNEY_KEY] = contracts
    if parent := text_or_none(row, "parent"):
        keys[f"{its.system}/customer"] = parent
    return keys


def job_version(its: About, row: Row) -> Version:
    """One version of a project. Errors: UnreadableEventError."""
    at, key, line = instant(row, STAMP, its.zone), text(row, "id"), text_or_none(row, "line")
    order = stamp(at)
    if text_or_none(row, "status") in its.options.cancelled_statuses:
        # Whatever changes on a cancelled project, its creation must not come back over the cancellation.
        order = f"{stamp(instant(row, 'created', its.zone))} {order}"
    keys = job_keys(its, row)
    subject = line or ", ".join(keys.get(JOURNEY_KEY, ())) or key
    return Version(its.system, f"job:{key}", order, at, keys, _job_attributes(row), subject)


def job_events(its: About, row: Row) -> list[Event]:
    """A project made; a mirror of another entity's is a link and no step. Errors: UnreadableEventError."""
    version = job_version(its, row)
    step = LINKED if is_true(row, "mirror") else "project.created"
    return [version.says(step, instant(row, "created", its.zone))]


def note_events(its: About, note: Row, job: Row | None, beside: Sequence[Row] = ()) -> list[Event]:
    """What a line in the history of a project shows; nothing of a mirror, or of a project that is there no more.

    `beside` are lines about the rate card of the same project. Errors: UnreadableEventError.
    """
    if job is None or is_true(job, "mirror"):
        return []
    options = its.options
    schedule = f"{its.system}/schedule"
    told: dict[str, Callable[[], list[Event]]] = {
        options.note_status: lambda: _status_events(its, note, job),
        options.note_rate_card: lambda: _rate_card_events(its, note, job, beside),
        options.note_rate_amendment: lambda: _rate_amendment_events(its, note, job, beside),
        options.note_billing_schedule: lambda: _field_events(its, note, job, "billing_schedule.created", schedule),
        # Billing and revenue schedules are numbered apart.
        options.note_revenue_schedule: lambda: _field_events(
            its, note, job, "revenue_schedule.created", f"{its.system}/revenue/schedule"
        ),
        options.note_billing_amendment: lambda: _amendment_events(its, note, job, "billing_schedule.updated"),
        options.note_revenue_amendment: lambda: _amendment_events(its, note, job, "revenue_schedule.updated"),
    }
    field = text(note, "field").upper()
    return next((tell() for name, tell in told.items() if name.upper() == field), [])


def customer_note_events(its: About, note: Row, customer: Row | None) -> list[Event]:
    """A change of a customer's data, each its own evidence; nothing of a customer that is there no more.

    Errors: UnreadableEventError.
    """
    if customer is None:
        return []
    number, key, at = text_or_none(customer, "externalid"), text(customer, "id"), instant(note, STAMP, its.zone)
    attributes = {"customer": number} if number else {}
    record = f"customer:{key}:{text(note, 'id')}"
    version = Version(its.system, record, stamp(at), at, {f"{its.system}/customer": key}, attributes, number or key)
    return [version.says("customer.updated", at)]


def is_about_customer(its: About, note: Row) -> bool:
    """Whether a line tells of a customer's data."""
    fields = {name.upper() for name in its.options.note_customer_fields}
    return str(note.get("field") or "").upper() in fields


def is_about_rate_card(its: About, note: Row) -> bool:
    """Whether a line tells of a rate card, so that the ones beside it matter."""
    names = (its.options.note_rate_card.upper(), its.options.note_rate_amendment.upper())
    return str(note.get("field") or "").upper() in names


def _at_once(note: Row, beside: Sequence[Row], field: str) -> str | None:
    """What another field of the project was set to in the same saving."""
    for other in beside:
        if other.get(STAMP) == note.get(STAMP) and str(other.get("field")).upper() == field.upper():
            return text_or_none(other, "newvalue")
    return None


def _rate_card_events(its: About, note: Row, job: Row, beside: Sequence[Row]) -> list[Event]:
    if _at_once(note, beside, its.options.note_rate_amendment) is not None:
        # The amendment's own line tells of it.
        return []
    return _field_events(its, note, job, "rate_card.synced", "")


def _rate_amendment_events(its: About, note: Row, job: Row, beside: Sequence[Row]) -> list[Event]:
    card = _at_once(note, beside, its.options.note_rate_card)
    return _amendment_events(its, note, job, "rate_card.synced", {"rate_card": card} if card else None)


def _status_events(its: About, note: Row, job: Row) -> list[Event]:
    options = its.options
    version, new, old = _note_version(its, note, job), text_or_none(note, "newvalue"), text_or_none(note, "oldvalue")
    if new in options.cancelled_statuses:
        return [version.withdraws("project.cancelled", version.at)]
    events = []
    if new in options.closed_statuses:
        events.append(version.says("project.closed", version.at))
    elif old in options.closed_statuses:
        events.append(version.withdraws("project.reopened", version.at))
    if new in options.active_statuses:
        events.append(version.says("project.activated", version.at))
    return events


def _field_events(its: About, note: Row, job: Row, step: str, key: str) -> list[Event]:
    version, new = _note_version(its, note, job), text_or_none(note, "newvalue")
    if new is None:
        return [version.withdraws(step, version.at, retracts=True)]
    if not key:
        return [version.says(step, version.at, attributes={"rate_card": new})]
    return [version.says(step, version.at, keys={key: new})]


def _amendment_events(
    its: About, note: Row, job: Row, step: str, attributes: dict[str, Any] | None = None
) -> list[Event]:
    new, old = text_or_none(note, "newvalue"), text_or_none(note, "oldvalue")
    amendment = new or old
    if amendment is None:
        return []
    version = _note_version(its, note, job, amendment=amendment)
    if new is None:
        return [version.withdraws(step, version.at, of=amendment, retracts=True)]
    return [version.says(step, version.at, of=amendment, attributes=attributes)]


def _note_version(its: About, note: Row, job: Row, amendment: str | None = None) -> Version:
    at = instant(note, STAMP, its.zone)
    keys, attributes = job_keys(its, job), _job_attributes(job)
    subject = attributes.get("line") or ", ".join(keys.get(JOURNEY_KEY, ())) or text(job, "id")
    if amendment is not None:
        several_contracts = len(keys.get(JOURNEY_KEY, ())) > 1
        # On a project of several contracts an amendment concerns the one whose it is, and the others not at all.
        keys = {**({} if several_contracts else keys), "amendment": amendment}
        attributes = {**attributes, "amendment": amendment}
        subject = amendment
    order = f"{stamp(at)}.{int(text(note, 'id')):012d}"
    return Version(its.system, f"job:{text(job, 'id')}", order, at, keys, attributes, subject)


def _job_attributes(row: Row) -> dict[str, Any]:
    held = {"line": text_or_none(row, "line"), "entity": text_or_none(row, "entity")}
    return {name: value for name, value in held.items() if value is not None}


def deleted_events(its: About, row: Row) -> list[Event]:
    """What a deleted project, invoice or payment takes with it. Customers: see `merge_events`. Of a deleted credit
    nothing is left that says which invoice it credited.

    Errors: UnreadableEventError.
    """
    options, kind, key = its.options, text(row, "kind"), text(row, "id")
    for word, record, name, types in (
        (options.deleted_job, "job", "project", _OF_JOB),
        (options.deleted_invoice, "invoice", "invoice", ("invoice.deleted", "invoice.voided")),
        (options.deleted_payment, "payment", "payment", ("payment.reversed",)),
    ):
        if kind == word:
            return _gone(its, row, f"{record}:{key}", f"{its.system}/{name}", types)
    return []


_OF_JOB = ("project.deleted", "rate_card.deleted", "billing_schedule.deleted", "revenue_schedule.deleted")


def _gone(its: About, row: Row, record: str, key: str, types: Iterable[str]) -> list[Event]:
    at = instant(row, STAMP, its.zone)
    keys = {key: text(row, "id")}
    version = Version(its.system, record, stamp(at), at, keys, subject=text_or_none(row, "name") or record)
    return [version.withdraws(one, at) for one in types]
