"""Makes contract_to_cash.csv beside it: a small firm's log from contracts to cash, with a little of what goes wrong.

Run it to write the file again; the same seed gives the same bytes. Every name and number in it is made up.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

FILE = Path(__file__).with_name("contract_to_cash.csv")
SEED = 7
CONTRACTS = 40
COLUMNS = (
    *("system", "id", "type", "time", "recorded", "sequence", "record", "retracts"),
    *("contract", "opportunity", "project", "amendment", "schedule", "invoice", "payment", "correlation"),
    *("customer", "entity", "region", "practice", "contract_type", "value", "currency", "payment_terms"),
    *("amount", "line", "milestone", "period", "deposit", "at_risk_authorised_by"),
    *("transaction", "operation", "flow", "source_system", "target_system", "attempt", "error_class", "error_message"),
)
CRM, CLM, PSA, ERP, IPAAS = "salesforce", "ironclad", "certinia", "netsuite", "boomi"
ENTITIES = (("DE01", "EUR", "EMEA"), ("UK01", "GBP", "EMEA"), ("US01", "USD", "AMER"))
ERRORS = (
    ("INVALID_KEY_OR_REF", "Invalid reference key for entity"),
    ("RCRD_LOCKED_BY_WF", "The record is locked by a workflow"),
    ("SSS_REQUEST_LIMIT_EXCEEDED", "Concurrent request limit exceeded"),
)
BEGIN = datetime(2025, 1, 6, 9, tzinfo=UTC)
END = datetime(2025, 10, 31, 18, tzinfo=UTC)

# What is odd about which contract, by number. The rest goes well.
MENDED = {4, 11, 19, 27, 33}  # the project arrives after failed attempts
DEAD = {6, 16, 24, 35}  # it never arrives
BY_HAND = {9, 29}  # it never arrives, and somebody makes it
AT_RISK = {13, 30}  # work begins before the contract, on somebody's word
PREMATURE = {8, 26}  # work begins before signature, on nobody's
CORRECTED = {3, 21}  # the day of signature is corrected
TWO_PROJECTS = {5, 31}  # one line has two projects
TWO_BILLS = {10, 22}  # one billing operation posted two invoices
VOIDED = {2, 18}  # invoices are voided and posted again
SENT_BACK = {7, 25}  # payments are sent back
CLAIMED = {15}  # its project was booked on the contract before it
DEPOSIT = {12, 28}
TERMINATED = {14}
LEADS = 3  # opportunities without a contract yet

Row = dict[str, str]


def stamp(at: datetime) -> str:
    """An instant as the log writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


