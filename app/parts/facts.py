"""What is known of one journey or exception, as names and values for people. Pure functions; values are Markdown."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.parts import marks, units
from app.parts.story import step_title
from models.wording import UNSETTLED

Row = Mapping[str, Any]

DIMENSIONS = ("entity", "region", "practice", "contract_type")


def of_journey(row: Row, process: Row, titles: Mapping[str, str], now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """A journey in a line of facts: process, step, customer, value, dimensions that are known, first and last event."""
    told = {
        "Process": process["title"] or process["name"],
        "Reached": step_title(row["step"], titles),
        "Contract": row["contract"] if row["contract"] != row["key"] else None,
        "Customer": row["customer"],
        "Value": units.money(row["value"]),
        "Money at risk": units.money(row["money_at_risk"]),
        **{marks.words(name).capitalize(): row[name] for name in DIMENSIONS},
        "First event": f"{units.day(row['first_at'], zone)}, {units.age(row['first_at'], now)}",
        "Last event": f"{units.day(row['last_at'], zone)}, {units.age(row['last_at'], now)}",
    }
    return {name: marks.plain(value) for name, value in told.items() if value}


def of_exception(row: Row, titles: Mapping[str, str], now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """An exception in facts; what does not apply is left out, unknown money is called unknown."""
    told = {
        "Contract": row["contract"],
        "Step": step_title(row["step"], titles) if row["step"] else None,
        "Concerns": row["subject"],
        "System": row["system"],
        "Transaction": row["transaction"],
        "Opened": f"{units.instant(row['opened_at'], zone)}, {units.age(row['opened_at'], now)}",
        "Due": units.instant(row["due_at"], zone) if row["due_at"] else None,
        "Settled": f"{units.instant(row['settled_at'], zone)}: {row['settled_by']}" if row["settled_at"] else None,
        "Came back": units.count(row["reopened_count"], "time") if row["reopened_count"] else None,
        "Owner": row["owner"] or ("nobody yet" if row["status"] in UNSETTLED else None),
        "Held by": row["assignee"],
        "Money at risk": units.money(row["money_at_risk"]),
        "Cost a day": units.money(row["cost_per_day"]),
        "Also blocks": ", ".join(row["also_blocks"]) or None,
        "Known by": ", ".join(row["anchor"]),
        "Id": row["id"],
    }
    return {name: marks.plain(value) for name, value in told.items() if value}


def term(told: Row) -> str:
    """A term: what is agreed, who holds the same, who holds something else."""
    same = [marks.plain(system) for system, value in told["held"].items() if value == told["agreed"]]
    others = [
        f"{marks.plain(system)} has {marks.plain(value)}"
        for system, value in told["held"].items()
        if value != told["agreed"]
    ]
    said = f"**{marks.plain(told['agreed'])}**" if told["agreed"] is not None else "not agreed"
    by = f" ({', '.join(same)})" if same else ""
    return f"{said}{by}" + (f"; {marks.badge('differs', 'orange')} {', '.join(others)}" if others else "")


def of_counts(counts: Sequence[Row], wanted: Mapping[str, Sequence[str]]) -> str:
    """How many exceptions fit, in all and by kind, the most frequent first."""
    kinds: Counter[str] = Counter()
    for row in counts:
        if all(row[name] in values for name, values in wanted.items()):
            kinds[row["kind"]] += row["count"]
    parts = ", ".join(f"{marks.kind(kind).lower()} {number:,}" for kind, number in kinds.most_common())
    total = f"**{units.count(kinds.total(), 'exception')}**"
    return f"{total}: {marks.plain(parts)}" if parts else total


def of_standing(standing: Sequence[Row], states: Sequence[str], step: str) -> str:
    """How many journeys are in one of the states (any, where none is named) and at the step ('' for any)."""
    fitting = (
        row["count"] for row in standing if (not states or row["state"] in states) and (not step or row["step"] == step)
    )
    return f"**{units.count(sum(fitting), 'journey')}**"


def state_labels(standing: Sequence[Row], states: Sequence[str]) -> dict[str, str]:
    """States with how many journeys are in each."""
    counts: Counter[str] = Counter()
    for row in standing:
        counts[row["state"]] += row["count"]
    return {
        state: f"{marks.words(state)} {counts[state]:,}" if counts[state] else marks.words(state) for state in states
    }
