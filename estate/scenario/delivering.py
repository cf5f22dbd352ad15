"""Staffing, activation and work: until something can be invoiced."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from estate.calendar import end_of, month_of, months_from, working
from estate.firm import FIXED_FEE, MANAGED, PEOPLE, TIME
from estate.happenings import Happening
from estate.scenario.book import Book
from estate.scenario.contract import Contract, Line, Ready
from estate.scenario.middleware import HandOver, Middleware

CENT = Decimal("0.01")


class Delivering:
    """Writes what the delivery organisation does."""

    def __init__(self, book: Book, middleware: Middleware) -> None:
        self._book = book
        self._middleware = middleware

    def staff(self, one: Contract, line: Line) -> datetime | None:
        """Resources on the line's project; when the first is assigned."""
        if line.project_at is None:
            return None
        since = max(line.project_at, one.active_at or line.project_at)
        times = [self._book.later(one.rng, since, 5, line.entity) for _ in range(one.rng.randint(1, 2))]
        for at in times:
            self._certinia("resource.assigned", at, one, "", **self.assignment(one, line, at))
        return min(times)

    def assignment(self, one: Contract, line: Line, at: datetime) -> dict[str, Any]:
        """A person on a project."""
        return {
            "assignment": self._book.ids.salesforce("a0A"),
            "project": line.project,
            "resource": one.rng.choice(PEOPLE),
            "role": "Consultant",
            "start_on": at.date(),
            "end_on": (at + timedelta(days=30.4 * one.months)).date(),
            "rate": Decimal(one.rng.randrange(110, 240, 5)),
            "currency": one.currency,
            "hours": Decimal(one.rng.randrange(80, 600, 20)),
        }

    def activate(self, one: Contract, line: Line, staffed: datetime) -> datetime | None:
        """The project goes live."""
        ready_at = self._book.later(one.rng, staffed, 2, line.entity)
        line.activated_at = self._middleware.hand_over(
            HandOver(
                "project-activation",
                one,
                ready_at,
                "certinia",
                lambda at: [
                    Happening(at, "certinia", "project.activated", one.number, line.name, {"project": line.project})
                ],
                subject_kind="line" if line.name else "",
                subject=line.name,
            )
        )
        return line.activated_at

    def work(self, one: Contract, line: Line) -> list[Ready]:
        """What is done and can be invoiced, oldest first."""
        if line.activated_at is None:
            return []
        return self._milestones(one, line) if line.kind == FIXED_FEE else self._periods(one, line)

    def _milestones(self, one: Contract, line: Line) -> list[Ready]:
        ready: list[Ready] = []
        assert line.activated_at is not None
        before = line.activated_at
        for number, milestone_id, due, amount in line.milestones:
            planned = datetime.combine(due, time(10), UTC) + timedelta(days=one.rng.gauss(2, 5) * self._book.pace)
            done = working(max(planned, before + timedelta(days=1)), line.entity.zone)
            if self._is_over(one, done):
                break
            self._certinia("milestone.completed", done, one, number, milestone_id=milestone_id, project=line.project)
            accepted = self._book.later(one.rng, done, 4, line.entity)
            if self._is_over(one, accepted):
                break
            self._certinia("milestone.accepted", accepted, one, number, milestone_id=milestone_id, project=line.project)
            ready.append(self._ready(one, line, accepted, amount, milestone=number))
            before = done
        return ready

    def _periods(self, one: Contract, line: Line) -> list[Ready]:
        assert line.activated_at is not None
        ready: list[Ready] = []
        amount = (line.amount / one.months).quantize(CENT)
        for month in months_from(line.activated_at.date(), max(1, round(one.months * max(self._book.pace, 0.5)))):
            closed = datetime.combine(end_of(month), time(17), UTC)
            if closed <= line.activated_at:
                continue
            if self._is_over(one, closed):
                break
            since = max(month, line.activated_at.date())
            approved = closed
            if line.kind in (TIME, MANAGED):
                approved = self._time(one, line, since, month)
            if line.kind == TIME and one.rng.random() < 0.25:
                approved = max(approved, self._expenses(one, line, month))
            ready.append(self._ready(one, line, approved, amount, period=month_of(month)))
        return ready

    def _time(self, one: Contract, line: Line, since: date, month: date) -> datetime:
        last = datetime.combine(since, time(12), UTC)
        ends = [day for day in (month + timedelta(days=13), end_of(month)) if day >= since]
        for day in ends:
            submitted = datetime.combine(day, time(16), UTC)
            approved = self._book.later(one.rng, submitted, 1.2, line.entity)
            self._certinia(
                "time.approved",
                approved,
                one,
                month_of(month),
                timecard=self._book.ids.salesforce("a1T"),
                project=line.project,
                period=month_of(month),
                resource=one.rng.choice(PEOPLE),
                week_end_on=day,
                hours=Decimal(one.rng.randrange(20, 82, 2)),
                submitted_at=submitted,
            )
            last = max(last, approved)
        return last

    def _expenses(self, one: Contract, line: Line, month: date) -> datetime:
        submitted = datetime.combine(end_of(month), time(15), UTC)
        approved = self._book.later(one.rng, submitted, 2, line.entity)
        self._certinia(
            "expense.approved",
            approved,
            one,
            month_of(month),
            report=self._book.ids.salesforce("a0E"),
            project=line.project,
            period=month_of(month),
            resource=one.rng.choice(PEOPLE),
            amount=Decimal(one.rng.randrange(100, 2400)),
            currency=one.currency,
            submitted_at=submitted,
        )
        return approved

    def correct_time(self, one: Contract, line: Line, period: str, at: datetime) -> None:
        """Hours of an invoiced period are taken back and approved once more."""
        last = next(
            (
                happening
                for happening in reversed(self._book.happenings)
                if happening.what == "time.approved"
                and happening.subject == period
                and happening.data["project"] == line.project
            ),
            None,
        )
        if last is None:
            return
        back = self._book.later(one.rng, at, 4, line.entity)
        card = last.data["timecard"]
        self._certinia("time.rejected", back, one, period, timecard=card, project=line.project, period=period)
        again = self._book.later(one.rng, back + timedelta(hours=2), 1, line.entity)
        data = {**last.data, "hours": last.data["hours"] - 1}
        self._certinia("time.approved", again, one, period, **data)
        self._book.looks_like("late_time_correction", one.number, again)

    def _ready(
        self, one: Contract, line: Line, after: datetime, amount: Decimal, *, milestone: str = "", period: str = ""
    ) -> Ready:
        at = self._book.later(one.rng, after, 1.5, line.entity)
        event = self._book.ids.salesforce("a0V")
        self._certinia(
            "invoice.ready",
            at,
            one,
            milestone or period,
            event=event,
            project=line.project,
            milestone=milestone or None,
            period=period or None,
            amount=amount,
            currency=one.currency,
        )
        return Ready(at, line, event, amount, milestone, period)

    def _is_over(self, one: Contract, at: datetime) -> bool:
        return at > self._book.horizon or (one.ended_at is not None and at >= one.ended_at)

    def _certinia(self, what: str, at: datetime, one: Contract, subject: str, **data: Any) -> None:
        self._book.put("certinia", what, at, one.number, subject, **data)
