"""Replaying from a page: what was done so far, a dialog that shows what would be sent, and the way of what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import streamlit as st

from app.ask import Ask
from app.parts import marks, tables, units
from models.actions import OPEN, SENTENCES, ActionStatus
from models.errors import ThroughlineError
from models.exceptions import ExceptionKind, ExceptionStatus
from models.wording import UNSETTLED

Row = Mapping[str, Any]

STATUS_COLOURS: dict[str, str] = {
    ActionStatus.CONFIRMED: "green",
    ActionStatus.SKIPPED: "green",
    ActionStatus.FAILED: "red",
    ActionStatus.REFUSED: "red",
    ActionStatus.UNCONFIRMED: "orange",
    ActionStatus.EXPIRED: "orange",
    ActionStatus.CANCELLED: "gray",
}

_ASKING = "replay_asked_for"
_REASON = "replay_reason"
_TOLD = "replay_told"
_LOOK_AGAIN_SECONDS = 2


def section(ask: Ask, row: Row, user: str) -> None:
    """Draw what was done about a failed hand-over, and the way to replay it; nothing for other exceptions."""
    if row["kind"] != ExceptionKind.FAILED:
        return
    actions = ask.actions(row["id"])
    is_moving = bool(actions) and actions[0]["status"] in OPEN
    if is_moving or row["status"] == ExceptionStatus.ACTING:
        _moving(ask, row["id"])
    else:
        _history(actions, ask)
    told = st.session_state.pop(_TOLD, "")
    if told:
        st.error(told, title="Not replayed")
    if row["status"] in UNSETTLED and not is_moving:
        st.button(
            "Replay",
            type="primary",
            icon=":material/replay:",
            help="Shows first what would be sent, and where.",
            on_click=_ask_for,
            args=(row["id"],),
        )
    if st.session_state.get(_ASKING) == row["id"]:
        _dialog(ask, row["id"], user)


@st.fragment(run_every=_LOOK_AGAIN_SECONDS)
def _moving(ask: Ask, exception_id: str) -> None:
    """What is under way, looked at again every few seconds; at its end the whole page is."""
    actions = ask.actions(exception_id)
    _history(actions, ask)
    found = ask.exception(exception_id)
    is_over = not actions or actions[0]["status"] not in OPEN
    if is_over and (found is None or found["status"] != ExceptionStatus.ACTING):
        st.rerun()


@st.dialog("Replay", width="medium", on_dismiss=lambda: _ask_for(""))
def _dialog(ask: Ask, exception_id: str, user: str) -> None:
    if st.session_state.get(_ASKING) != exception_id:
        # What was asked for is on its way: close.
        st.rerun()
    try:
        plan = ask.plan(exception_id)
    except ThroughlineError as error:
        st.error(marks.plain(error), title="It cannot be planned")
        return
    if plan is None:
        st.error("The exception is no more: another event has explained it.", title="There is nothing to replay")
        return
    tables.facts(plan_facts(plan))
    for against in plan_objections(plan):
        st.warning(marks.plain(against), title="Nothing would be sent")
    product = plan["product"]
    if product and product["is_possible"] is None:
        st.info(marks.plain(product["told"]) + " It is asked again before anything is sent.", title="Not asked yet")
    with st.form("replay", border=False):
        st.text_input("Why", key=_REASON, max_chars=1_000, help="Kept in the audit log, with your name.")
        st.form_submit_button(
            "Send it again",
            type="primary",
            disabled=not plan["is_allowed"],
            on_click=_send,
            args=(ask, exception_id, user),
        )


def plan_facts(plan: Row) -> dict[str, str]:
    """A plan in names and values, in Markdown."""
    product = plan["product"]
    told = {
        "What": f"{units.count(plan['count'], 'operation')}: {plan['operation']}",
        "How": product["told"] if product and product["is_possible"] is not None else None,
        "Asked of": plan["system"],
        "Effect in": plan["target_system"] or "a system that nobody named",
        "Contract": plan["contract"] or plan["journey"],
        "Contract value": units.money(plan["value"]),
        "Stands already": "; ".join(f"{one['step']} in {one['system']} ({one['record']})" for one in plan["standing"])
        or "nothing",
        "Sent once under": plan["idempotency_key"],
    }
    return {name: marks.plain(value) for name, value in told.items() if value}


def plan_objections(plan: Row) -> list[str]:
    """Why nothing would be sent, each in a sentence; none where it would be."""
    product = plan["product"]
    told = list(plan["refusals"])
    told += [f"{one['step']} stands already in {one['system']}: {one['record']}" for one in plan["standing"]]
    if product and product["is_possible"] is False:
        told.append(product["told"])
    if product and product["standing"]:
        told.append(product["standing"])
    return told


def _history(actions: Sequence[Row], ask: Ask) -> None:
    for action in actions[:3]:
        status = action["status"]
        badge = marks.badge(marks.words(status), STATUS_COLOURS.get(status, "blue"))
        said = (action["result"] or {}).get("told", "")
        at = units.short_instant(_instant(action["requested_at"]), ask.zone)
        st.markdown(
            f"{badge} The replay that {marks.plain(action['requested_by'])} asked for at {marks.plain(at)} "
            f"{marks.plain(SENTENCES[status])}." + (f"  \n{marks.small(said)}" if said else "")
        )


def _instant(at: datetime | str) -> datetime:
    return datetime.fromisoformat(at) if isinstance(at, str) else at


def _ask_for(exception_id: str) -> None:
    st.session_state[_ASKING] = exception_id


def _send(ask: Ask, exception_id: str, user: str) -> None:
    st.session_state[_ASKING] = ""
    try:
        if ask.replay(exception_id, st.session_state.get(_REASON, ""), user) is None:
            st.session_state[_TOLD] = "The exception is no more: another event has explained it."
    except ThroughlineError as error:
        st.session_state[_TOLD] = marks.plain(error)
