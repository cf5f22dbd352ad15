"""One exception: what happened in plain words, what to do next, and the evidence."""

import streamlit as st

from app.ask import Ask, Question, Row
from app.ask import filters as pairs
from app.parts import marks, notices, page, panels, tables, units
from app.parts.filters import sent
from models.wording import KINDS, STATUSES, UNSETTLED


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    exception_id = sent("id")
    row = ask.exception(exception_id) if exception_id else None
    if row is None:
        notices.missing("exception", exception_id, tables.EXCEPTIONS_PAGE)
        return
    about = row["journey"] or row["system"] or ""
    if notices.heading(ask, f"{marks.kind(row['kind'])}{': ' if about else ''}{marks.plain(about)}") is None:
        return
    open_for = "" if row["settled_at"] else f", open for {units.duration(row['age_seconds'])}"
    st.markdown(
        f"{marks.severity(row['severity'])} {marks.status(row['status'])} "
        f"{marks.plain(STATUSES.get(row['status'], ''))}{marks.plain(open_for)}"
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        _happened(row)
        _evidence(ask, row)
    with right:
        _facts(ask, row)
        _alike(ask, row)


def _happened(row: Row) -> None:
    words = KINDS.get(row["kind"])
    st.subheader("What happened")
    if words:
        st.markdown(words.happened)
    st.text(row["reason"])
    st.subheader("What to do next")
    if row["settled_at"]:
        st.markdown(f"Nothing: it is settled ({marks.plain(row['settled_by'] or 'no reason given')}).")
    elif words:
        st.markdown(words.next_step)


def _evidence(ask: Ask, row: Row) -> None:
    st.subheader("Evidence")
    if row["transaction_row"] is None and not row["events"]:
        st.caption("The story of the journey holds it.")
    if row["transaction_row"] is not None:
        panels.attempts(row["transaction_row"], ask)
    if row["events"]:
        panels.events(row["events"], ask)


def _facts(ask: Ask, row: Row) -> None:
    if row["journey"]:
        tables.link(tables.Link(f"Open journey {row['journey']}", tables.JOURNEY_PAGE, {"key": row["journey"]}))
    zone = ask.zone
    told = {
        "Contract": row["contract"],
        "Step": row["step"],
        "Concerns": row["subject"],
        "System": row["system"],
        "Transaction": row["transaction"],
        "Opened": f"{units.instant(row['opened_at'], zone)} ({units.age(row['opened_at'], ask.now())})",
        "Due": units.instant(row["due_at"], zone) if row["due_at"] else None,
        "Settled": f"{units.instant(row['settled_at'], zone)}, {row['settled_by']}" if row["settled_at"] else None,
        "Came back": units.count(row["reopened_count"], "time") if row["reopened_count"] else None,
        "Owner": row["owner"] or "nobody yet",
        "Held by": row["assignee"],
        "Money at risk": units.money(row["money_at_risk"]),
        "Cost a day": units.money(row["cost_per_day"]),
        "Also blocks": ", ".join(row["also_blocks"]) if row["also_blocks"] else None,
        "Known by": ", ".join(row["anchor"]),
        "Id": row["id"],
    }
    tables.facts({name: marks.plain(value) for name, value in told.items() if value})


def _alike(ask: Ask, row: Row) -> None:
    question = Question(pairs({"fingerprint": row["fingerprint"], "status": UNSETTLED}), "opened_at", limit=6)
    alike = [one for one in ask.exceptions("", question)["items"] if one["id"] != row["id"]]
    if alike:
        st.subheader("Open from the same cause")
        for one in alike[:5]:
            tables.link(
                tables.exception_link(
                    one["id"], f"{one['journey'] or one['system']} · {units.duration(one['age_seconds'])}"
                )
            )
        tables.link(tables.Link("All of them", tables.EXCEPTIONS_PAGE, {"fingerprint": row["fingerprint"]}))


if __name__ == "__main__":
    page.draw(render)
