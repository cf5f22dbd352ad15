"""From the opportunity to the signed and activated contract."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from estate.calendar import working
from estate.firm import APPROVERS, NAME, PEOPLE
from estate.scenario.book import Book
from estate.scenario.contract import Contract


class Selling:
    """Writes how a contract comes about."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def opportunity(self, one: Contract) -> datetime:
        """The opportunity, won or still open; when the contract is drafted."""
        begun = working(one.goal - timedelta(days=32 * self._book.pace), one.entity.zone)
        self._book.put(
            "salesforce",
            "opportunity.created",
            begun,
            one.number,
            opportunity=one.opportunity,
            account=one.customer.account,
            name=f"{one.customer.name} - {one.practice}",
            amount=one.value,
            currency=one.currency,
            close_on=one.goal.date(),
            stage="Proposal",
        )
        if one.tells("lost"):
            return self._book.later(one.rng, begun, 12, one.entity)
        committed = self._book.later(one.rng, begun, 12, one.entity)
        one.committed_at = committed
        self._crm("opportunity.committed", committed, one)
        return self._book.later(one.rng, committed, 1.5, one.entity)

    def draft(self, one: Contract, at: datetime) -> None:
        """The workflow in the CLM, and the link to it in the CRM."""
        one.workflow = self._book.ids.workflow()
        one.readable = self._book.ids.numbered("ironclad", "IC-{}")
        self._book.put(
            "ironclad",
            "contract.drafted",
            at,
            one.number,
            workflow=one.workflow,
            readable=one.readable,
            title=f"{one.number} {one.customer.name}",
            contract_type=one.kind,
            entity=one.entity.code,
            region=one.entity.region,
            practice=one.practice,
            opportunity=None if one.tells("conflict") else one.opportunity,
            **self._agreed(one),
        )
        self._crm("opportunity.linked", at, one, contract_no=one.number)

    def lose(self, one: Contract, drafted: datetime) -> None:
        """The customer says no."""
        at = self._book.later(one.rng, drafted, 10, one.entity)
        self._crm("opportunity.lost", at, one)
        self._book.put("ironclad", "workflow.cancelled", at + timedelta(hours=1), one.number, workflow=one.workflow)

    def approve(self, one: Contract, drafted: datetime, workflow: str, subject: str = "") -> datetime:
        """Approvals one beside the other; when the last is given."""
        given = []
        for role, name in APPROVERS[: one.rng.randint(2, 3)]:
            actor = one.rng.choice(PEOPLE)
            approval = self._book.ids.uuid()
            asked = drafted + timedelta(minutes=one.rng.randint(5, 180))
            self._book.put(
                "ironclad",
                "approval.requested",
                asked,
                one.number,
                subject,
                workflow=workflow,
                approval=approval,
                role=role,
                role_name=name,
                actor=actor.lower().replace(" ", ".").replace("'", ""),
                actor_name=actor,
                actor_email=f"{actor.lower().replace(' ', '.').replace(chr(39), '')}@meridian.example",
            )
            done = self._book.later(one.rng, asked, 0.9, one.entity)
            self._book.put(
                "ironclad",
                "approval.completed",
                done,
                one.number,
                subject,
                workflow=workflow,
                approval=approval,
                role=role,
            )
            given.append(done)
        approved = max(given)
        what = "amendment.approved" if subject else "contract.approved"
        self._book.put("ironclad", what, approved, one.number, subject, workflow=workflow)
        return approved

    def sign(self, one: Contract, approved: datetime) -> datetime:
        """Full signature, once or twice, recorded at once or late; when the CLM makes the contract active."""
        one.approved_at = approved
        signed = self._book.later(one.rng, approved, 3, one.entity)
        if one.tells("resigned_envelope"):
            signed = self._sign_again(one, signed)
        recorded = signed + timedelta(minutes=one.rng.randint(1, 25))
        if one.tells("backdated_signing"):
            recorded = working(signed + timedelta(days=one.rng.randint(6, 16) * self._book.pace), one.entity.zone)
            self._book.looks_like("backdated_signing", one.number, recorded)
        self._record(one, signed, recorded)
        one.signed_at = signed
        if one.tells("corrected_signing"):
            self._correct(one, approved, recorded)
        one.active_at = self._book.later(one.rng, recorded, 0.6, one.entity)
        self._book.put("ironclad", "contract.activated", one.active_at, one.number, record=one.record)
        return one.active_at

    def _sign_again(self, one: Contract, signed: datetime) -> datetime:
        self._record(one, signed, signed + timedelta(minutes=4))
        voided = self._book.later(one.rng, signed + timedelta(hours=3), 1.5, one.entity)
        self._book.put("ironclad", "contract.voided", voided, one.number, record=one.record)
        again = self._book.later(one.rng, voided, 2, one.entity)
        self._book.looks_like("resigned_envelope", one.number, again + timedelta(minutes=30))
        return again

    def _correct(self, one: Contract, approved: datetime, recorded: datetime) -> None:
        """The day was typed wrongly: it was signed halfway between approval and what was first said."""
        assert one.signed_at is not None
        really = (approved + (one.signed_at - approved) / 2).replace(microsecond=0)
        at = self._book.later(one.rng, recorded + timedelta(hours=2), 5, one.entity)
        self._book.put("ironclad", "record.corrected", at, one.number, record=one.record, signed_at=really)
        self._book.looks_like("corrected_signing", one.number, at)

    def _record(self, one: Contract, signed: datetime, recorded: datetime) -> None:
        one.record = self._book.ids.uuid()
        one.readable = self._book.ids.numbered("ironclad", "IC-{}")
        claimed = one.partner.opportunity if one.tells("conflict") and one.partner else one.opportunity
        ends = signed + timedelta(days=30.4 * one.months)
        self._book.put(
            "ironclad",
            "contract.signed",
            signed,
            one.number,
            when=recorded,
            record=one.record,
            readable=one.readable,
            workflow=one.workflow,
            title=f"{one.number} {one.customer.name}",
            contract_type=one.kind,
            entity=one.entity.code,
            region=one.entity.region,
            practice=one.practice,
            payment_terms=one.payment_terms,
            billing_frequency=one.billing_frequency,
            rate_card=one.rate_card,
            retention_ratio=one.retention,
            effective_on=signed.date(),
            expires_on=ends.date(),
            opportunity=claimed,
            at_risk_authorised_by=one.at_risk_by,
            master_agreement=one.master,
            lines=[
                {
                    "line": line.name,
                    "contract_type": line.kind,
                    "entity": line.entity.code,
                    "amount": line.amount,
                    "currency": one.currency,
                }
                for line in one.lines
                if line.name
            ],
            **self._agreed(one),
        )

    def _agreed(self, one: Contract) -> dict[str, Any]:
        return {
            "contract_no": one.number,
            "customer": one.customer.number,
            "customer_name": one.customer.name,
            "value": one.value,
            "currency": one.currency,
        }

    def _crm(self, what: str, at: datetime, one: Contract, **more: Any) -> None:
        self._book.put("salesforce", what, at, one.number, opportunity=one.opportunity, **more)


def project_name(one: Contract) -> str:
    """What a project of the contract is called."""
    return f"{one.customer.name} - {one.practice} ({NAME.split(maxsplit=1)[0]})"
