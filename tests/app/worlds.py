"""Stores for pages to be tried on: empty, with one of everything, with many, and a stale one."""

from tests.app.memory import MemoryAsk, ago
from tests.app.rows import (
    STEPS,
    a_journey,
    a_process,
    a_sample,
    a_span,
    a_transaction,
    an_event,
    an_exception,
    kpis,
    spans_of_a_failure,
)


def one() -> MemoryAsk:
    """A store with one journey and one exception."""
    exception = an_exception()
    return MemoryAsk(
        processes=[a_process(journeys=1)],
        journeys=[
            a_journey(
                state="failed",
                state_reason=exception["reason"],
                exceptions=[exception["id"]],
                transactions=[a_transaction() | {"span_count": 2}],
            )
        ],
        exceptions=[exception],
        events=[an_event()],
        spans={a_transaction()["operation"]: spans_of_a_failure()},
        rows={
            "activation_latency": [a_sample(), a_sample(seconds=None)],
            "recovery_time": [a_span(), a_span(2, "running")],
            "exception_aging": [a_span(finished_at=None)],
        },
        kpis=kpis(),
        beat=2.0,
    )


def many(journeys: int = 60, exceptions: int = 40) -> MemoryAsk:
    """A store with more than a page of everything, and two processes."""
    states = ("failed", "running", "running", "done", "provisional", "ended", "late")
    kinds = ("failed", "failed", "duplicate", "unlinked", "premature", "failed", "link_conflict")
    severities = {
        "failed": "high",
        "duplicate": "high",
        "unlinked": "low",
        "premature": "medium",
        "link_conflict": "medium",
    }
    told = {"failed": "HTTP 400: Field 'Start date' is required", "unlinked": "none of its keys leads to a contract"}

    def journey_of(number: int) -> str | None:
        return None if kinds[number % 7] == "unlinked" else f"SOW-{2000 + number}"

    return MemoryAsk(
        processes=[a_process(journeys=journeys), a_process("order_to_cash", "Order to cash", 1)],
        journeys=[
            a_journey(
                f"SOW-{2000 + number}",
                states[number % 7],
                STEPS[number % 6]["name"],
                last_at=ago(days=number / 3),
                customer=f"C-{number % 9}",
            )
            for number in range(journeys)
        ]
        + [a_journey("4711", process="order_to_cash")],
        exceptions=[
            an_exception(
                number,
                kinds[number % 7],
                journey=journey_of(number),
                severity=severities[kinds[number % 7]],
                fingerprint=kinds[number % 7],
                reason=told.get(kinds[number % 7], "two records stand for the same milestone"),
                status="settled" if number % 9 == 8 else "open",
                settled_at=ago(hours=3) if number % 9 == 8 else None,
            )
            for number in range(1, exceptions + 1)
        ],
        events=[an_event(number) for number in range(1, 31)],
        rows={"activation_latency": [a_sample(f"SOW-{2000 + number}", 86_400.0 * number) for number in range(1, 31)]},
        kpis=kpis(),
        beat=2.0,
    )


def stale() -> MemoryAsk:
    """A store that has heard nothing for three days, and whose worker is gone."""
    return MemoryAsk(
        processes=[a_process(journeys=1)], journeys=[a_journey(last_at=ago(days=3))], kpis=kpis(), beat=720.0
    )


def empty() -> MemoryAsk:
    """A store that has heard nothing."""
    return MemoryAsk(processes=[a_process()], beat=2.0)
