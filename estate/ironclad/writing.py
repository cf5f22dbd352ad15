"""Which rows of Ironclad a happening changes, and how."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from estate.happenings import Happening
from estate.ironclad.answers import dated, stamp
from estate.ironclad.tables import Approval, Obligation, Record, Tables, Turn, Workflow

SOW_TEMPLATE = "5f3c9a1e7b2d4c0008a1b201"
AMENDMENT_TEMPLATE = "5f3c9a1e7b2d4c0008a1b202"

STATEMENT_OF_WORK, AMENDMENT, MASTER_AGREEMENT = "statementOfWork", "amendment", "masterAgreement"

_PROPERTIES = {
    "contract_no": ("contractNumber", "string"),
    "amendment_no": ("amendmentNumber", "string"),
    "customer_name": ("counterpartyName", "string"),
    "customer": ("customerNumber", "string"),
    "contract_type": ("contractType", "string"),
    "entity": ("legalEntity", "string"),
    "region": ("region", "string"),
    "practice": ("practice", "string"),
    "payment_terms": ("paymentTerms", "string"),
    "billing_frequency": ("billingFrequency", "string"),
    "rate_card": ("rateCard", "string"),
    "retention_ratio": ("retentionRatio", "number"),
    "effective_on": ("effectiveDate", "date"),
    "expires_on": ("expirationDate", "date"),
    "opportunity": ("opportunityId", "string"),
    "at_risk_authorised_by": ("atRiskAuthorisedBy", "string"),
    "master_agreement": ("masterAgreement", "string"),
    "renews": ("renews", "string"),
    "changed_fields": ("changedFields", "string"),
    "milestone": ("milestoneId", "string"),
    "due_on": ("dueDate", "date"),
}
"""What stands in `data` of a happening, as a property of a record or an obligation."""

_ATTRIBUTES = {
    "contract_no": "contractNumber",
    "amendment_no": "amendmentNumber",
    "customer_name": "counterpartyName",
    "customer": "customerNumber",
    "contract_type": "contractType",
    "entity": "legalEntity",
    "region": "region",
    "practice": "practice",
    "opportunity": "opportunityId",
}
"""The same as an attribute of a workflow."""

_ROLLED_UP = {
    "value": "contractValue",
    "currency": "contractValue",
    "payment_terms": "paymentTerms",
    "billing_frequency": "billingFrequency",
    "rate_card": "rateCard",
    "end_on": "expirationDate",
}
"""What an amendment replaces on its parent, by the word in its changed fields."""


def write(tables: Tables, happening: Happening) -> None:
    """Write the rows of one happening of Ironclad; what no row shows is passed over."""
    _WRITERS[happening.what](tables, happening)


def _property(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "value": dated(value) if isinstance(value, date) else value}


def _money(amount: Decimal, currency: str) -> dict[str, Any]:
    return _property("monetary_amount", {"amount": amount, "currency": currency})


def _properties(data: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found = {name: _property(kind, data[key]) for key, (name, kind) in _PROPERTIES.items() if data.get(key) is not None}
    if data.get("value") is not None:
        found["contractValue"] = _money(data["value"], data["currency"])
    if data.get("lines"):
        lines = [{**line, "amount": str(line["amount"])} for line in data["lines"]]
        found["lines"] = _property("string", json.dumps(lines))
    return found


def _drafted(tables: Tables, happening: Happening) -> None:
    data = happening.data
    attributes = {name: data[key] for key, name in _ATTRIBUTES.items() if data.get(key) is not None}
    if data.get("value") is not None:
        attributes["contractValue"] = {"currency": data["currency"], "amount": data["value"]}
    if data.get("parent_record"):
        attributes["parentRecord"] = {"recordId": data["parent_record"], "readableId": data["parent_readable"]}
    workflow = Workflow(
        id=data["workflow"],
        readable=data["readable"],
        title=data["title"],
        template=AMENDMENT_TEMPLATE if data.get("amendment_no") else SOW_TEMPLATE,
        created_at=happening.at,
        updated_at=happening.when,
        attributes=attributes,
        turns=[Turn("internal", happening.at)],
    )
    tables.put(workflow)


def _approval_requested(tables: Tables, happening: Happening) -> None:
    data, workflow = happening.data, tables.workflows[happening.data["workflow"]]
    approval = Approval(
        id=data["approval"],
        role=data["role"],
        role_name=data["role_name"],
        actor=data["actor"],
        actor_name=data["actor_name"],
        actor_email=data["actor_email"],
        started_at=happening.at,
    )
    workflow.approvals.append(approval)
    workflow.step, workflow.approvals_state = "Review", "in_progress"
    tables.touch(workflow, happening.when)


def _approval_completed(tables: Tables, happening: Happening) -> None:
    workflow = tables.workflows[happening.data["workflow"]]
    for approval in workflow.approvals:
        if approval.id == happening.data["approval"]:
            approval.ended_at, approval.status = happening.at, "Approved"
    tables.touch(workflow, happening.when)


def _approved(tables: Tables, happening: Happening) -> None:
    workflow = tables.workflows[happening.data["workflow"]]
    workflow.step, workflow.approvals_state, workflow.signatures_state = "Sign", "completed", "in_progress"
    _next_turn(workflow, "counterparty", happening.at)
    tables.touch(workflow, happening.when)


def _next_turn(workflow: Workflow, party: str | None, at: datetime) -> None:
    if workflow.turns and workflow.turns[-1].ended_at is None:
        workflow.turns[-1].ended_at = at
    if party:
        workflow.turns.append(Turn(party, at))


def _cancelled(tables: Tables, happening: Happening) -> None:
    workflow = tables.workflows[happening.data["workflow"]]
    workflow.status = "cancelled"
    if happening.what == "amendment.rejected":
        workflow.attributes["rejectedOn"] = stamp(happening.at)
    for approval in workflow.approvals:
        if approval.ended_at is None:
            approval.ended_at, approval.status = happening.at, "Workflow Canceled"
    _next_turn(workflow, None, happening.at)
    tables.touch(workflow, happening.when)


def _signed(tables: Tables, happening: Happening) -> None:
    data = happening.data
    properties = _properties(data)
    if happening.what != "msa.signed":
        properties["executionStatus"] = _property("string", "Executed")
    properties["agreementDate"] = _property("date", happening.at)
    properties["recordedDate"] = _property("date", happening.when)
    kind = {"msa.signed": MASTER_AGREEMENT, "amendment.signed": AMENDMENT}.get(happening.what, STATEMENT_OF_WORK)
    record = Record(
        id=data["record"],
        readable=data["readable"],
        type=kind,
        name=data["title"],
        updated_at=happening.when,
        properties=properties,
        workflow=data.get("workflow"),
        parent_id=data.get("parent_record"),
        contract_status=None if kind == AMENDMENT else {"status": "inactive", "enhancedStatus": "executed"},
    )
    tables.put(record)
    _complete(tables, record, happening)
    if kind == AMENDMENT and (parent := tables.records.get(data["parent_record"])):
        _roll_up(parent, record)
        tables.touch(parent, happening.when)


def _complete(tables: Tables, record: Record, happening: Happening) -> None:
    """The workflow of a signed record is done and knows its record."""
    workflow = tables.workflows.get(record.workflow or "")
    if workflow is None:
        return
    workflow.step, workflow.status, workflow.signatures_state = "Archive", "completed", "completed"
    workflow.record_ids.append(record.id)
    _next_turn(workflow, None, happening.at)
    tables.touch(workflow, happening.when)


def _roll_up(parent: Record, amendment: Record) -> None:
    """The parent lists its amendment and takes over what it replaces, keeping the value before the first amendment."""
    parent.child_ids.append(amendment.id)
    parent.amendments.append(amendment.readable)
    changed = amendment.properties.get("changedFields", {}).get("value", "")
    for name in {_ROLLED_UP[word] for word in changed.split(",") if word in _ROLLED_UP}:
        if name in amendment.properties and name in parent.properties:
            before = parent.properties[name]
            original = before.get("originalValue", before["value"])
            parent.properties[name] = {**amendment.properties[name], "originalValue": original}


def _status(status: str, enhanced: str, dated_by: str) -> Callable[[Tables, Happening], None]:
    """A change of the contract's status, with the property that keeps its time."""

    def change(tables: Tables, happening: Happening) -> None:
        record = tables.records[happening.data["record"]]
        record.properties[dated_by] = _property("date", happening.at)
        record.contract_status = {"status": status, "enhancedStatus": enhanced, "eventDate": stamp(happening.at)}
        if happening.what == "contract.voided":
            record.properties["executionStatus"] = _property("string", "Voided")
        if happening.what == "contract.superseded":
            record.properties["supersededBy"] = _property("string", happening.data["by"])
        tables.touch(record, happening.when)

    return change


