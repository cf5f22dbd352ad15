"""Which steps a happening shows or takes back, for which contracts, by the estate's own reading of the records.

A customer's own steps are standing conditions, true of every contract that he signs, and left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from estate.happenings import Happening


@dataclass(frozen=True, slots=True)
class Fact:
    """Evidence of one record for one step: standing `at`, or taken back (`at` None), as told from `told_at` on."""

    told_at: datetime
    contract: str
    step: str
    subject: str
    system: str
    record: str
    at: datetime | None


_RECORD = {
    "contract.drafted": "workflow",
    "approval.requested": "approval",
    "approval.completed": "approval",
    "contract.approved": "workflow",
    "amendment.approved": "workflow",
    "amendment.rejected": "workflow",
    "contract.signed": "record",
    "amendment.signed": "record",
    "contract.activated": "record",
    "contract.terminated": "record",
    "contract.superseded": "record",
    "opportunity.committed": "opportunity",
    "opportunity.lost": "opportunity",
    "value.updated": "opportunity",
    "crm.status_synced": "opportunity",
    "resource.assigned": "assignment",
    "resource.changed": "assignment",
    "milestone.completed": "milestone_id",
    "milestone.accepted": "milestone_id",
    "time.approved": "timecard",
    "expense.approved": "report",
    "change_request.approved": "budget",
    "budget.updated": "budget",
    "invoice.ready": "event",
    "invoice_status.synced": "event",
    "rate_card.synced": "job",
    "billing_schedule.created": "job",
    "revenue_schedule.created": "job",
    "billing_schedule.updated": "job",
    "revenue_schedule.updated": "job",
    "invoice.posted": "invoice",
    "invoice.sent": "invoice",
    "invoice.voided": "invoice",
    "invoice.credited": "credit",
    "invoice.disputed": "invoice",
    "dispute.resolved": "invoice",
    "billing.held": "charge",
    "billing.released": "charge",
}
"""Happenings that show the step of their own name, and the key of `data` that names the record."""

_OF_PROJECT = ("project.created", "project.activated", "project.closed")

_TAKES_BACK = {
    "contract.voided": ("record", ("contract.signed", "contract.activated")),
    "time.rejected": ("timecard", ("time.approved",)),
    "invoice.voided": ("invoice", ("invoice.posted", "invoice.sent", "invoice.disputed", "dispute.resolved")),
}
"""Happenings that take steps of their record back."""


class Teller:
    """Reads happenings in their order, and says what each of them shows. It remembers which record belongs to whom."""

    def __init__(self) -> None:
        self._of_project: dict[str, tuple[str, ...]] = {}
        self._of_invoice: dict[str, tuple[str, ...]] = {}
        self._opportunity: dict[str, str] = {}
        self._unlinked: dict[str, list[Happening]] = {}

    def tell(self, happening: Happening) -> Iterator[Fact]:
        """The facts that a happening brings, those of others included that it links to a contract at last."""
        what = happening.what
        if what.startswith("opportunity.") or what in ("value.updated", "crm.status_synced"):
            yield from self._of_crm(happening)
        elif what.startswith("project."):
            yield from self._project(happening)
        elif what.startswith("payment."):
            yield from self._payment(happening)
        elif what == "invoice.posted":
            yield from self._posted(happening)
        elif what in _RECORD or what in _TAKES_BACK:
            for contract in self._contracts(happening):
                yield from self._plain(happening, contract)
        elif what == "record.corrected" and happening.contract:
            yield self._fact(happening, happening.contract, "contract.signed", "record", happening.data["signed_at"])

    def _contracts(self, happening: Happening) -> tuple[str, ...]:
        data = happening.data
        if happening.system == "netsuite":
            if "invoice" in data:
                return self._of_invoice.get(data["invoice"], ())
            if "job" in data:
                return self._of_project.get(data["job"], ())
        if happening.system == "certinia":
            # A project that serves several contracts belongs to none: what hangs on it alone reaches nobody.
            found = self._of_project.get(data["project"], ())
            return found if len(found) == 1 else ()
        return (happening.contract,) if happening.contract else ()

    def _plain(self, happening: Happening, contract: str) -> Iterator[Fact]:
        what = happening.what
        if what in _TAKES_BACK:
            key, steps = _TAKES_BACK[what]
            for step in steps:
                yield self._fact(happening, contract, step, key, None)
        if what in _RECORD:
            yield self._fact(happening, contract, what, _RECORD[what], happening.at)

    def _fact(self, happening: Happening, contract: str, step: str, key: str, at: datetime | None) -> Fact:
        record = happening.data[key]
        if step == "crm.status_synced":  # each history row is a record of its own
            record = f"{record}@{happening.at.isoformat()}"
        return Fact(happening.when, contract, step, happening.subject, happening.system, record, at)

    def _of_crm(self, happening: Happening) -> Iterator[Fact]:
        opportunity = happening.data["opportunity"]
        if happening.what == "opportunity.linked":
            self._opportunity[opportunity] = happening.data["contract_no"]
            for earlier in self._unlinked.pop(opportunity, []):
                fact = self._fact(earlier, happening.data["contract_no"], earlier.what, "opportunity", earlier.at)
                yield Fact(happening.when, *_rest(fact))
        elif happening.what in _RECORD:
            contract = self._opportunity.get(opportunity)
            if contract is None:
                self._unlinked.setdefault(opportunity, []).append(happening)
            else:
                yield self._fact(happening, contract, happening.what, "opportunity", happening.at)

    def _project(self, happening: Happening) -> Iterator[Fact]:
        data = happening.data
        key = "project" if happening.system == "certinia" else "job"
        if happening.what == "project.created":
            named = tuple((data.get("contract_no") or "").split(";"))
            self._of_project[data[key]] = tuple(one for one in named if one)
        for contract in self._of_project.get(data[key], ()):
            if happening.what in _OF_PROJECT:
                yield self._fact(happening, contract, happening.what, key, happening.at)
            else:
                for step in _OF_PROJECT:
                    yield self._fact(happening, contract, step, key, None)

    def _posted(self, happening: Happening) -> Iterator[Fact]:
        data = happening.data
        if data.get("intercompany"):
            return
        named = [line.get("contract_no") or "" for line in data["lines"]]
        for line in data["lines"]:
            if not line.get("contract_no") and line.get("job"):
                named.extend(self._of_project.get(line["job"], ()))
        contracts = tuple(dict.fromkeys(one for one in named if one))
        self._of_invoice[data["invoice"]] = contracts
        for contract in contracts:
            yield self._fact(happening, contract, "invoice.posted", "invoice", happening.at)
            if data.get("retainage"):
                step = "retainage.held" if data["retainage"] == "held" else "retainage.released"
                yield Fact(happening.when, contract, step, "", "netsuite", data["invoice"], happening.at)

    def _payment(self, happening: Happening) -> Iterator[Fact]:
        data = happening.data
        is_made = happening.what == "payment.applied"
        settled = set(data["settles"] if is_made else data["unsettles"])
        for applied in data["applies"]:
            steps = ["payment.applied", "payment.received"]
            if applied["invoice"] in settled:
                steps.append("invoice.settled")
            for contract in self._of_invoice.get(applied["invoice"], ()):
                for step in steps:
                    at = happening.at if is_made else None
                    yield Fact(happening.when, contract, step, applied["number"], "netsuite", data["payment"], at)
                if not is_made:
                    yield self._payment_fact(happening, contract, applied["number"])

    def _payment_fact(self, happening: Happening, contract: str, number: str) -> Fact:
        payment = happening.data["payment"]
        return Fact(happening.when, contract, "payment.reversed", number, "netsuite", payment, happening.at)


def _rest(fact: Fact) -> tuple[str, str, str, str, str, datetime | None]:
    return fact.contract, fact.step, fact.subject, fact.system, fact.record, fact.at
