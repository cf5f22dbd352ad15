"""Words and colours for states, severities, statuses and grades, safe to put into Markdown. Pure functions."""

import re
from string import punctuation

from models.derived import Evidence, JourneyState
from models.exceptions import ExceptionStatus, Severity
from models.wording import KINDS, step_words

STATE_COLOURS: dict[str, str] = {
    JourneyState.FAILED: "red",
    JourneyState.LATE: "orange",
    JourneyState.DUE_SOON: "yellow",
    JourneyState.UNKNOWN: "gray",
    JourneyState.PROVISIONAL: "violet",
    JourneyState.INHERITED: "gray",
    JourneyState.RUNNING: "blue",
    JourneyState.ENDED: "gray",
    JourneyState.DONE: "green",
}

SEVERITY_COLOURS: dict[str, str] = {
    Severity.CRITICAL: "red",
    Severity.HIGH: "orange",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "gray",
}

STATUS_COLOURS: dict[str, str] = {
    ExceptionStatus.OPEN: "blue",
    ExceptionStatus.OWNED: "violet",
    ExceptionStatus.ACTING: "violet",
    ExceptionStatus.SNOOZED: "gray",
    ExceptionStatus.SETTLED: "green",
    ExceptionStatus.WITHDRAWN: "gray",
}

GRADE_COLOURS: dict[str, str] = {
    Evidence.OBSERVED: "green",
    Evidence.INFERRED: "blue",
    Evidence.CONTRADICTED: "orange",
    Evidence.UNKNOWN: "gray",
}

# In a chart a colour must hold on a light and on a dark ground; the theme gives the text its own.
CHART_COLOURS: dict[str, str] = {
    "red": "#D64545",
    "orange": "#DB7F2A",
    "yellow": "#C9A227",
    "gray": "#8A95A1",
    "violet": "#8B6CCB",
    "blue": "#4484D6",
    "green": "#3A9A68",
}

_ESCAPES = str.maketrans({sign: f"\\{sign}" for sign in punctuation})
# Where what looks like an address of the web or of mail becomes a link, escaped or not, unless a sign stands between.
_LINKS = re.compile(r"(?<=http:)(?=//)|(?<=https:)(?=//)|(?<=www)(?=\.)|(?<=[\w.+-]@)(?=[\w-])", re.IGNORECASE)
_WORD_JOINER = "\u2060"  # invisible, without width, and no place to break a line


def plain(text: object) -> str:
    """Text that Markdown shows as it is, on one line: what other systems send is never formatting, link or image."""
    return _LINKS.sub(_WORD_JOINER, " ".join(str(text).split())).translate(_ESCAPES)


def badge(text: str, colour: str) -> str:
    """A coloured label in Markdown. The word says all of it; the colour only helps to find it."""
    return f":{colour}-badge[{plain(text)}]"


def small(text: str) -> str:
    """Small grey words in Markdown, such as the name over a value."""
    return f":small[:gray[{plain(text)}]]"


def words(name: str) -> str:
    """A name of ours for people: `due_soon` is "due soon"."""
    return name.replace("_", " ")


def state(name: str) -> str:
    """The label of a journey's state."""
    return badge(words(name), STATE_COLOURS.get(name, "gray"))


def severity(name: str) -> str:
    """The label of an exception's severity."""
    return badge(words(name), SEVERITY_COLOURS.get(name, "gray"))


def status(name: str) -> str:
    """The label of an exception's status."""
    return badge(words(name), STATUS_COLOURS.get(name, "gray"))


def grade(name: str) -> str:
    """The label of a step's evidence."""
    return badge(words(name), GRADE_COLOURS.get(name, "gray"))


def kind(name: str) -> str:
    """The title of an exception's kind."""
    found = KINDS.get(name)
    return found.title if found else step_words(name)
