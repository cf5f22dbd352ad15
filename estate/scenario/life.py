"""The whole life of one contract, or of two that belong together."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from estate.firm import FIXED_FEE
from estate.happenings import Happening
from estate.scenario.billing import Billing
from estate.scenario.book import Book
from estate.scenario.changing import END, RATE, STAFF, VALUE, Changing
from estate.scenario.contract import Contract, Ready
from estate.scenario.delivering import Delivering
from estate.scenario.middleware import HandOver, Middleware
from estate.scenario.selling import Selling
from estate.scenario.setting_up import SettingUp

_FIELDS = ((VALUE,), (VALUE, END), (RATE,), (STAFF,), (VALUE, STAFF))


class Life:
    """Lets contracts live, from opportunity to cash."""

    def __init__(self, book: Book, middleware: Middleware) -> None:
        self._book = book
        self._middleware = middleware
        self._selling = Selling(book)
        self._setting_up = SettingUp(book, middleware)
        self._delivering = Delivering(book, middleware)
        self._billing = Billing(book, middleware)
        self._changing = Changing(book, middleware, self._selling, self._delivering)

    def live(self, one: Contract) -> None:
        """A contract by itself, or the first of a pair with the second."""
        active_at = self.agree(one)
        if active_at is None:
            return
        if one.tells("shared_project") and one.partner:
            self._share(one, one.partner, active_at)
            return
        self._set_up(one, active_at)
        self._start(one)
        if one.tells("superseded") and one.partner:
            self._supersede(one, one.partner)
        ready = self._work(one)
        if one.tells("consolidated_invoice") and one.partner:
            other = one.partner
            active_at = self.agree(other)
            assert active_at is not None
            self._set_up(other, active_at)
            self._start(other)
            self._consolidate(one, ready, other, self._work(other))
            return
        self._cash(one, ready)

    def agree(self, one: Contract) -> datetime | None:
        """From opportunity to the active contract; None where it is lost."""
        drafted = self._selling.opportunity(one)
        self._selling.draft(one, drafted)
        if one.tells("lost"):
            self._selling.lose(one, drafted)
            return None
        if one.tells("at_risk_start", "early_project", "early_invoice"):
            self._start_early(one, drafted)
        approved = self._selling.approve(one, drafted, one.workflow)
        active_at = self._selling.sign(one, approved)
        if one.tells("conflict") and one.partner and one.signed_at:
            self._conflict(one, one.partner)
        return active_at

    def _start_early(self, one: Contract, drafted: datetime) -> None:
        line = one.lines[0]
        at = drafted + timedelta(hours=one.rng.randint(1, 5), minutes=7)
        self._setting_up.early(one, line, at, with_job=one.tells("early_invoice"))
        if one.tells("at_risk_start"):
            line.activated_at = at + timedelta(hours=4)
            self._book.put(
                "certinia", "project.activated", line.activated_at, one.number, line.name, project=line.project
            )
            return
        self._book.plant(
            "premature", one.number, "certinia", at, "project.created", subject=line.name, step="project.created"
        )
        if one.tells("early_invoice"):
            self._billing.advance(one, at + timedelta(hours=5))

    def _conflict(self, one: Contract, other: Contract) -> None:
        """The record of this contract names the other's opportunity, which the other's record names too."""
        assert one.signed_at is not None
        # The other claims it from the day on which it was won with that contract's number on it.
        claimed_at = max(one.signed_at, other.committed_at or one.signed_at)
        least = min(one.number, other.number)
        self._book.plant("link_conflict", least, "ironclad", claimed_at, f"{one.number}+{other.number}")

    def _set_up(self, one: Contract, active_at: datetime) -> None:
        for line in one.lines:
            self._setting_up.line(one, line, active_at)
        if one.tells("project_recreated"):
            self._setting_up.again(one, one.lines[0])
        for line in one.lines:
            self._setting_up.schedules(one, line)
            if line.kind == FIXED_FEE:
                self._setting_up.milestones(one, line)
        if one.tells("intercompany"):
            self._setting_up.mirror(one, one.lines[0])
        if one.tells("two_entities") and all(line.job_at for line in one.lines):
            since = max(line.job_at for line in one.lines if line.job_at)
            self._book.looks_like("two_entities", one.number, since + timedelta(hours=1))

    def _start(self, one: Contract) -> None:
        for line in one.lines:
            staffed = self._delivering.staff(one, line)
            if staffed is not None and line.activated_at is None:
                if one.tells("amendment_before_activation"):
                    signed = self._changing.amend(one, self._after_active(one, 1), (VALUE,))
                    self._book.looks_like("amendment_before_activation", one.number, signed)
                    staffed = max(staffed, signed)
                self._delivering.activate(one, line, staffed)
        if one.tells("at_risk_start") and one.signed_at and one.active_at:
            self._book.looks_like("at_risk_start", one.number, one.active_at)
        started = [line.activated_at for line in one.lines if line.activated_at]
        if started and all(line.job_at for line in one.lines) and not one.tells("conflict", "claimed"):
            self._tell_crm(one, max(*started, one.active_at or started[0]), "Active", ":active")

    def _after_active(self, one: Contract, days: float) -> datetime:
        assert one.active_at is not None
        return self._book.later(one.rng, one.active_at, days, one.entity)

    def _work(self, one: Contract) -> list[Ready]:
        started = [line.activated_at for line in one.lines if line.activated_at]
        if not started:
            return []
        self._change(one, max(started))
        if one.tells("terminated"):
            self._terminate(one, max(started))
        ready = [one_ready for line in one.lines for one_ready in self._delivering.work(one, line)]
        return sorted(ready, key=lambda found: found.at)

    def _change(self, one: Contract, started: datetime) -> None:
        at = self._book.later(one.rng, started, 25, one.entity)
        if one.tells("no_cost_amendment"):
            self._book.looks_like("no_cost_amendment", one.number, self._changing.amend(one, at, ()))
        elif one.tells("future_amendment"):
            at = max(started, self._book.start - timedelta(days=one.rng.randint(18, 40)))
            effective_on = (self._book.start + timedelta(days=one.rng.randint(25, 80))).date()
            signed = self._changing.amend(one, at, (VALUE,), effective_on=effective_on)
            self._book.looks_like("future_amendment", one.number, signed)
        elif one.tells("amended"):
            self._changing.amend(one, at, (VALUE,))
        elif one.tells("stuck"):
            self._changing.amend(one, at, (VALUE, RATE))
        elif one.story is None and one.rng.random() < 0.3:
            if one.rng.random() < 0.1:
                self._changing.reject(one, at)
            else:
                self._changing.amend(one, at, one.rng.choice(_FIELDS))

    def _terminate(self, one: Contract, started: datetime) -> None:
        at = self._book.later(one.rng, started, 45, one.entity)
        one.ended_at = at
        self._book.put("ironclad", "contract.terminated", at, one.number, record=one.record)
        self._book.looks_like("terminated", one.number, at)

    def _supersede(self, one: Contract, successor: Contract) -> None:
        started = max((line.activated_at for line in one.lines if line.activated_at), default=one.active_at)
        assert started is not None
        successor.goal = started + timedelta(days=60 * self._book.pace)
        active_at = self.agree(successor)
        assert active_at is not None
        at = self._book.later(one.rng, active_at, 1, one.entity)
        one.ended_at = at
        self._book.put("ironclad", "contract.superseded", at, one.number, record=one.record, by=successor.number)
        self._book.looks_like("superseded", one.number, at)
        self._set_up(successor, active_at)
        self._start(successor)
        self._cash(successor, self._work(successor))

    def _cash(self, one: Contract, ready: list[Ready]) -> None:
        settled: list[datetime] = []
        held = Decimal(0)
        is_whole = bool(ready)
        for index, found in enumerate(ready):
            at = self._billing.bill(one, found, is_first=index == 0)
            held += found.amount - self._billing.net(one, found)
            if at is None:
                is_whole = False
            else:
                settled.append(at)
        if ready and one.tells("late_time_correction"):
            self._delivering.correct_time(one, ready[0].line, ready[0].period, ready[0].at + timedelta(days=4))
        if not settled:
            return
        if held and is_whole:
            released = self._billing.release(one, held, settled[-1])
            settled += [released] if released else []
        if is_whole:
            self._close(one, max(settled))

    def _close(self, one: Contract, after: datetime) -> None:
        at = self._book.later(one.rng, after, 6, one.entity)
        for line in one.lines:
            if line.project_at is not None:
                self._book.put("certinia", "project.closed", at, one.number, line.name, project=line.project)
        if not one.tells("conflict", "claimed", "handed_over"):
            self._tell_crm(one, at, "Closed", ":closed")

    def _tell_crm(self, one: Contract, ready_at: datetime, status: str, tag: str) -> None:
        def effect(at: datetime) -> list[Happening]:
            data = {"opportunity": one.opportunity, "status": status}
            return [Happening(at, "salesforce", "crm.status_synced", one.number, "", data)]

        self._middleware.hand_over(HandOver("crm-status-sync", one, ready_at, "salesforce", effect, tag=tag))

    def _share(self, one: Contract, other: Contract, active_at: datetime) -> None:
        """Two contracts in one project and one job; what is billed names both."""
        other_active = self.agree(other)
        assert other_active is not None
        ready_at = max(active_at, other_active)
        both = ";".join(sorted((one.number, other.number)))
        line = one.lines[0]
        for target, make in (("netsuite", self._setting_up.job), ("certinia", self._setting_up.project)):
            at = self._middleware.hand_over(
                HandOver(
                    "project-sync",
                    one,
                    ready_at,
                    target,
                    lambda at, make=make: [make(one, line, at, both)],  # type: ignore[misc]
                )
            )
            assert at is not None
            line.job_at, line.project_at = (at, line.project_at) if target == "netsuite" else (line.job_at, at)
        assert line.project_at is not None
        self._book.looks_like("shared_project", one.number, line.project_at)
        self._book.looks_like("shared_project", other.number, line.project_at)
        started = self._delivering.activate(one, line, line.project_at)
        for index in range(min(one.months, 6)):
            assert started is not None
            at = started + timedelta(days=30 * (index + 1) * self._book.pace)
            lines = [
                {"job": line.job, "contract_no": who.number, "line": "", "amount": _monthly(who)}
                for who in (one, other)
            ]
            self._billing.follow(one, self._billing.together(one, f"{both}:{index + 1}", lines, at))

    def _consolidate(self, one: Contract, ready: list[Ready], other: Contract, others: list[Ready]) -> None:
        """Periods that both have are one invoice; the others are invoiced by themselves."""
        theirs = {found.period: found for found in others}
        alone: list[tuple[Contract, Ready]] = []
        for found in ready:
            partner = theirs.pop(found.period, None)
            if partner is None:
                alone.append((one, found))
                continue
            lines = [
                {
                    "job": what.line.job,
                    "contract_no": who.number,
                    "line": what.line.name,
                    "period": what.period,
                    "amount": what.amount,
                }
                for who, what in ((one, found), (other, partner))
            ]
            operation = f"{one.customer.number}:{one.number}+{other.number}:{found.period}"
            invoice = self._billing.together(one, operation, lines, max(found.at, partner.at))
            self._billing.follow(one, invoice)
            self._billing.tell_psa(one, found, invoice)
            self._billing.tell_psa(other, partner, invoice)
            for who in (one, other):
                self._book.looks_like("consolidated_invoice", who.number, invoice.at)
        alone += [(other, found) for found in theirs.values()]
        for who, found in alone:
            self._billing.bill(who, found, is_first=False)


def _monthly(one: Contract) -> Decimal:
    return (one.value / one.months).quantize(Decimal("0.01"))
