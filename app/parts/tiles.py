"""A figure as a tile: its value with unit, what it rests on, how it moved. Pure functions."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from app.parts import units
from models.figures import FigureKind
from models.wording import step_words

Row = Mapping[str, Any]

_PARTS = {
    FigureKind.DURATION: {"finished": "finished", "running": "running", "omitted": "left out"},
    FigureKind.RECOVERY_TIME: {"finished": "settled", "running": "still open"},
    FigureKind.EXCEPTION_AGING: {"finished": "open now"},
}


class Tile(NamedTuple):
    """What a tile shows. `change` None: nothing to compare with; `colour` says whether more is worse."""

    title: str
    value: str
    change: str | None
    colour: Literal["inverse", "off"]
    basis: str
    spread: str
    target: str
    definition: str


def tile(figure: Row, kpi: Row | None) -> Tile:
    """The tile of a figure; `kpi` None means that nothing was measured yet."""
    if kpi is None:
        return Tile(title(figure), "–", None, "off", "nothing measured yet", "", "", definition(figure))
    unit = kpi["unit"]
    main = main_value(kpi)
    return Tile(
        title=title(figure),
        value=units.value(main, unit),
        change=units.change(main, kpi["previous"], unit),
        colour="inverse" if unit == "seconds" else "off",
        basis=_basis(figure, kpi),
        spread=f"9 of 10 within {units.value(kpi['p90'], unit)}" if kpi["p90"] is not None else "",
        target=_target(kpi),
        definition=definition(figure),
    )


def has_samples(kpi: Row | None) -> bool:
    """Whether anything stands behind a figure, finished or not."""
    return kpi is not None and any(kpi[part] for part in ("finished", "running", "omitted"))


def main_value(kpi: Row) -> Any:
    """The number that stands for a figure: the median of a duration, the value of anything else."""
    return kpi["p50"] if kpi["p50"] is not None else kpi["value"]


def part_words(kind: str) -> dict[str, str]:
    """What the parts of a figure's rows are called."""
    return _PARTS.get(FigureKind(kind), _PARTS[FigureKind.DURATION])


def definition(figure: Row) -> str:
    """How a figure is measured, in a sentence."""
    kind = figure["kind"]
    if kind == FigureKind.RECOVERY_TIME:
        return "From the opening of an exception to its settlement, of those settled in the period; calendar time."
    if kind == FigureKind.EXCEPTION_AGING:
        return "Since the opening of each exception that is open now; calendar time."
    start, end = figure["from"], figure["to"]
    each = f", for each {figure['per']}" if figure["per"] else ""
    negative = (
        "Samples that end before they begin are left out and counted."
        if figure["negative"] == "omit"
        else "Samples that end before they begin count as they are."
    )
    return f"From {_point(start)} to {_point(end)}{each}; calendar time. {negative}"


def _point(point: Row) -> str:
    which = "the last " if point["pick"] == "last" else "the first "
    written = " once it is written down" if point["at"] == "recorded" else ""
    lines = " on all lines" if point["lines"] == "all" else ""
    unless = f", leaving out any {point['unless']}" if point["unless"] else ""
    return f"{which}“{point.get('title') or step_words(point['step'])}”{lines}{written}{unless}"


def title(figure: Row) -> str:
    """What a figure is called."""
    return figure["title"] or step_words(figure["name"])


def _basis(figure: Row, kpi: Row) -> str:
    what = "median of " if kpi["p50"] is not None else ""
    told = [
        f"{kpi[part]:,} {word}" for part, word in part_words(figure["kind"]).items() if part != "omitted" or kpi[part]
    ]
    return what + " · ".join(told)


def _target(kpi: Row) -> str:
    if kpi["target"] is None:
        return "no target set"
    main = main_value(kpi)
    wanted = units.value(kpi["target"], kpi["unit"])
    if main is None or kpi["unit"] != "seconds":
        return f"target {wanted}"
    return f"target {wanted}: {'met' if main <= kpi['target'] else 'missed'}"


def period_words(kpi: Row, zone: ZoneInfo, now: datetime) -> str:
    """The period of a row: "1 Mar 2026 to 31 Mar 2026", "so far" added to the one that is running."""
    period = kpi["period"]
    if period is None:
        return "all time"
    start, end = units.read_instant(period["from"]), units.read_instant(period["to"])
    if start is None or end is None:
        return "all time"
    running = ", so far" if end > now else ""
    return f"from {units.day(start, zone)}{running}"
