"""Rows as the store answers them, for pages to be tried on."""

from datetime import UTC, datetime, timedelta

from app.ask import Row
from tests.app.memory import NOW, ago

STEPS = [
    {"name": "contract.signed", "title": "Contract signed", "phase": "contract", "main": True},
    {"name": "customer.created", "title": "Customer created", "phase": "set up", "main": False},
    {"name": "project.created", "title": "Project created", "phase": "set up", "main": True},
    {"name": "project.activated", "title": "Project activated", "phase": "staff", "main": True},
    {"name": "invoice.posted", "title": "Invoice posted", "phase": "bill", "main": True},
    {"name": "payment.applied", "title": "Payment applied", "phase": "cash", "main": True},
]


def a_point(step: str, **changed: str) -> Row:
    return {"step": step, "pick": "first", "at": "happened", "lines": "any", "unless": "", "title": "", **changed}


def a_figure(name: str, kind: str = "duration", title: str = "", **changed: object) -> Row:
    points = {"from": a_point("contract.signed"), "to": a_point("project.activated", lines="all")}
    ends = points if kind == "duration" else {"from": None, "to": None}
    return {"name": name, "kind": kind, "title": title, "per": "", "negative": "omit", **ends, **changed}


def a_process(name: str = "contract_to_cash", title: str = "Contract to cash", journeys: int = 0) -> Row:
    figures = [
        a_figure("activation_latency", title="Signature to activation"),
        a_figure("recovery_time", "recovery_time", "Exception opened to settled"),
        a_figure("exception_aging", "exception_aging", "Age of open exceptions"),
    ]
    return {"name": name, "title": title, "journeys": journeys, "steps": STEPS, "figures": figures}


def a_step(step: str, at: datetime | None, **changed: object) -> Row:
    row = {
        "step": step,
        "subject": "",
        "first_at": at,
        "last_at": at,
        "due_at": None,
        "evidence": "observed",
        "system": "ironclad-emea",
        "withdrawn_at": None,
        "withdrawn_by": None,
    }
    return row | changed


def a_journey(key: str = "SOW-2041", state: str = "running", step: str = "project.created", **changed: object) -> Row:
    row = {
        "key": key,
        "contract": key,
        "process": "contract_to_cash",
        "customer": "C-77",
        "entity": "DE01",
        "region": "EMEA",
        "practice": "Cloud",
        "contract_type": "fixed_fee",
        "value": {"amount": "120000.00", "currency": "EUR"},
        "lines": [],
        "step": step,
        "state": state,
        "state_reason": "",
        "first_at": ago(days=40),
        "last_at": ago(hours=5),
        "related": [],
        "steps": [
            a_step("contract.signed", ago(days=40)),
            a_step("customer.created", None, evidence="inferred", system=None),
            a_step("project.created", ago(days=38), system="certinia", last_at=ago(hours=5)),
            a_step(
                "invoice.posted",
                None,
                subject="INV-9",
                evidence="unknown",
                system="netsuite-us",
                withdrawn_at=ago(days=2),
                withdrawn_by="invoice.voided",
            ),
        ],
        "amendments": [],
        "exceptions": [],
        "money_at_risk": None,
        "keys": [
            {"system": "", "keys": [{"kind": "contract", "value": key, "class": "journey"}]},
            {"system": "certinia", "keys": [{"kind": "project", "value": f"P-{key[-4:]}", "class": "owned"}]},
        ],
        "transactions": [],
        "terms": {"payment_terms": {"agreed": "NET30", "held": {"ironclad-emea": "NET30", "netsuite-us": "NET45"}}},
    }
    return row | changed


def a_transaction(operation: str = "create-project/SOW-2041") -> Row:
    def attempt(number: int, at: datetime, outcome: str, said: str | None = None) -> Row:
        return {
            "attempt": number,
            "transaction": f"T-{number}",
            "at": at,
            "outcome": outcome,
            "error_class": "HTTP 400" if said else None,
            "error_message": said,
        }

    said = "Field 'Start date' is required [project: SOW-2041]"
    return {
        "id": "T-1",
        "operation": operation,
        "contract": "SOW-2041",
        "flow": "sow-to-project",
        "source_system": "ironclad-emea",
        "target_system": "certinia",
        "state": "failed",
        "attempts": [attempt(1, ago(days=3), "failed", said), attempt(2, ago(days=2), "failed", said)],
        "payload": {"contract": "SOW-2041", "email": "***"},
        "span_count": 0,
    }


