"""Exceptions: what somebody must settle, the largest causes first, then one by one."""

import streamlit as st

from app.ask import Ask, Question, Row
from app.ask import filters as pairs
from app.parts import filters, marks, notices, page, paging, tables, units
from models.exceptions import ExceptionKind, ExceptionStatus, Severity
from models.wording import UNSETTLED

ORDERS = {
    "opened_at": "oldest first",
    "-opened_at": "newest first",
    "-severity": "most severe first",
    "-settled_at": "last settled first",
}


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    process = filters.chosen_process(ask)
    if notices.heading(ask, "Exceptions", f"{process['title'] or process['name']}.") is None:
        return
    counts = ask.exception_counts(process["name"])
    systems = {name: name for name in sorted({row["system"] or "" for row in counts}) if name}
    kinds = {kind.value: marks.kind(kind) for kind in ExceptionKind if any(row["kind"] == kind for row in counts)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = filters.one_of("Kind", "kind", kinds)
        severity = filters.one_of("Severity", "severity", {one.value: marks.words(one) for one in Severity}, width=140)
        system = filters.one_of("System", "system", systems, width=180)
        sort = filters.order("sorted", ORDERS)
    status = filters.some_of(
        "Status", "status", [one.value for one in ExceptionStatus], [one.value for one in UNSETTLED]
    )
    cause = _cause()
    dates = {name: filters.sent(name) for name in ("settled_at_from", "settled_at_to")}
    wanted = pairs(
        {"kind": kind, "severity": severity, "system": system, "status": status, "fingerprint": cause, **dates}
    )
    _summary(counts, dict(Question(wanted).mapping()))
    if not cause:
        _causes(ask, process, Question(wanted))
    found = ask.exceptions(process["name"], Question(wanted, sort, paging.cursor()))
    if not found["items"]:
        notices.nothing_found("exception")
        return
    tables.draw("exceptions", tables.EXCEPTION_COLUMNS, [tables.exception_cells(row) for row in found["items"]])
    paging.turn(found, "exception")


def _cause() -> str:
    cause = filters.sent("fingerprint")
    if cause:
        st.button(
            "Only one cause is shown: show all", icon=":material/close:", on_click=filters.drop, args=("fingerprint",)
        )
    return cause


def _summary(counts: list[Row], wanted: dict[str, list[str]]) -> None:
    told = [row for row in counts if all(row[name] in values for name, values in wanted.items() if name in row)]
    if not told or "fingerprint" in wanted or "settled_at_from" in wanted:
        return
    number = sum(row["count"] for row in told)
    kinds = sorted({row["kind"] for row in told}, key=lambda name: -_sum(told, name))
    parts = ", ".join(f"{marks.kind(name).lower()} {_sum(told, name):,}" for name in kinds)
    st.markdown(f"**{units.count(number, 'exception')}**: {marks.plain(parts)}")


def _sum(rows: list[Row], kind: str) -> int:
    return sum(row["count"] for row in rows if row["kind"] == kind)


def _causes(ask: Ask, process: Row, question: Question) -> None:
    groups = [row for row in ask.causes(process["name"], question) if row["count"] > 1]
    if not groups:
        return
    with st.expander(f"Same cause: {units.count(len(groups), 'group')} of more than one", expanded=True):
        tables.draw(
            "causes", tables.CAUSE_COLUMNS, [tables.cause_cells(row, question.mapping(), ask.now()) for row in groups]
        )


if __name__ == "__main__":
    page.draw(render)
