"""Plotly figures from rows. Pure functions: the same rows draw the same picture."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.parts import marks, tiles, units
from app.parts.story import Entry
from models.derived import Evidence
from models.wording import STATES

Row = Mapping[str, Any]

CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"]}
"""What the bar over a chart offers."""

_PERIODS = {"week": 7 * 86_400_000, "month": "M1"}
_MONTHS_NAMED = 14
_FEW = 5
_MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
_SHAPES = {Evidence.OBSERVED: "circle", Evidence.INFERRED: "circle-open", Evidence.CONTRADICTED: "diamond"}


def trend(rows: Sequence[Row], zone: ZoneInfo, by: str, word: str = "finished") -> go.Figure:
    """A figure by period: median and 90th percentile above, how many samples they rest on below."""
    rows = sorted((row for row in rows if row["period"]), key=lambda row: row["period"]["from"])
    unit = rows[0]["unit"] if rows else "count"
    middles = [units.number(tiles.main_value(row), unit) for row in rows]
    highs = [units.number(row["p90"], unit) for row in rows]
    target = next((units.number(row["target"], unit) for row in rows if row["target"] is not None), None)
    factor, name = units.scale(
        unit, max((abs(one) for one in (*middles, *highs, target) if one is not None), default=0)
    )
    # Points and bars stand in the middle of their period, not at its first midnight.
    period = {
        "x": [row["period"]["from"].astimezone(zone).date() for row in rows],
        "xperiod": _PERIODS[by],
        "xperiodalignment": "middle",
    }
    told = [[units.value(tiles.main_value(row), unit), units.value(row["p90"], unit), row["finished"]] for row in rows]
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.74, 0.26], vertical_spacing=0.06)
    figure.add_scatter(
        **period,
        y=[one if one is None else one / factor for one in middles],
        name="median",
        mode="lines+markers",
        line={"color": marks.CHART_COLOURS["blue"], "width": 2.5},
        customdata=told,
        hovertemplate=f"%{{customdata[0]}} median of %{{customdata[2]}} {word}, "
        "9 of 10 within %{customdata[1]}<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_scatter(
        **period,
        y=[one if one is None else one / factor for one in highs],
        name="90th percentile",
        mode="lines+markers",
        marker={"size": 4},
        line={"color": marks.CHART_COLOURS["orange"], "width": 1.5, "dash": "dot"},
        hoverinfo="skip",
        row=1,
        col=1,
    )
    if target is not None:
        green = marks.CHART_COLOURS["green"]
        figure.add_hline(target / factor, line_dash="dash", line_color=green, annotation_text="target", row=1, col=1)
    bars = {"marker_color": marks.CHART_COLOURS["gray"], "opacity": 0.55, "hoverinfo": "skip"}
    figure.add_bar(**period, **bars, y=[row["finished"] for row in rows], name=word, row=2, col=1)
    if by == "month" and len(rows) <= _MONTHS_NAMED:
        figure.update_xaxes(dtick="M1", tickformat="%b\n%Y", ticklabelmode="period")
    figure.update_yaxes(title_text=name, rangemode="tozero", row=1, col=1)
    few = max((row["finished"] for row in rows), default=0) < _FEW
    figure.update_yaxes(title_text=word, rangemode="tozero", dtick=1 if few else None, row=2, col=1)
    figure.update_layout(height=380, margin=_MARGIN, hovermode="x unified", legend={"orientation": "h", "y": 1.14})
    return figure


def standing(rows: Sequence[Row], titles: Mapping[str, str]) -> go.Figure:
    """Journeys by step, stacked by state, in the order of the process; the step without a title is "no step yet"."""
    order = [*titles, *sorted({row["step"] for row in rows if row["step"] and row["step"] not in titles})]
    present = [name for name in order if any(row["step"] == name for row in rows)]
    if any(row["step"] is None for row in rows):
        present.insert(0, None)
    figure = go.Figure()
    for state in STATES:
        counts = {row["step"]: row["count"] for row in rows if row["state"] == state}
        if not counts:
            continue
        figure.add_bar(
            orientation="h",
            name=marks.words(state),
            y=[titles.get(step, step or "no step yet") for step in present],
            x=[counts.get(step, 0) for step in present],
            customdata=[[state, step or ""] for step in present],
            marker_color=marks.CHART_COLOURS[marks.STATE_COLOURS[state]],
            hovertemplate="%{y}: %{x} " + marks.words(state) + "<extra></extra>",
        )
    figure.update_layout(
        barmode="stack",
        height=110 + 26 * max(len(present), 1),
        margin=_MARGIN,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
    )
    figure.update_yaxes(autorange="reversed", automargin=True)
    most = max((sum(row["count"] for row in rows if row["step"] == step) for step in present), default=0)
    # Left alone, an axis of one journey is marked in fifths of it.
    figure.update_xaxes(title_text="journeys", **({"dtick": 1} if most <= _FEW else {}))
    return figure


def steps_over_time(entries: Sequence[Entry], zone: ZoneInfo) -> go.Figure:
    """A journey's steps over time: marks where they were shown, lines to where they were shown last, crosses where they
    were withdrawn.
    """
    shown = [entry for entry in entries if entry.at is not None]
    figure = go.Figure()
    groups: dict[str, list[Entry]] = {}
    for entry in shown:
        groups.setdefault("withdrawn" if entry.is_withdrawn else entry.grade, []).append(entry)
    for entry in shown:
        if entry.until is not None:
            figure.add_scatter(
                x=[_local(entry.at, zone), _local(entry.until, zone)],
                y=[entry.title] * 2,
                mode="lines",
                line={"color": marks.CHART_COLOURS["gray"], "width": 3},
                showlegend=False,
                hoverinfo="skip",
            )
    for name, members in groups.items():
        colour = "red" if name == "withdrawn" else marks.GRADE_COLOURS.get(name, "gray")
        figure.add_scatter(
            name=marks.words(name),
            mode="markers",
            x=[_local(entry.at, zone) for entry in members],
            y=[entry.title for entry in members],
            customdata=[[entry.subject or "", entry.system or "", units.instant(entry.at, zone)] for entry in members],
            marker={
                "size": 11,
                "color": marks.CHART_COLOURS[colour],
                "symbol": "x" if name == "withdrawn" else _SHAPES.get(name, "circle"),
            },
            hovertemplate="%{y} %{customdata[0]}<br>%{customdata[2]}<br>%{customdata[1]}<extra>"
            + marks.words(name)
            + "</extra>",
        )
    titles = list(dict.fromkeys(entry.title for entry in shown))
    figure.update_yaxes(autorange="reversed", categoryorder="array", categoryarray=titles, automargin=True)
    figure.update_xaxes(range=_room(shown, zone), automargin=True)
    figure.update_layout(
        height=120 + 26 * max(len(titles), 1),
        margin=_MARGIN,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
    )
    return figure


def _room(entries: Sequence[Entry], zone: ZoneInfo) -> list[datetime] | None:
    """Room beside the first and the last mark, which otherwise stand on the frame."""
    times = [_local(at, zone) for entry in entries for at in (entry.at, entry.until) if at is not None]
    if not times:
        return None
    edge = max((max(times) - min(times)) * 0.04, timedelta(hours=1))
    return [min(times) - edge, max(times) + edge]


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    # Plotly draws an instant with a zone in UTC; the clock of the reporting zone is wanted.
    return at.astimezone(zone).replace(tzinfo=None)
