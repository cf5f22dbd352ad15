"""Project, job, rate card and schedules: what a signed contract needs before anybody works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from estate.calendar import months_from
from estate.firm import FIXED_FEE
from estate.happenings import Happening
from estate.scenario.book import Book
from estate.scenario.contract import Contract, Line
from estate.scenario.middleware import HandOver, Middleware
from estate.scenario.selling import project_name

CENT = Decimal("0.01")


class SettingUp:
    """Writes how projects, jobs and schedules come about."""

    def __init__(self, book: Book, middleware: Middleware) -> None:
        self._book = book
        self._middleware = middleware

    def line(self, one: Contract, line: Line, ready_at: datetime) -> None:
        """The job and the project of a line, by two hand-overs."""
        if line.job_at is None:
            line.job_at = self._sync(one, line, ready_at, target="netsuite", make=self.job)
        if line.project_at is None:
            line.project_at = self._sync(one, line, ready_at, target="certinia", make=self.project)

    def again(self, one: Contract, line: Line) -> None:
        """Both were set up wrongly: cancelled, and made once more."""
        if line.job_at is None or line.project_at is None:
            return
        at = self._book.later(one.rng, max(line.job_at, line.project_at), 1.5, one.entity)
        self._book.put("certinia", "project.cancelled", at, one.number, line.name, project=line.project)
        erp_at = at + timedelta(minutes=one.rng.randint(10, 90))
        self._book.put("netsuite", "project.cancelled", erp_at, one.number, line.name, job=line.job)
        line.job_at = self._sync(one, line, erp_at, target="netsuite", make=self.job, tag=":2")
        line.project_at = self._sync(one, line, erp_at, target="certinia", make=self.project, tag=":2")
        self._book.looks_like("project_recreated", one.number, max(line.job_at or erp_at, line.project_at or erp_at))

    def early(self, one: Contract, line: Line, at: datetime, *, with_job: bool) -> None:
        """A project before signature, made by hand."""
        self._book.add(self.project(one, line, at))
        line.project_at = at
        if with_job:
            line.job_at = at + timedelta(hours=2)
            self._book.add(self.job(one, line, line.job_at))

    def schedules(self, one: Contract, line: Line) -> None:
        """Rate card, billing schedule and revenue schedule on the job."""
        if line.job_at is None:
            return
        if line.kind != FIXED_FEE or one.rng.random() < 0.3:
            self._on_job(
                "rate-card-sync", "rate_card.synced", one, line, {"rate_card": one.rate_card, "amendment": None}
            )
        line.schedule = self._book.ids.netsuite("schedule")
        total = line.amount
        if one.tells("wrong"):
            total = (total * Decimal("0.9")).quantize(CENT)
            self._book.plant("different", one.number, "netsuite", line.job_at, "schedule_total", subject=line.name)
        data = {"schedule": line.schedule, "frequency": one.billing_frequency, "total": total, "currency": one.currency}
        line.scheduled_at = self._on_job("billing-schedule-sync", "billing_schedule.created", one, line, data)
        revenue = {"schedule": self._book.ids.netsuite("revenue")}
        self._on_job("revenue-schedule-sync", "revenue_schedule.created", one, line, revenue)

    def milestones(self, one: Contract, line: Line) -> None:
        """Milestones of a fixed-fee line: obligations in the CLM, rows in the PSA."""
        assert one.signed_at is not None
        count = max(2, min(4, one.months // 2))
        part = (line.amount / count).quantize(CENT)
        prefix = len([known for other in one.lines for known in other.milestones])
        step = timedelta(days=30.4 * one.months * self._book.pace / (count + 0.5))
        for index in range(count):
            amount = part if index < count - 1 else line.amount - part * (count - 1)
            number = f"{one.number}-M{prefix + index + 1:02}"
            due = ((line.project_at or one.signed_at) + step * (index + 1)).date()
            line.milestones.append((number, self._book.ids.salesforce("a1M"), due, amount))
            self._milestone(one, line, index)

    def mirror(self, one: Contract, line: Line) -> None:
        """The project of the entity that delivers for another, and what the two invoice each other."""
        if line.project_at is None or line.job_at is None:
            return
        at = self._book.later(one.rng, max(line.project_at, line.job_at), 1, one.entity)
        project, job_no = line.project, line.job
        origin = self.project(one, line, at)
        data = {key: value for key, value in origin.data.items() if key not in ("at_risk_authorised_by", "manager")}
        data.update(
            project=self._book.ids.salesforce("a0X"), budget=self._book.ids.salesforce("a0B"), mirror_of=project
        )
        data.pop("opportunity")
        self._book.put("certinia", "mirror.project", at, one.number, **{**data, "entity": _other(one)})
        job = dict(self.job(one, line, at).data)
        job.update(job=self._book.ids.netsuite("job"), entity=_other(one))
        line.project, line.job = project, job_no  # the line stays with the projects of its own entity
        self._book.put("netsuite", "mirror.project", at + timedelta(minutes=30), one.number, **job)
        self._intercompany(one, job, self._book.later(one.rng, at, 20, one.entity))

    def project(self, one: Contract, line: Line, at: datetime, contract_no: str | None = None) -> Happening:
        """The PSA's project of a line, made then."""
        line.project = self._book.ids.salesforce("a0X")
        data = self._planned(one, line, at, contract_no)
        data.update(
            project=line.project,
            number=self._book.ids.numbered("psa", "P-{:05}"),
            account=one.customer.account,
            opportunity=one.opportunity,
            bookings=line.amount,
            budget=self._book.ids.salesforce("a0B"),
            at_risk_authorised_by=one.at_risk_by,
            manager="Ana Moreau",
        )
        return Happening(at, "certinia", "project.created", one.number, line.name, data)

    def job(self, one: Contract, line: Line, at: datetime, contract_no: str | None = None) -> Happening:
        """The ERP's job of a line, made then."""
        line.job = self._book.ids.netsuite("job")
        data = self._planned(one, line, at, contract_no)
        data.update(
            job=line.job, number=self._book.ids.numbered("erp", "J-{:05}"), customer_id=one.customer.customer_id
        )
        return Happening(at, "netsuite", "project.created", one.number, line.name, data)

    def _planned(self, one: Contract, line: Line, at: datetime, contract_no: str | None) -> dict[str, Any]:
        return {
            "name": project_name(one),
            "contract_no": contract_no or one.number,
            "line": line.name,
            "entity": line.entity.code,
            "currency": one.currency,
            "start_on": at.date(),
            "end_on": months_from(at.date(), one.months + 1)[-1],
        }

    def _sync(
        self,
        one: Contract,
        line: Line,
        ready_at: datetime,
        *,
        target: str,
        make: Callable[[Contract, Line, datetime], Happening],
        tag: str = "",
    ) -> datetime | None:
        return self._middleware.hand_over(
            HandOver(
                "project-sync",
                one,
                ready_at,
                target,
                lambda at: [make(one, line, at)],
                subject_kind="line" if line.name else "",
                subject=line.name,
                tag=tag,
            )
        )

    def _on_job(self, flow: str, what: str, one: Contract, line: Line, data: dict[str, Any]) -> datetime | None:
        assert line.job_at is not None
        return self._middleware.hand_over(
            HandOver(
                flow,
                one,
                line.job_at,
                "netsuite",
                lambda at: [Happening(at, "netsuite", what, one.number, line.name, {"job": line.job, **data})],
                subject_kind="line" if line.name else "",
                subject=line.name,
            )
        )

    def _milestone(self, one: Contract, line: Line, index: int) -> None:
        assert one.active_at is not None
        number, milestone_id, due, amount = line.milestones[index]
        obligation = self._book.ids.uuid()
        name = f"Milestone {number[-2:]}"
        self._book.put(
            "ironclad",
            "obligation.recorded",
            one.active_at + timedelta(minutes=5),
            one.number,
            number,
            obligation=obligation,
            readable=self._book.ids.numbered("obligation", "OB-{}"),
            record=one.record,
            contract_no=one.number,
            milestone=number,
            due_on=due,
            amount=amount,
            currency=one.currency,
            name=name,
        )
        if line.project_at is None:
            return
        self._book.put(
            "certinia",
            "milestone.planned",
            line.project_at + timedelta(minutes=2),
            one.number,
            number,
            milestone_id=milestone_id,
            project=line.project,
            milestone=number,
            name=name,
            target_on=due,
            amount=amount,
            currency=one.currency,
        )
        if one.tells("milestone_moved") and index == 0:
            self._move(one, line, obligation)

    def _move(self, one: Contract, line: Line, obligation: str) -> None:
        assert line.project_at is not None
        number, milestone_id, due, amount = line.milestones[0]
        at = self._book.later(one.rng, line.project_at, 4, one.entity)
        later = due + timedelta(days=round(25 * self._book.pace))
        self._book.put(
            "certinia", "milestone.moved", at, one.number, number, milestone_id=milestone_id, target_on=later
        )
        self._book.put("ironclad", "obligation.moved", at, one.number, number, obligation=obligation, due_on=later)
        line.milestones[0] = (number, milestone_id, later, amount)
        self._book.looks_like("milestone_moved", one.number, at)

    def _intercompany(self, one: Contract, job: dict[str, Any], at: datetime) -> None:
        amount = (one.value * Decimal("0.3")).quantize(CENT)
        number = self._book.ids.invoice_number()
        self._book.put(
            "netsuite",
            "invoice.posted",
            at,
            one.number,
            number,
            invoice=self._book.ids.netsuite("transaction"),
            number=number,
            customer_id=one.customer.customer_id,
            entity=job["entity"],
            currency=one.currency,
            total=amount,
            due_on=(at + timedelta(days=30)).date(),
            terms="NET30",
            operation=f"{one.number}:INTERCOMPANY",
            milestone=None,
            period=None,
            retainage=None,
            intercompany=True,
            lines=[{"job": job["job"], "contract_no": one.number, "line": "", "amount": amount}],
        )
        self._book.looks_like("intercompany", one.number, at)


def _other(one: Contract) -> str:
    """The entity that delivers for the one that signed."""
    return {"US01": "DE01", "DE01": "SG01", "SG01": "US01"}[one.entity.code]