def a_reported_span(
    name: str, after: float, seconds: float = 1.0, *, trace: str = "1", parent: str | None = None, **changed: object
) -> Row:
    """A span that is known by its name, so many seconds after the first."""
    began = ago(days=3) + timedelta(seconds=after)
    row = {
        "trace_id": trace, "span_id": name, "parent_id": parent, "name": name, "service": "boomi", "kind": "internal",
        "status": "unset", "status_message": "", "started_at": began, "ended_at": began + timedelta(seconds=seconds),
        "contract": None, "transaction": None, "operation": None, "attempt": None, "attributes": {},
        "dropped_attributes_count": 0,
    }  # fmt: skip
    return row | changed


def spans_of_a_failure() -> list[Row]:
    """Two attempts of an operation: the flow, and the call in it that failed."""
    said = {"status": "error", "status_message": "HTTP 400: Field 'Start date' is required"}
    found: list[Row] = []
    for number in (1, 2):
        begun = (number - 1) * 86_400
        trace = str(number)
        found += [
            a_reported_span(f"flow {number}", begun, 2.15, trace=trace, attempt=number, **said),
            a_reported_span(f"POST {number}", begun + 0.6, 1.4, trace=trace, parent=f"flow {number}", **said),
            a_reported_span(f"map {number}", begun + 0.2, 0.035, trace=trace, parent=f"flow {number}"),
        ]
    return found


def an_exception(number: int = 1, kind: str = "failed", **changed: object) -> Row:
    opened = ago(days=number, hours=2)
    row = {
        "id": f"exc_{number:024d}",
        "kind": kind,
        "contract": "SOW-2041",
        "journey": "SOW-2041",
        "process": "contract_to_cash",
        "step": "project.created",
        "subject": "",
        "system": "certinia",
        "transaction": "T-1",
        "operation": "create-project/SOW-2041",
        "reason": "HTTP 400: Field 'Start date' is required [project: SOW-2041]",
        "fingerprint": "f00d",
        "severity": "high",
        "status": "open",
        "owner": None,
        "assignee": None,
        "opened_at": opened,
        "due_at": None,
        "settled_at": None,
        "settled_by": None,
        "reopened_count": 0,
        "age_seconds": (NOW - opened).total_seconds(),
        "money_at_risk": None,
        "cost_per_day": None,
        "also_blocks": [],
        "anchor": ["create-project/SOW-2041"],
        "transaction_row": a_transaction(),
        "events": [],
    }
    return row | changed


def an_action(**changed: object) -> Row:
    row = {
        "id": "act_1",
        "kind": "replay",
        "exception": f"exc_{1:024d}",
        "contract": "SOW-2041",
        "transaction": "T-1",
        "operation": "create-project/SOW-2041",
        "parent": None,
        "system": "boomi",
        "target_system": "certinia",
        "status": "sent",
        "counts": {"sent": 1},
        "requested_by": "ana",
        "approved_by": None,
        "reason": "the start date is there now",
        "idempotency_key": "create-project/SOW-2041#0",
        "attempts": [],
        "result": {"told": "boomi took it", "at": ago(hours=1).isoformat()},
        "effect": None,
        "requested_at": ago(hours=2),
        "sent_at": ago(hours=1),
        "closed_at": None,
    }
    return row | changed


def a_plan(**changed: object) -> Row:
    row = {
        "kind": "replay",
        "exception": f"exc_{1:024d}",
        "journey": "SOW-2041",
        "contract": "SOW-2041",
        "transaction": "T-1",
        "operation": "create-project/SOW-2041",
        "flow": "project-sync",
        "system": "boomi",
        "target_system": "certinia",
        "idempotency_key": "create-project/SOW-2041#0",
        "refusals": (),
        "standing": (),
        "blocked_by": (),
        "open_action": None,
        "product": {"is_possible": True, "told": "RerunDocument of gcr-1 of execution-7", "standing": ""},
        "value": {"amount": "120000.00", "currency": "EUR"},
        "count": 1,
        "is_allowed": True,
    }
    return row | changed