def _corrected(tables: Tables, happening: Happening) -> None:
    record = tables.records[happening.data["record"]]
    record.properties["agreementDate"] = _property("date", happening.data["signed_at"])
    tables.touch(record, happening.when)


def _obligation(tables: Tables, happening: Happening) -> None:
    data = happening.data
    parent = tables.records.get(data["record"])
    properties = _properties({key: data[key] for key in ("contract_no", "milestone", "due_on")})
    properties["amount"] = _money(data["amount"], data["currency"])
    obligation = Obligation(
        id=data["obligation"],
        readable=data["readable"],
        name=data["name"],
        updated_at=happening.when,
        properties=properties,
        parent_readable=parent.readable if parent else None,
        parent_name=parent.name if parent else None,
    )
    tables.put(obligation)


def _obligation_moved(tables: Tables, happening: Happening) -> None:
    obligation = tables.obligations[happening.data["obligation"]]
    obligation.properties["dueDate"] = _property("date", happening.data["due_on"])
    tables.touch(obligation, happening.when)


_WRITERS: dict[str, Callable[[Tables, Happening], None]] = {
    "msa.signed": _signed,
    "contract.drafted": _drafted,
    "amendment.drafted": _drafted,
    "workflow.cancelled": _cancelled,
    "approval.requested": _approval_requested,
    "approval.completed": _approval_completed,
    "contract.approved": _approved,
    "amendment.approved": _approved,
    "amendment.rejected": _cancelled,
    "contract.signed": _signed,
    "amendment.signed": _signed,
    "record.corrected": _corrected,
    "contract.voided": _status("inactive", "inactive", "voidedDate"),
    "contract.activated": _status("active", "active", "activatedDate"),
    "contract.terminated": _status("inactive", "terminating", "terminatedDate"),
    "contract.superseded": _status("inactive", "superseding", "supersededDate"),
    "obligation.recorded": _obligation,
    "obligation.moved": _obligation_moved,
}
