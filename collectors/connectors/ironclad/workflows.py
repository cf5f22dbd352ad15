"""Events of workflows: drafts, approvals, amendments given up. Without a number of its contract one tells nothing.

Source: Ironclad Public API v1, "List all Workflows", "Retrieve the Approval Requests on a Workflow".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from collectors.connectors.ironclad.options import Options
from collectors.connectors.ironclad.reading import Row, attribute, attribute_text, instant, stamp, text
from collectors.versions import Version
from models.events import Event, UnreadableEventError, make_event

APPROVED = "Approved"
CANCELLED = "cancelled"
COMPLETED = "completed"


class About(NamedTuple):
    """What a workflow is about: its id, its numbers, the keys and subjects of its events, and its version."""

    workflow: str
    contract: str | None
    amendment: str | None
    keys: dict[str, Any]
    attributes: dict[str, Any]
    updated_at: datetime


def about(system: str, workflow: Row, options: Options) -> About:
    """What a workflow is about. Errors: UnreadableEventError."""
    name = text(workflow, "id")
    contract = attribute_text(workflow, options.contract_number)
    parent = attribute(workflow, options.parent_record)
    amendment = attribute_text(workflow, options.amendment_number)
    if amendment is None and parent is not None:
        amendment = workflow.get("ironcladId") or name
    records = [name]
    keys: dict[str, Any] = {f"{system}/record": records}
    if contract:
        keys["contract"] = contract
    elif isinstance(parent, dict) and parent.get("recordId"):
        records.append(text(parent, "recordId"))
    if amendment:
        keys["amendment"] = amendment
    opportunity = attribute_text(workflow, options.opportunity)
    if opportunity and not amendment:
        keys[f"{options.crm_system}/opportunity"] = opportunity
    attributes = {"amendment": amendment} if amendment else {}
    return About(name, contract, amendment, keys, attributes, instant(workflow.get("lastUpdated"), "lastUpdated"))


def workflow_events(system: str, workflow: Row, options: Options) -> list[Event]:
    """`contract.drafted`, which stands even when the draft is given up; `amendment.rejected` of a cancelled amendment.

    Errors: UnreadableEventError.
    """
    its = about(system, workflow, options)
    if its.amendment:
        return [_rejected(system, workflow, its, options)] if workflow.get("status") == CANCELLED else []
    if not its.contract:
        return []
    # Only what the id holds may differ between versions of a draft, for its time is the same in all of them.
    opportunity = attribute_text(workflow, options.opportunity) or ""
    return [
        make_event(
            source=system,
            id=f"{its.workflow}:contract.drafted:{its.contract}:{opportunity}",
            type="contract.drafted",
            occurred_at=instant(workflow.get("created"), "created"),
            record=its.workflow,
            subject=its.contract,
            keys=its.keys,
        )
    ]


def _rejected(system: str, workflow: Row, its: About, options: Options) -> Event:
    if options.rejected_on:
        at = instant(attribute(workflow, options.rejected_on), f"attributes.{options.rejected_on}")
    else:
        at = its.updated_at
    return _version(system, its).withdraws("amendment.rejected", at)


def approval_events(system: str, workflow: Row, requests: Sequence[Row], options: Options) -> list[Event]:
    """Each approval asked for and given, and once all are, the contract's or amendment's own at the last of them.

    Errors: UnreadableEventError.
    """
    its = about(system, workflow, options)
    if not its.contract and not its.amendment:
        return []
    events: list[Event] = []
    ends: list[datetime] = []
    for request in requests:
        asked_at = instant(request.get("startTime"), "startTime")
        events.append(_approval(system, its, request, "approval.requested", asked_at))
        if request.get("status") == APPROVED:
            ends.append(instant(request.get("endTime"), "endTime"))
            events.append(_approval(system, its, request, "approval.completed", ends[-1]))
    if ends and _approvals(workflow).get("state") == COMPLETED:
        step = "amendment.approved" if its.amendment else "contract.approved"
        events.append(_version(system, its).says(step, max(ends)))
    return events


def has_approvals(workflow: Row, options: Options) -> bool:
    """Whether anybody was asked to approve a contract or amendment of ours, or may have been."""
    is_ours = any(attribute(workflow, name) for name in (options.contract_number, options.amendment_number))
    is_ours = is_ours or attribute(workflow, options.parent_record) is not None
    return is_ours and _approvals(workflow).get("state") not in ("not_started", "not_applicable")


def _approvals(workflow: Row) -> Row:
    held = workflow.get("approvals")
    if held is not None and not isinstance(held, dict):
        raise UnreadableEventError("approvals is no object with a state")
    return held or {}


def _approval(system: str, its: About, request: Row, type: str, at: datetime) -> Event:
    role, actor = (str(request.get(name) or "") for name in ("role", "actorId"))
    record = f"{its.workflow}:{role}:{actor}:{stamp(instant(request.get('startTime'), 'startTime'))}"
    return make_event(
        source=system,
        # A request never changes but for being answered: no version but what its workflow is about.
        id=f"{record}:{type}:{its.amendment or its.contract}@{stamp(at)}",
        type=type,
        occurred_at=at,
        record=record,
        subject=its.amendment or its.contract or "",
        keys={name: values for name, values in its.keys.items() if not name.endswith("/opportunity")},
        attributes={**its.attributes, **({"role": role} if role else {})},
    )


def version_of(system: str, workflow: Row, options: Options) -> Version:
    """The version of a workflow, for taking back what it says no more. Errors: UnreadableEventError."""
    return _version(system, about(system, workflow, options))


def _version(system: str, its: About) -> Version:
    subject = its.amendment or its.contract or ""
    return Version(system, its.workflow, stamp(its.updated_at), its.updated_at, its.keys, its.attributes, subject)
