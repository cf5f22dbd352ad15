"""The page list: what there is to see, and the process that it is about when several are loaded.

This file runs anew for every look at every page. Where Streamlit's settings are not ours it draws every text that
stands by itself, here and in a screen: notes are comments.
"""

from pathlib import Path

import streamlit as st

from app import queries
from app.parts import filters
from models.errors import ThroughlineError

# From a file of ours: an icon by name would be fetched from elsewhere.
ICON = Path(__file__).with_name("icon.svg")

PAGES = [
    st.Page(
        "screens/overview.py",
        title="Overview",
        icon=":material/monitoring:",
        default=True,
        help="The figures of the process, how they move, and what is stuck.",
    ),
    st.Page(
        "screens/journeys.py",
        title="Journeys",
        icon=":material/route:",
        url_path="journeys",
        help="Every journey: found by any key, filtered by state, step and customer.",
    ),
    st.Page(
        "screens/exceptions.py",
        title="Exceptions",
        icon=":material/report:",
        url_path="exceptions",
        help="What somebody must settle, by cause, oldest first.",
    ),
    st.Page(
        "screens/systems.py",
        title="Systems",
        icon=":material/hub:",
        url_path="systems",
        help="What is read, how far behind it is, and what is wrong with it.",
    ),
    st.Page("screens/journey.py", title="Journey", url_path="journey", visibility="hidden"),
    st.Page("screens/exception.py", title="Exception", url_path="exception", visibility="hidden"),
    st.Page("screens/figure.py", title="Figure", url_path="figure", visibility="hidden"),
]


def main() -> None:
    """Draw what belongs to every page, then the page."""
    st.set_page_config(layout="wide", page_icon=str(ICON), initial_sidebar_state=220)
    chosen = st.navigation(PAGES)
    with st.sidebar:
        _pick_process()
    chosen.run()


def _pick_process() -> None:
    try:
        filters.pick_process(queries.current())
    except ThroughlineError:
        # The page says what is wrong, in the place where people look.
        return


main()
