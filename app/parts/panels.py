"""Pieces that more than one page draws."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.ask import Ask
from app.parts import figures, marks, tables, tiles, units
from models.wording import step_words

Row = Mapping[str, Any]


def trend(rows: Sequence[Row], figure: Row, ask: Ask, by: str) -> None:
    """A figure by period as a chart, or why there is none."""
    measured = [row for row in rows if row["period"] and tiles.main_value(row) is not None]
    if not measured:
        st.info("Nothing was finished in this period. Choose a longer one.", title="No trend yet")
        return
    word = tiles.part_words(figure["kind"])["finished"]
    title = tiles.title(figure)
    last = measured[-1]
    st.plotly_chart(
        figures.trend(measured, ask.zone, by, word),
        config=figures.CONFIG,
        alt=f"{title} by {by}; last {units.value(tiles.main_value(last), last['unit'])}",
    )
    st.caption(
        f"{marks.plain(title)} by {by}: a sample belongs to the {by} in which it finished. "
        f"Last {by} {marks.plain(tiles.period_words(last, ask.zone, ask.now()))}."
    )


def attempts(transaction: Row, ask: Ask) -> None:
    """A transaction with everything middleware said about it, and its payload on demand."""
    way = " → ".join(name or "?" for name in (transaction["source_system"], transaction["target_system"]))
    flow = f"flow {marks.plain(transaction['flow'])}, " if transaction["flow"] else ""
    state = marks.badge(marks.words(transaction["state"]), _colour(transaction["state"]))
    st.markdown(
        f"**{marks.plain(transaction['operation'])}** {state}"
        f"  \n{flow}{marks.plain(way)}, {units.count(len(transaction['attempts']), 'report')}"
    )
    columns = [
        tables.Column(f"At ({ask.zone.key})", 150),
        tables.Column("Attempt", 60, "right"),
        tables.Column("Outcome", 90),
        tables.Column("What was said", "stretch"),
    ]
    tables.draw(
        f"attempts-{transaction['operation']}",
        columns,
        [
            [
                marks.plain(units.short_instant(one["at"], ask.zone)),
                marks.plain(one["attempt"] or "–"),
                marks.badge(marks.words(one["outcome"]), _colour(one["outcome"])),
                marks.plain(": ".join(part for part in (one["error_class"], one["error_message"]) if part) or "–"),
            ]
            for one in transaction["attempts"]
        ],
    )
    if transaction["payload"] is not None:
        with st.expander("Payload, sensitive fields masked"):
            st.json(transaction["payload"], expanded=2)


def _colour(outcome: str) -> str:
    return {"succeeded": "green", "failed": "red", "dead_lettered": "red", "discarded": "gray"}.get(outcome, "blue")


def events(rows: Sequence[Row], ask: Ask) -> None:
    """Events as they came: what was said, by which system, with which keys."""
    columns = [
        tables.Column(f"Happened ({ask.zone.key})", 150),
        tables.Column("Event", 170),
        tables.Column("System", 120),
        tables.Column("Keys", "stretch"),
        tables.Column("Attributes", "stretch"),
    ]
    tables.draw("events", columns, [_event(row, ask) for row in rows])


def _event(row: Row, ask: Ask) -> list[tables.Cell]:
    taken_back = " (takes back)" if row["retracts"] else ""
    return [
        marks.plain(units.short_instant(row["at"], ask.zone)),
        marks.plain(step_words(row["type"]) + taken_back),
        marks.plain(row["source"]),
        _pairs(row["keys"]),
        _pairs(row["attributes"]),
    ]


def _pairs(found: Mapping[str, Any]) -> str:
    told = [
        f"{marks.plain(name)} **{marks.plain(tables.shortened(_text(value), 60))}**"
        for name, value in list(found.items())[:8]
    ]
    more = f" and {len(found) - 8} more" if len(found) > 8 else ""
    return ", ".join(told) + more


def _text(value: Any) -> str:
    if value is None:
        return "cleared"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ("; " if any(isinstance(one, Mapping) for one in value) else ", ").join(map(_text, value))
    return str(value)