def an_event(number: int = 1, **changed: object) -> Row:
    at = ago(days=40 - number)
    row = {
        "at": at,
        "source": "ironclad-emea",
        "id": f"rec_{number}@v1",
        "type": "contract.signed",
        "subject": "SOW-2041",
        "recorded_at": None,
        "observed_at": at,
        "record": f"rec_{number}",
        "sequence": None,
        "retracts": False,
        "keys": {"contract": ["SOW-2041"]},
        "attributes": {"value": "120000", "currency": "EUR"},
    }
    return row | changed


def a_kpi(name: str, p50: float | None, month: int = 0, **changed: object) -> Row:
    period = None
    if month:
        period = {"from": datetime(2026, month, 1, tzinfo=UTC), "to": datetime(2026, month + 1, 1, tzinfo=UTC)}
    row = {
        "name": name,
        "unit": "seconds",
        "group": {},
        "period": period,
        "finished": 34,
        "running": 12,
        "omitted": 2,
        "value": p50,
        "p50": p50,
        "p90": p50 and p50 * 3,
        "target": None,
        "previous": p50 and p50 * 0.8,
        "as_of": NOW,
    }
    return row | changed


def a_sample(key: str = "SOW-2041", seconds: float | None = 466_560.0, **changed: object) -> Row:
    started = ago(days=40)
    row = {
        "key": key,
        "contract": key,
        "process": "contract_to_cash",
        "state": "running",
        "subject": "",
        "customer": "C-77",
        "entity": "DE01",
        "region": "EMEA",
        "practice": "Cloud",
        "contract_type": "fixed_fee",
        "started_at": started,
        "finished_at": None if seconds is None else started + timedelta(seconds=seconds),
        "seconds": seconds,
        "part": "running" if seconds is None else "finished",
    }
    return row | changed


def a_span(number: int = 1, part: str = "finished", **changed: object) -> Row:
    exception = an_exception(number)
    names = ("id", "kind", "contract", "journey", "process", "system", "owner", "severity")
    row = {name: exception[name] for name in names} | {
        "customer": "C-77",
        "entity": "DE01",
        "region": "EMEA",
        "practice": "Cloud",
        "contract_type": "fixed_fee",
        "part": part,
        "started_at": exception["opened_at"],
        "finished_at": NOW if part == "finished" else None,
        "seconds": exception["age_seconds"] if part == "finished" else None,
    }
    return row | changed


def kpis() -> list[Row]:
    day = 86_400.0
    return [
        a_kpi("activation_latency", 5.4 * day, target=5 * day),
        a_kpi("recovery_time", 0.9 * day, previous=1.4 * day),
        a_kpi("exception_aging", 3.1 * day, finished=40, running=0, omitted=0, previous=None),
        *(a_kpi("activation_latency", (3 + month) * day, month) for month in (1, 2, 3)),
        *(a_kpi("recovery_time", (1 / month) * day, month) for month in (1, 2, 3)),
    ]


def a_stream(stream: str = "invoices", **parts) -> Row:
    """A stream that was read a moment ago."""
    return {
        "stream": stream,
        "cursor": {"newest": "2026-03-20T08:58:00+00:00"},
        "watermark": ago(minutes=2),
        "last_success_at": ago(seconds=20),
        "lag_seconds": 120.0,
        "blind_since": None,
        "last_error": None,
        "last_error_at": None,
        "next_poll_at": NOW,
        "watch_from": None,
        "quarantined": 0,
        "read_seconds": 20.0,
    } | parts


def a_system(name: str = "netsuite", *streams: Row, product: str = "netsuite", role: str | None = "erp") -> Row:
    """A system with its streams."""
    return {"name": name, "product": product, "role": role, "streams": list(streams)}
