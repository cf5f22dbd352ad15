"""Spans of time as people write them."""

from datetime import timedelta

import pytest

from models.spans import parse_span


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("90s", timedelta(seconds=90)),
        ("5m", timedelta(minutes=5)),
        ("1.5h", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("2d", timedelta(days=2)),
        ("0s", timedelta()),
    ],
)
def test_a_number_with_a_unit_is_a_span(text: str, span: timedelta) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["24", "h", "-1h", "1 h", "1w", "1e3s", "٣h", "", 24, None, True, "9999999d"])
def test_anything_else_is_refused_with_what_is_allowed(text: object) -> None:
    with pytest.raises(ValueError, match="a number with s, m, h or d"):
        parse_span(text)