class Contract:
    """One contract on its way; `at` only moves on."""

    def __init__(self, number: int, random: Random) -> None:
        self.random = random
        self.number = number
        self.name = f"SOW-{1000 + number}"
        self.opportunity = f"OPP-{number}"
        self.at = BEGIN + timedelta(days=number * 6 + random.random() * 4)
        self.entity, self.currency, self.region = random.choice(ENTITIES)
        self.customer = f"C-{random.randint(1, 14):02}"
        self.lines = [f"L{line + 1}" for line in range(random.choice((1, 1, 1, 2, 3)))]
        self.kind = random.choice(("fixed_fee", "time_and_materials", "retainer"))
        self.value = random.randint(20, 400) * 1000
        self.rows: list[Row] = []

    def days(self, low: float, high: float) -> timedelta:
        """So many days, about."""
        return timedelta(days=self.random.uniform(low, high))

    def say(self, system: str, type_: str, at: datetime | None = None, **columns: object) -> Row:
        """A row for something that happens now, or at another time."""
        row = {"system": system, "id": f"{self.name}:{len(self.rows) + 1}", "type": type_, "time": stamp(at or self.at)}
        row |= {name: str(value) for name, value in columns.items()}
        self.rows.append(row)
        return row

    def story(self) -> list[Row]:
        """Everything that happens to it until the log ends."""
        self.sell()
        self.sign()
        self.set_up()
        if self.number in TERMINATED:
            self.at += self.days(10, 20)
            self.say(CLM, "contract.terminated", contract=self.name, record=self.name)
        else:
            self.deliver()
        return [row for row in self.rows if row["time"] <= stamp(END)]

    def sell(self) -> None:
        """From the opportunity to a drafted contract."""
        self.say(CRM, "opportunity.committed", opportunity=self.opportunity, customer=self.customer)
        self.at += self.days(2, 15)
        if self.number in AT_RISK:
            self.create_project("L1", opportunity=self.opportunity, at_risk_authorised_by="head of delivery")
            self.at += self.days(1, 3)
        self.say(
            CLM,
            "contract.drafted",
            contract=self.name,
            opportunity=self.opportunity,
            record=self.name,
            customer=self.customer,
            entity=self.entity,
            region=self.region,
            practice=self.random.choice(("Cloud", "Data", "Security")),
            contract_type=self.kind,
            value=self.value,
            currency=self.currency,
            payment_terms=self.random.choice(("NET30", "NET45", "NET60")),
        )

    def sign(self) -> None:
        """Approval and signature; the signature is written down a little later."""
        self.at += self.days(1, 4)
        self.say(CLM, "approval.requested", contract=self.name)
        self.at += self.days(1, 9)
        self.say(CLM, "approval.completed", contract=self.name)
        self.say(CLM, "contract.approved", contract=self.name, record=self.name)
        if self.number in PREMATURE:
            self.create_project("L1", contract=self.name)
        self.at += self.days(1, 10)
        recorded = stamp(self.at + self.days(0, 1.5))
        self.say(CLM, "contract.signed", contract=self.name, record=self.name, sequence=1, recorded=recorded)
        if self.number in CORRECTED:
            day, recorded = self.at - timedelta(days=1), stamp(self.at + timedelta(days=2))
            self.say(CLM, "contract.signed", day, contract=self.name, record=self.name, sequence=2, recorded=recorded)
        self.at += self.days(0.1, 1)
        self.say(CLM, "contract.activated", contract=self.name, record=self.name)

    def project(self, line: str) -> str:
        """The project of a line."""
        return f"P-{self.number}-{line}"

    def create_project(self, line: str, suffix: str = "", **columns: object) -> None:
        """The project of a line appears in the PSA."""
        name = self.project(line) + suffix
        self.say(PSA, "project.created", project=name, record=name, line=line, entity=self.entity, **columns)

    def set_up(self) -> None:
        """Customer, projects by way of the middleware, schedules, people."""
        self.at += self.days(0.1, 2)
        self.say(ERP, "customer.validated", contract=self.name, customer=self.customer)
        for line in self.lines:
            self.at += self.days(0.1, 2)
            if self.number in AT_RISK | PREMATURE and line == "L1":
                self.say(PSA, "keys.linked", contract=self.name, project=self.project(line))
            elif self.hand_over(line):
                self.create_project(line, contract=self.name)
            else:
                continue
            if self.number in TWO_PROJECTS and line == "L1":
                self.create_project(line, suffix="-2", contract=self.name)
            self.start(line)
        if self.number in CLAIMED:
            self.say(PSA, "budget.updated", contract=f"SOW-{999 + self.number}", project=self.project("L1"))

    def start(self, line: str) -> None:
        """What a project needs before it is active."""
        project = self.project(line)
        self.say(ERP, "rate_card.synced", contract=self.name, line=line)
        self.say(ERP, "billing_schedule.created", project=project, schedule=f"{project}-B", line=line)
        self.say(ERP, "revenue_schedule.created", project=project, schedule=f"{project}-R", line=line)
        self.at += self.days(0.5, 5)
        self.say(PSA, "resource.assigned", project=project, line=line)
        self.at += self.days(0.5, 6)
        self.say(PSA, "project.activated", project=project, record=project, line=line)

    def hand_over(self, line: str) -> bool:
        """The project's way through the middleware; whether it is there in the end."""
        operation = f"project-sync:{self.name}:{line}"
        is_odd = line == "L1" and self.number in MENDED | DEAD | BY_HAND
        failures = self.random.randint(1, 3) if is_odd else 0
        for attempt in range(1, failures + 1):
            kind, said = self.random.choice(ERRORS)
            self.attempt(operation, attempt, "failed", error_class=kind, error_message=said)
            self.at += self.days(0.05, 0.5)
        if not is_odd or self.number in MENDED:
            self.attempt(operation, failures + 1, "succeeded")
            return True
        self.attempt(operation, failures, "dead_lettered")
        self.at += self.days(1, 3)
        return self.number in BY_HAND

    def attempt(self, operation: str, attempt: int, outcome: str, **error: str) -> None:
        """What the middleware says of one attempt."""
        self.say(
            IPAAS,
            f"transaction.{outcome}",
            contract=self.name,
            correlation=f"{operation}:{attempt}",
            transaction=f"{operation}:{attempt}",
            operation=operation,
            flow="project-sync",
            source_system=CLM,
            target_system=PSA,
            attempt=attempt,
            line=operation.rsplit(":", 1)[-1],
            **error,
        )

    def deliver(self) -> None:
        """Work, invoices, money, a change now and then, until the projects are closed."""
        if self.number in DEPOSIT:
            self.bill("deposit", 10, deposit="true")
        if self.number % 6 == 1:
            self.amend(f"{self.name}-A1")
        parts = self.random.randint(2, 4)
        for part in range(1, parts + 1):
            self.at += self.days(12, 30)
            if self.kind == "fixed_fee":
                self.say(PSA, "milestone.completed", contract=self.name, milestone=f"M{part}")
                self.at += self.days(1, 6)
                self.say(PSA, "milestone.accepted", contract=self.name, milestone=f"M{part}")
                self.bill(f"M{part}", 100 // parts, milestone=f"M{part}")
            else:
                self.say(PSA, "time.approved", contract=self.name, period=f"{self.at:%Y-%m}", line="L1")
                self.bill(f"{part}", 100 // parts, period=f"{self.at:%Y-%m}")
        self.at += self.days(2, 10)
        for line in self.lines:
            self.say(PSA, "project.closed", contract=self.name, project=self.project(line), line=line)

    def amend(self, amendment: str) -> None:
        """A change of the contract, and what follows it."""
        self.at += self.days(5, 20)
        self.value = self.value * 5 // 4
        changed = {"contract": self.name, "amendment": amendment}
        self.say(CLM, "amendment.approved", **changed, record=amendment)
        self.at += self.days(1, 3)
        self.say(CLM, "amendment.signed", **changed, record=amendment, value=self.value, currency=self.currency)
        for system, step in ((CRM, "value"), (ERP, "billing_schedule"), (ERP, "revenue_schedule"), (PSA, "budget")):
            self.at += self.days(0.2, 3)
            self.say(system, f"{step}.updated", **changed, value=self.value, currency=self.currency)

    def bill(self, what: str, percent: int, **columns: str) -> None:
        """An invoice and its payment; at times voided and posted again, posted twice, paid and sent back."""
        name = f"INV-{self.number:03}-{what}"
        columns |= {"amount": f"{self.value * percent / 100:.2f}", "currency": self.currency}
        self.at += self.days(0.5, 4)
        self.say(PSA, "invoice.ready", contract=self.name, **columns)
        self.at += self.days(0.2, 6)
        if self.number in VOIDED:
            self.say(ERP, "invoice.posted", contract=self.name, invoice=f"{name}-0", record=f"{name}-0", **columns)
            self.at += self.days(1, 2)
            self.say(ERP, "invoice.voided", invoice=f"{name}-0", record=f"{name}-0")
        posted = columns | {"contract": self.name, "operation": f"bill:{name}"}
        self.say(ERP, "invoice.posted", invoice=name, record=name, **posted)
        if self.number in TWO_BILLS and what.endswith("1"):
            self.say(ERP, "invoice.posted", self.at + timedelta(minutes=9), invoice=f"{name}-2", **posted)
        self.say(ERP, "invoice.sent", self.at + timedelta(hours=5), invoice=name, record=name)
        paid = self.at + self.days(20, 60)
        payment = {"invoice": name, "payment": f"PAY-{name}", "record": f"PAY-{name}"}
        self.say(ERP, "payment.applied", paid, **payment, **columns)
        if self.number in SENT_BACK:
            self.say(ERP, "payment.reversed", paid + timedelta(days=4), **payment)
        else:
            self.say(ERP, "invoice.settled", paid, invoice=name, record=name)


def rows() -> list[Row]:
    """The log, in order of time; two rows come twice, and one event is told in two ways."""
    random = Random(SEED)  # noqa: S311 - a seed, so that the file can be made again
    made = [row for number in range(CONTRACTS) for row in Contract(number, random).story()]
    for lead in range(LEADS):
        at = stamp(END - timedelta(days=lead * 9 + 3))
        name = f"OPP-{900 + lead}"
        made.append({"system": CRM, "id": name, "type": "opportunity.committed", "time": at, "opportunity": name})
    lost = {"system": ERP, "id": "INV-999", "type": "invoice.posted", "time": stamp(END - timedelta(days=40))}
    made += [lost | {"invoice": "INV-999", "record": "INV-999"}, made[30] | {}, made[300] | {}]
    made.append(made[60] | {"time": stamp(datetime.fromisoformat(made[60]["time"]) + timedelta(hours=1))})
    return sorted(made, key=lambda row: (row["time"], row["system"], row["id"]))


def text() -> str:
    """The file's content."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows())
    return written.getvalue()


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
