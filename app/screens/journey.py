"""One journey: what it is, what is wrong with it, and six ways to look at it."""

import streamlit as st

from app.ask import Ask, Row
from app.parts import facts, filters, marks, notices, page, story, tables, units, views
from models.wording import STATES

MOST_EXCEPTIONS = 20


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    key = filters.key_sent("key")
    row = ask.journey(key) if key else None
    if row is None:
        notices.missing("journey", key, tables.JOURNEYS_PAGE)
        return
    if notices.heading(ask, marks.plain(row["key"]), process=row["process"]) is None:
        return
    unloaded = {"name": row["process"], "title": "", "steps": []}
    process = next((one for one in ask.processes() if one["name"] == row["process"]), unloaded)
    reason = marks.plain(row["state_reason"] or STATES.get(row["state"], ""))
    st.markdown(f"{marks.state(row['state'])} {reason}")
    titles = story.step_titles(process["steps"])
    with st.grid("auto", min_column_width=140, gap="small"):
        for name, told in facts.of_journey(row, process, titles, ask.now(), ask.zone).items():
            st.markdown(f"{marks.small(name)}  \n{told}")
    _exceptions(ask, row)
    view = filters.one_of_few("Show", "view", {name: name.capitalize() for name in views.VIEWS})
    views.VIEWS[view](ask, row, process)


def _exceptions(ask: Ask, row: Row) -> None:
    if not row["exceptions"]:
        st.caption("No exception, now or before.")
        return
    st.subheader(units.count(len(row["exceptions"]), "exception"))
    found = [one for one in map(ask.exception, row["exceptions"][:MOST_EXCEPTIONS]) if one]
    tables.draw(
        "exceptions", tables.exception_columns(of_one=True), [tables.exception_cells(one, of_one=True) for one in found]
    )
    if len(row["exceptions"]) > len(found):
        tables.link(tables.Link("All of them", tables.EXCEPTIONS_PAGE, {"journey": row["key"], "status": "all"}))


if __name__ == "__main__":
    page.draw(render)
