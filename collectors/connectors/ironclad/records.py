"""Events of repository records and obligations: signatures, activation, ends, terms, planned milestones.

Source: Ironclad Public API v1, "List all Records", "List all Obligations"; "Record amendments" for `originalValue`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from collectors.connectors.ironclad.options import Options
from collectors.connectors.ironclad.reading import (
    Row,
    instant,
    instant_of,
    money,
    stamp,
    text,
    text_of,
    value_of,
)
from collectors.versions import Version
from models.events import LINKED, Event, UnreadableEventError

AMENDMENT = "amendment"
WORKFLOW_PREFIX = "workflow:"

SIGNED = "contract.signed"
ENDS = ("contract.terminated", "contract.superseded")
ACTIVE = "active"

_decoder = msgspec.json.Decoder(list[dict[str, Any]], float_hook=Decimal)


def record_events(system: str, record: Row, options: Options) -> list[Event]:
    """What one version of a record says; nothing where it is no contract of ours.

    A voided record says that it was signed and, after that, that this is withdrawn. The terms stand in a `keys.linked`
    of the version's own time besides, because a corrected term must win over the one said at the signature.
    Errors: UnreadableEventError.
    """
    if record_is_amendment(record, options):
        return _amendment_events(system, record, options)
    contract = text_of(record, options.contract_number)
    if contract is None and record.get("type") not in options.record_types:
        return []
    version = _version(system, record, options, contract=contract, amendment=None)
    terms = _terms(record, options)
    voided_at = _voided_at(record, options, version.at)
    signed_at = _signed_at(record, options)
    recorded_at = instant_of(record, options.recorded_date)
    events = [version.says(SIGNED, signed_at, recorded_at=recorded_at, attributes=terms)]
    for step, name in (
        ("contract.activated", options.activated_date),
        ("contract.terminated", options.terminated_date),
        ("contract.superseded", options.superseded_date),
    ):
        if (at := instant_of(record, name)) is not None:
            by = text_of(record, options.superseded_by) if step == "contract.superseded" else None
            events.append(version.says(step, at, attributes={"superseded_by": by} if by else {}))
    if voided_at is not None:
        return [*events, *(version.withdraws(event.type, voided_at, retracts=True) for event in events)]
    return [*events, *_links(version, terms, signed_at)]


def lasting(record: Row) -> frozenset[str]:
    """What a record does not take back by silence: a property that is gone says nothing by itself."""
    status = record.get("contractStatus")
    is_active = isinstance(status, dict) and status.get("status") == ACTIVE
    return frozenset(("contract.activated",)) if is_active else frozenset(("contract.activated", *ENDS))


def record_is_amendment(record: Row, options: Options) -> bool:
    """Whether a record amends another one."""
    return record.get("parentLinkType") == AMENDMENT or text_of(record, options.amendment_number) is not None


def obligation_events(system: str, obligation: Row, options: Options) -> list[Event]:
    """The planned day and amount of a milestone, as a link; nothing where the obligation is no milestone.

    Errors: UnreadableEventError.
    """
    milestone = text_of(obligation, options.milestone)
    if milestone is None:
        return []
    contract = text_of(obligation, options.contract_number)
    due_at = instant_of(obligation, options.due_date)
    updated_at = instant(obligation.get("lastUpdated"), "lastUpdated")
    keys = {"milestone": milestone, **({"contract": contract} if contract else {})}
    name = options.milestone_amount
    attributes = {
        "milestone": milestone,
        **({} if due_at is None else {"planned_on": due_at.date().isoformat()}),
        **money(value_of(obligation, name), f"properties.{name}", amount="amount"),
    }
    version = Version(system, text(obligation, "id"), stamp(updated_at), updated_at, keys, attributes, milestone)
    return [version.says(LINKED, updated_at)]


def version_of(system: str, record: Row, options: Options) -> Version:
    """The version of a record, for taking back what it says no more. Errors: UnreadableEventError."""
    return _version(system, record, options, contract=None, amendment=None)


def _amendment_events(system: str, record: Row, options: Options) -> list[Event]:
    contract = text_of(record, options.contract_number)
    amendment = text_of(record, options.amendment_number) or text(record, "ironcladId")
    version = _version(system, record, options, contract=contract, amendment=amendment)
    signed_at = _signed_at(record, options)
    changed = text_of(record, options.changed_fields)
    attributes = {**_terms(record, options), **({} if changed is None else {"changed_fields": changed})}
    recorded_at = instant_of(record, options.recorded_date)
    events = [version.says("amendment.signed", signed_at, recorded_at=recorded_at, attributes=attributes)]
    voided_at = _voided_at(record, options, version.at)
    if voided_at is not None:
        events.append(version.withdraws("amendment.signed", voided_at, retracts=True))
    return events


def _version(system: str, record: Row, options: Options, *, contract: str | None, amendment: str | None) -> Version:
    name = text(record, "id")
    updated_at = instant(record.get("lastUpdated"), "lastUpdated")
    records = [name]
    source = record.get("source")
    if isinstance(source, dict) and source.get("workflowId"):
        records.append(text(source, "workflowId").removeprefix(WORKFLOW_PREFIX))
    if amendment and not contract and record.get("parentId"):
        # Without the number of its contract an amendment is joined to it by the record that it amends.
        records.append(text(record, "parentId"))
    keys: dict[str, Any] = {f"{system}/record": records}
    if contract:
        keys["contract"] = contract
    opportunity = text_of(record, options.opportunity)
    if amendment:
        keys["amendment"] = amendment
    elif opportunity:
        keys[f"{options.crm_system}/opportunity"] = opportunity
    attributes = {"amendment": amendment} if amendment else {}
    return Version(system, name, stamp(updated_at), updated_at, keys, attributes, amendment or contract or name)


def _terms(record: Row, options: Options) -> dict[str, Any]:
    """Terms and dimensions as first agreed, before the amendments that the vendor rolls up into them."""
    starts_at = instant_of(record, options.effective_date)
    ends_at = instant_of(record, options.expiration_date, original=True)
    name = options.contract_value
    found: dict[str, Any] = money(value_of(record, name, original=True), f"properties.{name}")
    for attribute, held in (
        ("contract_type", options.contract_type),
        ("customer", options.customer_number),
        ("entity", options.legal_entity),
        ("region", options.region),
        ("practice", options.practice),
        ("payment_terms", options.payment_terms),
        ("billing_frequency", options.billing_frequency),
        ("rate_card", options.rate_card),
        ("at_risk_authorised_by", options.at_risk_authorised_by),
        ("master_agreement", options.master_agreement),
    ):
        found[attribute] = text_of(record, held, original=True)
    found["lines"] = _lines(record, options.lines) or None
    found["retention_ratio"] = value_of(record, options.retention_ratio)
    found["start_on"] = found["effective_on"] = None if starts_at is None else starts_at.date().isoformat()
    found["end_on"] = None if ends_at is None else ends_at.date().isoformat()
    return {name: value for name, value in found.items() if value is not None}


def _links(version: Version, terms: dict[str, Any], signed_at: datetime) -> list[Event]:
    links = [version.says(LINKED, version.at, of="terms", attributes=terms)]
    for line in terms.get("lines", ()):
        name = line.get("line")
        if name:
            links.append(version.says(LINKED, signed_at, of=f"line/{name}", attributes={"line": name}))
    return links


def _signed_at(record: Row, options: Options) -> datetime:
    """When a record was signed in full, which every record of the repository was."""
    at = instant_of(record, options.agreement_date)
    if at is None:
        raise UnreadableEventError(
            f"properties.{options.agreement_date} is missing; a contract in the repository has the date of its last "
            "signature there, or agreement_date of the system's options names another property"
        )
    return at


def _voided_at(record: Row, options: Options, updated_at: datetime) -> datetime | None:
    """When a record was voided; the version's own time where the tenant keeps none; None where it is not."""
    said = text_of(record, options.execution_status)
    if said is None or said in options.executed_words:
        return None
    if said not in options.voided_words:
        known = ", ".join((*options.executed_words, *options.voided_words))
        raise UnreadableEventError(
            f"properties.{options.execution_status} is {said[:40]!r}; known are {known}: "
            "add it to executed_words or voided_words of the system's options"
        )
    return instant_of(record, options.voided_date) or updated_at


def _lines(record: Row, name: str) -> list[dict[str, Any]] | None:
    """The contract's lines, which the tenant keeps as JSON in a text."""
    told = text_of(record, name)
    if told is None:
        return None
    try:
        return _decoder.decode(told)
    except msgspec.DecodeError as error:
        raise UnreadableEventError(f"properties.{name} is no JSON array of lines: {error}") from error
