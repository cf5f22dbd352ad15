"""Exceptions: what somebody must settle, the largest causes first, then one by one."""

import streamlit as st

from app.ask import Ask, Question, Row
from app.ask import filters as pairs
from app.parts import facts, filters, marks, notices, page, paging, tables, units
from models.exceptions import ExceptionKind, ExceptionStatus, Severity
from models.wording import UNSETTLED

ORDERS = {
    "opened_at": "oldest first",
    "-opened_at": "newest first",
    "-severity": "most severe first",
    "-settled_at": "last settled first",
}
# Filters that links bring.
NARROWED = {"fingerprint": "cause", "journey": "journey"}


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    process = filters.chosen_process(ask)
    if notices.heading(ask, "Exceptions", f"{process['title'] or process['name']}.", process=process["name"]) is None:
        return
    counts = ask.exception_counts(process["name"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kinds = {one.value: marks.kind(one) for one in ExceptionKind if any(row["kind"] == one for row in counts)}
        kind = filters.one_of("Kind", "kind", kinds)
        severity = filters.one_of("Severity", "severity", {one.value: marks.words(one) for one in Severity}, width=140)
        systems = sorted({row["system"] for row in counts if row["system"]})
        system = filters.one_of("System", "system", {name: name for name in systems}, width=180)
        sort = filters.order("sorted", ORDERS)
    statuses = {one.value: marks.words(one) for one in ExceptionStatus}
    status = filters.some_of("Status", "status", statuses, [one.value for one in UNSETTLED])
    narrowed = {name: filters.key_sent(name) for name in NARROWED}
    wanted = pairs({"kind": kind, "severity": severity, "system": system, "status": status, **narrowed})
    _narrowed(narrowed)
    if not any(narrowed.values()):
        st.markdown(facts.of_counts(counts, Question(wanted).mapping()))
        _causes(ask, process, Question(wanted))
    found = ask.exceptions(process["name"], Question(wanted, sort, paging.cursor()))
    if not found["items"]:
        is_narrowed = any((kind, severity, system, *narrowed.values()))
        if not is_narrowed and not paging.cursor() and sorted(status) == sorted(UNSETTLED):
            st.success("Nothing is open. What was settled is shown by its status.")
        else:
            notices.nothing_found("exception")
        return
    tables.draw("exceptions", tables.exception_columns(), [tables.exception_cells(row) for row in found["items"]])
    paging.turn(found, "exception")


def _narrowed(narrowed: dict[str, str]) -> None:
    for name, value in narrowed.items():
        if value:
            label = f"Only one {NARROWED[name]} is shown: show all"
            st.button(label, icon=":material/close:", key=f"all-{name}", on_click=filters.drop, args=(name,))


def _causes(ask: Ask, process: Row, question: Question) -> None:
    groups = [row for row in ask.causes(process["name"], question) if row["count"] > 1]
    if not groups:
        return
    with st.expander(f"Same cause: {units.count(len(groups), 'group')} of more than one", expanded=True):
        cells = [tables.cause_cells(row, ask.now()) for row in groups]
        tables.draw("causes", tables.CAUSE_COLUMNS, cells)


if __name__ == "__main__":
    page.draw(render)
