"""The spans of a transaction as a waterfall: what went on inside, for how long, and where it went wrong."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import plotly.graph_objects as go
import streamlit as st

from app.ask import Ask
from app.parts import figures, marks, tables, units
from app.parts.spans import Bar, Waterfall, chosen, length, waterfalls

Row = Mapping[str, Any]

MOST_ERRORS = 5
_FEW_TRACES = 4
_DEEPEST = 8
_LONGEST_NAME = 44
_ROW_PIXELS = 34
_INDENT_PIXELS = 12
_INK = {"light": "#17222E", "dark": "#E6ECF2"}
# In the order in which services appear, the last for all further ones; red is for errors alone.
_COLOURS = ("blue", "violet", "green", "orange", "yellow", "gray")


def figure(found: Waterfall, ink: str) -> go.Figure:
    """Bars from the first span's beginning, each below its words in `ink`: a narrow screen keeps its width for time."""
    drawn = go.Figure()
    factor, unit = _scale(found.seconds)
    # What took next to no time is still something to point at.
    least = max(found.seconds, 1e-6) * 0.006
    services = list(dict.fromkeys(bar.span["service"] for bar in found.bars))
    for service in services:
        for is_error in (False, True):
            _add_bars(drawn, found, service, is_error=is_error, colour=_colour(services, service), unit=(factor, least))
    for row, bar in enumerate(found.bars):
        drawn.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            xshift=_INDENT_PIXELS * min(bar.depth, _DEEPEST),
            y=row,
            yshift=8,
            showarrow=False,
            align="left",
            text=_words(bar),
            font={"size": 12, "color": marks.CHART_COLOURS["red"] if bar.is_error else ink},
        )
    drawn.update_yaxes(
        range=[len(found.bars) - 0.4, -0.7], showticklabels=False, showgrid=False, zeroline=False, fixedrange=True
    )
    drawn.update_xaxes(
        title_text=f"{unit} since the first span began", rangemode="tozero", automargin=True, zeroline=False
    )
    several = len(services) > 1
    drawn.update_layout(
        barmode="overlay",
        height=_ROW_PIXELS * len(found.bars) + (110 if several else 76),
        margin={"l": 8, "r": 12, "t": 8, "b": 8},
        showlegend=several,
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "itemclick": False, "itemdoubleclick": False},
        dragmode=False,
    )
    return drawn


def draw(transaction: Row, ask: Ask, *, is_open: bool = False) -> None:
    """The waterfall of a transaction, folded away unless `is_open`; spans are asked for only when it is open."""
    if not transaction["span_count"]:
        return
    key = f"waterfall-{transaction['operation']}"
    folded = st.expander(
        "What went on inside, as services report it",
        expanded=is_open,
        key=key,
        on_change="rerun",
        icon=":material/waterfall_chart:",
    )
    if folded.open:
        with folded:
            _draw(waterfalls(ask.spans(transaction["operation"])), transaction["operation"], ask)


def _draw(found: Sequence[Waterfall], operation: str, ask: Ask) -> None:
    if not found:
        st.info("Its spans were dropped since; the reports above stay.", title="No spans any more")
        return
    shown = found[_choose(found, operation, ask.zone)]
    services = len({bar.span["service"] for bar in shown.bars})
    first = shown.began_at.astimezone(ask.zone)
    st.caption(
        f"{units.count(len(shown.bars) + shown.left_out, 'span')} of {units.count(services, 'service')}, "
        f"{length(shown.seconds)} from {first:%-d %b %Y %H:%M:%S} ({ask.zone.key})."
        + (f" {shown.left_out} of the shortest are not drawn." if shown.left_out else "")
    )
    # The innermost first: it is nearest to the cause, and those around it repeat it.
    for bar in sorted((bar for bar in shown.bars if bar.is_error), key=lambda one: -one.depth)[:MOST_ERRORS]:
        told = bar.span["status_message"] or "without a message"
        st.markdown(
            f":red-badge[error] **{marks.plain(bar.span['name'])}** in {marks.plain(bar.span['service'])}: "
            f"{marks.plain(tables.shortened(told, 300))}"
        )
    st.plotly_chart(
        figure(shown, _INK[st.context.theme.type or "light"]),
        config=figures.CONFIG | {"displayModeBar": False},
        key=f"spans-{operation}",
        alt=f"Waterfall of {units.count(len(shown.bars), 'span')} of {operation}, {length(shown.seconds)} in all, "
        f"{units.count(shown.errors, 'error')}",
    )
    if st.toggle("As a table, with attributes", key=f"table-{operation}"):
        _table(shown, operation)


