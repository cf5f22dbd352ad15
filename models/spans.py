"""Spans of time as people write them in files: a number with s, m, h or d."""

import re
from datetime import timedelta

ALLOWED = 'a number with s, m, h or d, such as "90s", "1.5h" or "2d"'

_SPAN = re.compile(r"([0-9]{1,6}(?:[.][0-9]{1,6})?)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_span(text: object) -> timedelta:
    """The span; a day is 24 hours. ValueError says what is allowed."""
    match = _SPAN.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(ALLOWED)
    return timedelta(**{_UNITS[match[2]]: float(match[1])})
