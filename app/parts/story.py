"""The steps of a journey as a story: in order of time, with the evidence behind each. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from app.parts import units
from models.derived import Evidence
from models.evidence import MOVED
from models.wording import GRADES, step_words

Row = Mapping[str, Any]


class Entry(NamedTuple):
    """One line of the story. `at` None: nobody showed when. `until`: the last time it was shown, when that is later.

    `is_withdrawn`: what was shown was taken back, and nothing stands.
    """

    at: datetime | None
    until: datetime | None
    step: str
    title: str
    subject: str
    grade: str
    system: str | None
    is_withdrawn: bool
    note: str


def story(steps: Sequence[Row], process_steps: Sequence[Row]) -> list[Entry]:
    """Steps in the order in which they happened.

    One that nobody showed stands before the first shown step that comes after it in the process.
    """
    place = {step["name"]: number for number, step in enumerate(process_steps)}
    titles = step_titles(process_steps)
    entries = [_entry(row, titles) for row in steps]
    timed = sorted((entry.at, place.get(entry.step, len(place))) for entry in entries if entry.at is not None)

    def order(entry: Entry) -> tuple[bool, datetime | int, int]:
        number = place.get(entry.step, len(place))
        if entry.at is not None:
            return False, entry.at, number
        later = next((at for at, other in timed if other > number), None)
        return (later is None, later if later is not None else number, number)

    return sorted(entries, key=order)


def step_titles(process_steps: Sequence[Row]) -> dict[str, str]:
    """Step names and their titles for people."""
    return {step["name"]: step["title"] or step_words(step["name"]) for step in process_steps}


def step_title(step: str | None, titles: Mapping[str, str]) -> str:
    """The title of a step, a dash for none."""
    return (titles.get(step) or step_words(step)) if step else "–"


def unseen(entries: Sequence[Entry], process_steps: Sequence[Row]) -> list[str]:
    """Titles of the main steps without any entry, in the order of the process."""
    seen = {entry.step for entry in entries}
    titles = step_titles(process_steps)
    return [titles[step["name"]] for step in process_steps if step["main"] and step["name"] not in seen]


def _entry(row: Row, titles: Mapping[str, str]) -> Entry:
    at, until = units.read_instant(row["first_at"]), units.read_instant(row["last_at"])
    withdrawn = units.read_instant(row["withdrawn_at"])
    is_withdrawn = at is None and withdrawn is not None
    return Entry(
        at=at or withdrawn,
        until=until if until != at else None,
        step=row["step"],
        title=step_title(row["step"], titles),
        subject=row["subject"],
        grade=row["evidence"],
        system=row["system"],
        is_withdrawn=is_withdrawn,
        note=_note(row, titles, is_withdrawn),
    )


def _note(row: Row, titles: Mapping[str, str], is_withdrawn: bool) -> str:
    if not is_withdrawn:
        return GRADES.get(row["evidence"], "") if row["evidence"] != Evidence.OBSERVED else ""
    by = row.get("withdrawn_by")
    why = {
        "retracted": "the record was taken back",
        MOVED: "the record is about something else now",
        None: "taken back",
    }.get(by) or f"by “{titles.get(by) or step_words(by)}”"
    still = "; a later step shows that it did happen" if row["evidence"] == Evidence.INFERRED else ""
    return f"withdrawn: {why}{still}"