def _choose(found: Sequence[Waterfall], operation: str, zone: ZoneInfo) -> int:
    """Which trace is looked at: chosen where there are several."""
    if len(found) == 1:
        return 0
    names = [_name(one, zone) for one in found]
    key = f"trace-{operation}"
    if len(found) <= _FEW_TRACES:
        place = st.segmented_control(
            "Trace", range(len(found)), default=chosen(found), format_func=names.__getitem__, key=key, required=True
        )
    else:
        place = st.selectbox("Trace", range(len(found)), index=chosen(found), format_func=names.__getitem__, key=key)
    return place if place is not None and place < len(found) else chosen(found)


def _name(one: Waterfall, zone: ZoneInfo) -> str:
    attempt = f"attempt {', '.join(map(str, one.attempts))}, " if one.attempts else ""
    return f"{attempt}{one.began_at.astimezone(zone):%-d %b %H:%M:%S}{', error' if one.errors else ''}"


def _table(shown: Waterfall, operation: str) -> None:
    columns = [
        tables.Column("After", 80, "right"),
        tables.Column("Took", 80, "right"),
        tables.Column("Span", "stretch"),
        tables.Column("Service", 140),
        tables.Column("Attributes", "stretch"),
    ]
    tables.draw(
        f"spans-{operation}",
        columns,
        [
            [
                marks.plain(length(bar.offset_seconds)),
                marks.plain(length(bar.seconds)),
                marks.plain(bar.span["name"]) + (" :red-badge[error]" if bar.is_error else ""),
                marks.plain(bar.span["service"]),
                _pairs(bar.span["attributes"]),
            ]
            for bar in shown.bars
        ],
    )


def _pairs(found: Mapping[str, Any]) -> str:
    told = [
        f"{marks.plain(name)} **{marks.plain(tables.shortened(str(value), 60))}**"
        for name, value in list(found.items())[:12]
    ]
    return ", ".join(told) + (f" and {len(found) - 12} more" if len(found) > 12 else "")


def _add_bars(
    drawn: go.Figure, found: Waterfall, service: str, *, is_error: bool, colour: str, unit: tuple[float, float]
) -> None:
    factor, least = unit
    rows = [
        (row, bar) for row, bar in enumerate(found.bars) if bar.span["service"] == service and bar.is_error == is_error
    ]
    if not rows:
        return
    drawn.add_bar(
        orientation="h",
        name="with an error" if is_error else service,
        legendgroup="error" if is_error else service,
        showlegend=not is_error,
        base=[bar.offset_seconds / factor for _, bar in rows],
        x=[max(bar.seconds, least) / factor for _, bar in rows],
        # Below its words, which stand above the middle of the row.
        y=[row + 0.22 for row, _ in rows],
        width=0.26,
        marker={
            "color": marks.CHART_COLOURS["red"] if is_error else colour,
            "line": {"width": 0},
            "cornerradius": 3,
        },
        customdata=[
            [
                _shown(bar.span["name"]),
                bar.span["kind"],
                length(bar.seconds),
                length(bar.offset_seconds),
                _shown(bar.span["status_message"]),
            ]
            for _, bar in rows
        ],
        hovertemplate=f"%{{customdata[0]}}<br>{_shown(service)}, %{{customdata[1]}}<br>%{{customdata[2]}}, begun after "
        "%{customdata[3]}<br>%{customdata[4]}<extra></extra>",
    )


def _colour(services: Sequence[str], service: str) -> str:
    return marks.CHART_COLOURS[_COLOURS[min(services.index(service), len(_COLOURS) - 1)]]


def _words(bar: Bar) -> str:
    name = bar.span["name"]
    cut = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    service = f" · {_shown(bar.span['service'])}" if bar.is_first_of_service else ""
    # The time first: where a screen is narrow, what stands last is cut off.
    return f"{'✕ ' if bar.is_error else ''}{length(bar.seconds)} · {_shown(cut)}{service}"


def _shown(text: str) -> str:
    """Text that a chart shows as it is: what services send is never formatting or a link."""
    return tables.shortened(text, 120).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _scale(seconds: float) -> tuple[float, str]:
    if seconds < 0.002:
        return 1e-6, "microseconds"
    if seconds < 2:
        return 1e-3, "milliseconds"
    return (1.0, "seconds") if seconds < 300 else (60.0, "minutes")
