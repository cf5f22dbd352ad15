"""One exception: what happened in plain words, what to do next, and the evidence."""

import streamlit as st

from app.ask import Ask, Question, Row
from app.ask import filters as pairs
from app.parts import course, facts, filters, marks, notices, page, panels, replays, story, tables, units
from models.exceptions import ExceptionKind
from models.wording import UNSETTLED


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    exception_id = filters.sent("id")
    row = ask.exception(exception_id) if exception_id else None
    if row is None:
        notices.missing("exception", exception_id, tables.EXCEPTIONS_PAGE)
        return
    about = row["journey"] or row["contract"] or row["system"]
    title = f"{marks.kind(row['kind'])}: {marks.plain(about)}" if about else marks.kind(row["kind"])
    if notices.heading(ask, title, process=row["process"] or "") is None:
        return
    st.markdown(f"{marks.severity(row['severity'])} {marks.status(row['status'])} {course.standing(row)}")
    left, right = st.columns([3, 2], gap="large")
    with left:
        _happened(ask, row)
        replays.section(ask, row, user)
        _alike(ask, row)
    with right:
        _facts(ask, row)
    _evidence(ask, row)


def _happened(ask: Ask, row: Row) -> None:
    st.subheader("What happened")
    st.markdown(course.happened(row))
    st.text(row["reason"])
    if ending := course.ending(row, ask.zone):
        st.markdown(ending)
    if advice := course.next_step(row):
        st.subheader("What to do next")
        st.markdown(advice)


def _evidence(ask: Ask, row: Row) -> None:
    st.subheader("Evidence")
    if row["transaction_row"] is not None:
        panels.attempts(row["transaction_row"], ask)
    if row["events"]:
        panels.events(row["events"], ask)
    elif row["transaction_row"] is None:
        st.caption("Nothing that was sent stands behind it by itself; the story of the journey does.")


def _facts(ask: Ask, row: Row) -> None:
    claimed = row["anchor"] if row["kind"] == ExceptionKind.LINK_CONFLICT else [row["journey"]]
    for key in filter(None, claimed):
        tables.link(tables.Link(f"Open journey {key}", tables.JOURNEY_PAGE, {"key": key}))
    process = next((one for one in ask.processes() if one["name"] == row["process"]), {"steps": []})
    tables.facts(facts.of_exception(row, story.step_titles(process["steps"]), ask.now(), ask.zone))


def _alike(ask: Ask, row: Row) -> None:
    question = Question(pairs({"fingerprint": row["fingerprint"], "status": UNSETTLED}), "opened_at", limit=6)
    alike = [one for one in ask.exceptions("", question)["items"] if one["id"] != row["id"]]
    if not alike:
        return
    st.subheader("Open from the same cause")
    with st.container(gap="xxsmall"):
        for one in alike[:5]:
            about = one["journey"] or one["contract"] or one["system"] or one["id"]
            tables.turn(tables.Turn(f"{about} · open for {units.duration(one['age_seconds'])}", "id", one["id"]))
    tables.link(tables.Link("All of them", tables.EXCEPTIONS_PAGE, {"fingerprint": row["fingerprint"]}))


if __name__ == "__main__":
    page.draw(render)
