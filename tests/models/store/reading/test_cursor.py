from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.questions import QuestionError
from models.store.reading.cursor import Cursor, read_cursor, write_cursor


@given(
    st.text(max_size=20),
    st.dictionaries(st.text(max_size=5), st.lists(st.text(max_size=5))),
    st.booleans(),
    st.lists(st.text(max_size=10) | st.integers(-(2**63), 2**63 - 1)),
)
def test_a_cursor_is_read_as_it_was_written(sort, filters, in_nulls, place) -> None:
    cursor = Cursor(sort, filters, in_nulls, place, {"as_of": datetime(2026, 3, 2, 1, 2, 3, 456789, tzinfo=UTC)})
    text = write_cursor(cursor)
    assert read_cursor(text) == cursor
    assert all(sign.isalnum() or sign in "-_" for sign in text)


@pytest.mark.parametrize("text", ["x", "!!!", "é", "e30", "W10", "A" * 30_000, "W1tbW1tbW1tbW1tb" * 900])
def test_any_other_text_is_refused(text) -> None:
    with pytest.raises(QuestionError, match="cursor"):
        read_cursor(text)
