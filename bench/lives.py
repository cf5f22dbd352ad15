"""Events of contracts from signature to cash, as a firm's systems tell them: the input of the measurements.

Every id is made of numbers with eight digits, so that the rows of one set of contracts become those of another by
replacing numbers of the same length.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from models.events import Event, make_event

EVENTS_OF_LIFE = 12
CONTRACTS_OF_CUSTOMER = 40
BEGIN = datetime(2025, 1, 6, 8, tzinfo=UTC)
SYSTEMS = {
    "salesforce-eu": ("salesforce", "crm"),
    "ironclad-emea": ("ironclad", "clm"),
    "certinia-eu": ("certinia", "psa"),
    "netsuite-eu": ("netsuite", "erp"),
    "boomi-prod": ("boomi", "ipaas"),
}
KINDS = ("fixed_fee", "time_and_materials", "retainer")


class Contract:
    """One contract, and what its systems say of it; the same number always says the same."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._random = random.Random(number)
        self._at = BEGIN + timedelta(seconds=self._random.randrange(300 * 86_400))
        self._told = 0
        self.kind = KINDS[number % len(KINDS)]
        self.name = f"SOW-{number:08d}"
        self.customer = f"C-{number // CONTRACTS_OF_CUSTOMER:08d}"
        self.project = f"PRJ-{number:08d}"
        self.value = 1_000 * self._random.randrange(20, 900)

    def life(self) -> list[Event]:
        """From the opportunity to the payment of the first invoice: twelve events."""
        opportunity = {"salesforce-eu/opportunity": f"OPP-{self.number:08d}"}
        events = [
            self._say("salesforce-eu", "opportunity.committed", opportunity | self._buyer(), self._terms()),
            self._say(
                "ironclad-emea",
                "contract.signed",
                {"contract": self.name, **opportunity, **self._buyer()},
                self._terms() | {"start_on": "2026-01-01", "end_on": "2026-12-31", "payment_terms": "NET30"},
                is_recorded=True,
            ),
            *self._handed_over(),
            self._say(
                "netsuite-eu",
                "project.created",
                {"contract": self.name, "netsuite-eu/project": self.project, **self._buyer()},
                {"customer": self.customer, "entity": self._entity(), "currency": "EUR"},
                is_recorded=True,
            ),
            self._say(
                "netsuite-eu",
                "billing_schedule.created",
                {"netsuite-eu/project": self.project, "netsuite-eu/schedule": f"BS-{self.number:08d}"},
                {"schedule_total": str(self.value), "currency": "EUR", "billing_frequency": "monthly"},
            ),
            self._say(
                "certinia-eu",
                "project.activated",
                {"netsuite-eu/project": self.project, "certinia-eu/project": f"P-{self.number:08d}"},
                {"practice": "Cloud", "region": "EMEA"},
            ),
            *self._delivered(),
            *self._billed(1),
        ]
        assert len(events) == EVENTS_OF_LIFE
        return events

    def more(self, turn: int) -> Event:
        """One further event of a running contract."""
        self._at += timedelta(days=turn)
        self._told = 100 * turn
        choice = (self.number + turn) % 6
        if choice == 0:
            return self._handed_over(turn)[-1]
        if choice == 1:
            return self._billed(turn + 1)[0]
        if choice < 4:
            return self._billed(1, turn)[choice - 1]
        return self._delivered(turn)[choice - 4]

    def _handed_over(self, turn: int = 0) -> list[Event]:
        """What the middleware says of the project's way into the ERP: it fails first, now and then."""
        fails = self.number % 10 == 0
        said = {
            "flow": "project-sync",
            "transaction": f"T-{self.number:08d}-{turn}",
            "operation": f"project-sync SOW-{self.number:08d} {turn}",
            "source_system": "salesforce-eu",
            "target_system": "netsuite-eu",
            "attempt": 1,
        }
        if fails:
            said |= {"error_class": "RCRD_DSNT_EXIST", "error_message": f"customer {self.customer} is unknown"}
        keys = {
            "contract": self.name,
            "boomi-prod/execution": f"X-{self.number:08d}-{turn}",
            "correlation": said["transaction"],
        }
        outcome = "transaction.failed" if fails else "transaction.started"
        return [
            self._say("boomi-prod", outcome, keys, said),
            self._say("boomi-prod", "transaction.succeeded", keys, said | {"attempt": 2 if fails else 1}),
        ]

    def _delivered(self, turn: int = 0) -> list[Event]:
        if self.kind == "fixed_fee":
            milestone = f"M{turn}-{self.number:08d}"
            keys = {"netsuite-eu/project": self.project, "certinia-eu/milestone": milestone}
            return [
                self._say("certinia-eu", "milestone.completed", keys, {"milestone": milestone}),
                self._say("certinia-eu", "milestone.accepted", keys, {"milestone": milestone}),
            ]
        period = f"2026-{turn % 12 + 1:02d}"
        keys = {"certinia-eu/project": f"P-{self.number:08d}"}
        return [
            self._say("certinia-eu", "time.approved", keys, {"period": period, "hours": "152.5"}),
            self._say(
                "certinia-eu", "expense.approved", keys, {"period": period, "amount": "812.40", "currency": "EUR"}
            ),
        ]

    def _billed(self, invoice_number: int, turn: int = 0) -> list[Event]:
        invoice = f"INV-{self.number:08d}-{invoice_number}"
        paid = {"amount": str(self.value // 12), "currency": "EUR", "invoice": invoice}
        return [
            self._say(
                "netsuite-eu",
                "invoice.posted",
                {"contract": self.name, "netsuite-eu/invoice": invoice, **self._buyer()},
                paid | {"tax": "0", "operation": f"bill {invoice}"},
                record=invoice,
                is_recorded=True,
            ),
            self._say("netsuite-eu", "invoice.sent", {"netsuite-eu/invoice": invoice}, paid, record=invoice),
            self._say(
                "netsuite-eu",
                "payment.applied",
                {"netsuite-eu/payment": f"PAY-{self.number:08d}-{turn}", "netsuite-eu/invoice": invoice},
                paid,
                record=f"PAY-{self.number:08d}-{turn}",
            ),
        ]

    def _terms(self) -> dict[str, Any]:
        return {
            "value": str(self.value),
            "currency": "EUR",
            "contract_type": self.kind,
            "customer": self.customer,
            "entity": self._entity(),
            "region": "EMEA",
            "practice": "Cloud",
        }

    def _entity(self) -> str:
        return f"DE{self.number % 4:02d}"

    def _buyer(self) -> dict[str, str]:
        return {"netsuite-eu/customer": self.customer}

    def _say(
        self,
        source: str,
        type: str,
        keys: dict[str, str],
        attributes: dict[str, Any],
        *,
        record: str | None = None,
        is_recorded: bool = False,
    ) -> Event:
        self._told += 1
        self._at += timedelta(
            seconds=self._random.randrange(60, 5 * 86_400), microseconds=self._random.randrange(10**6)
        )
        return make_event(
            source=source,
            id=f"{type}-{self.number:08d}-{self._told}",
            type=type,
            occurred_at=self._at,
            recorded_at=self._at + timedelta(minutes=7) if is_recorded else None,
            record=record,
            subject=self.name,
            keys=keys,
            attributes=attributes,
        )


def dense(first: int, count: int) -> list[Event]:
    """The lives of contracts from number `first` on, `count` events, those of a contract together."""
    return [event for number in range(first, first + count // EVENTS_OF_LIFE) for event in Contract(number).life()]


def sparse(contracts: int, count: int, turn: int) -> list[Event]:
    """`count` further events of existing contracts (numbers below `contracts`), nearly every one of another contract.

    `turn` counts from 1; no two turns say the same.
    """
    chosen = random.Random(turn).sample(range(contracts), count - count // 20)
    # One in twenty speaks twice.
    events = [Contract(number).more(2 * turn) for number in chosen]
    return events + [Contract(number).more(2 * turn + 1) for number in chosen[: count // 20]]
