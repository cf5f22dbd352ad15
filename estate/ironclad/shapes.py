"""How rows of Ironclad look in an answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from estate.ironclad.answers import stamp
from estate.ironclad.tables import Approval, Obligation, Record, Turn, Workflow

_MONEY_ATTRIBUTES, _REFERENCE_ATTRIBUTES = {"contractValue"}, {"parentRecord"}


def workflow(row: Workflow) -> dict[str, Any]:
    """A workflow; optional `creator` is left out."""
    return {
        "id": row.id,
        "ironcladId": row.readable,
        "title": row.title,
        "template": row.template,
        "step": row.step,
        "status": row.status,
        "isCancelled": row.status == "cancelled",
        "isComplete": row.status == "completed",
        "created": stamp(row.created_at),
        "lastUpdated": stamp(row.updated_at),
        "attributes": row.attributes,
        "schema": {name: _attribute(name) for name in row.attributes},
        "roles": roles(row),
        "approvals": {"state": row.approvals_state},
        "signatures": {"state": row.signatures_state},
        "recordIds": row.record_ids,
        "isRevertibleToReview": row.step == "Sign" and row.status == "active",
    }


def _attribute(name: str) -> dict[str, Any]:
    kind = "string"
    if name in _MONEY_ATTRIBUTES:
        kind = "monetary_amount"
    elif name in _REFERENCE_ATTRIBUTES:
        kind = "reference"
    elif name == "rejectedOn":
        kind = "date"
    return {"type": kind, "displayName": name, "propertyKey": name, "readOnly": False}


def roles(row: Workflow) -> list[dict[str, Any]]:
    """The roles of a workflow with the people in them."""
    return [
        {
            "id": role,
            "displayName": asked[0].role_name,
            "assignees": [
                {"userName": one.actor_name, "userId": one.actor, "userEmail": one.actor_email} for one in asked
            ],
        }
        for role, asked in _by_role(row.approvals)
    ]


def _by_role(approvals: Iterable[Approval]) -> list[tuple[str, list[Approval]]]:
    ordered = sorted(approvals, key=lambda one: one.role)
    return [(role, list(asked)) for role, asked in groupby(ordered, key=lambda one: one.role)]


def pending(row: Workflow) -> dict[str, Any]:
    """The triggered approvals of a workflow, one group a role."""
    groups = [
        {
            "order": order,
            "status": "approved" if all(one.status == "Approved" for one in asked) else "active",
            "reviewers": [
                {
                    "role": role,
                    "displayName": one.actor_name,
                    "reviewerType": "user",
                    "status": "approved" if one.status == "Approved" else "pending",
                }
                for one in asked
            ],
        }
        for order, (role, asked) in enumerate(_by_role(row.approvals))
    ]
    return {"workflowId": row.id, "title": row.title, "approvalGroups": groups, "roles": roles(row)}


def approval_requests(row: Workflow, request_type: str, with_actor: bool) -> list[dict[str, Any]]:
    """The requests of a workflow in the order in which they began: one a user, or one a role."""
    if request_type == "role":
        items = [_role_request(asked) for _, asked in _by_role(row.approvals)]
    else:
        items = [_request(one, with_actor) for one in row.approvals]
    return sorted(items, key=lambda item: item["startTime"])


def _request(one: Approval, with_actor: bool) -> dict[str, Any]:
    item = _timing(one.started_at, one.ended_at) | {
        "status": one.status,
        "actorId": one.actor,
        "actorType": "user",
        "role": one.role,
        "roleName": one.role_name,
        "approvalType": "workflow",
    }
    if with_actor:
        item["actorDetails"] = {"userName": one.actor_name, "userEmail": one.actor_email}
    return item


def _role_request(asked: list[Approval]) -> dict[str, Any]:
    ends = [one.ended_at for one in asked]
    ended_at = max((end for end in ends if end), default=None) if None not in ends else None
    open_ones = [one for one in asked if one.status != "Approved"]
    return _timing(min(one.started_at for one in asked), ended_at) | {
        "status": open_ones[0].status if open_ones else "Approved",
        "actorId": asked[0].role,
        "actorType": "role",
        "role": asked[0].role,
        "roleName": asked[0].role_name,
        "approvalType": "workflow",
    }


def _timing(started_at: datetime, ended_at: datetime | None) -> dict[str, Any]:
    item: dict[str, Any] = {"startTime": stamp(started_at)}
    if ended_at:
        lasted = int((ended_at - started_at).total_seconds() * 1000)
        item |= {"endTime": stamp(ended_at), "duration": lasted, "aggregateDuration": lasted}
    return item


def turn(number: int, row: Turn) -> dict[str, Any]:
    """A stretch of time in which one party had the contract."""
    item = {"turnNumber": number, "turnParty": row.party, "startTime": stamp(row.started_at)}
    return item | ({"endTime": stamp(row.ended_at)} if row.ended_at else {})


def signatures(row: Workflow) -> dict[str, Any]:
    """The signers of a workflow that is out for signature."""
    signers = [
        {"roleName": "Counterparty signer", "signatureStatus": "sent"},
        {"roleName": "Our signer", "signatureStatus": "pending"},
    ]
    return {"workflowId": row.id, "title": row.title, "signatureStatus": "sent", "signers": signers}


def record(row: Record) -> dict[str, Any]:
    """A record; what does not apply to it is left out."""
    body: dict[str, Any] = {
        "id": row.id,
        "ironcladId": row.readable,
        "type": row.type,
        "name": row.name,
        "lastUpdated": stamp(row.updated_at),
        "properties": row.properties,
        "attachments": {},
        "links": [],
        "source": {"type": "workflow", "workflowId": f"workflow:{row.workflow}"}
        if row.workflow
        else {"type": "import"},
    }
    if row.parent_id:
        body |= {"parentId": row.parent_id, "parentLinkType": "amendment"}
    if row.child_ids:
        body |= {"childIds": row.child_ids, "amendments": row.amendments}
    if row.contract_status:
        body["contractStatus"] = row.contract_status
    return body


def obligation(row: Obligation) -> dict[str, Any]:
    """An obligation with the record it comes from."""
    body: dict[str, Any] = {
        "id": row.id,
        "ironcladId": row.readable,
        "name": row.name,
        "properties": row.properties,
        "lastUpdated": stamp(row.updated_at),
        "namedTypeIds": [],
    }
    if row.parent_readable:
        body |= {"parentReadableId": row.parent_readable, "parentRecordName": row.parent_name}
    return body
