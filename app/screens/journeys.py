"""Journeys: found by any key, filtered, sorted, a page at a time."""

import streamlit as st

from app.ask import Ask, Question
from app.ask import filters as pairs
from app.parts import facts, filters, marks, notices, page, paging, story, tables
from models.wording import STATES

ORDERS = {
    "key": "by key",
    "-last_at": "newest event first",
    "last_at": "longest without news",
    "first_at": "oldest first",
    "-first_at": "youngest first",
}
DIMENSIONS = ("customer", "entity", "region", "practice", "contract_type")


def render(ask: Ask, user: str) -> None:
    """Draw the page."""
    process = filters.chosen_process(ask)
    if notices.heading(ask, "Journeys", f"{process['title'] or process['name']}.", process=process["name"]) is None:
        return
    titles = story.step_titles(process["steps"])
    standing = ask.standing(process["name"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = filters.typed("Search by any key", "q", "contract, project, invoice, … (its beginning)")
        step = filters.one_of("Step reached", "step", titles, width=230)
        sort = filters.order("order", ORDERS)
        with st.popover("More filters"):
            dimensions = {name: filters.typed(marks.words(name).capitalize(), name) for name in DIMENSIONS}
    # What stands is counted by state and step: a number beside any other filter would not be that of its rows.
    is_counted = not search and not any(dimensions.values())
    counted = [row for row in standing if is_counted and (not step or row["step"] == step)]
    states = filters.some_of("State", "state", facts.state_labels(counted, list(STATES)))
    if is_counted:
        st.markdown(facts.of_standing(standing, states, step))
    wanted = pairs({"state": states, "step": step, **dimensions})
    found = ask.journeys(process["name"], search, Question(wanted, sort, paging.cursor()))
    if not found["items"]:
        notices.nothing_found("journey", ", or look for another key")
        return
    now = ask.now()
    cells = [tables.journey_cells(row, titles, now, ask.zone) for row in found["items"]]
    tables.draw("journeys", tables.journey_columns(ask.zone), cells)
    paging.turn(found, "journey")


if __name__ == "__main__":
    page.draw(render)
