from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import questions
from models.questions import QuestionError

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-03-02T10:15:00Z", datetime(2026, 3, 2, 10, 15, tzinfo=UTC)),
        ("2026-03-02T10:15:00.123456+01:00", datetime(2026, 3, 2, 9, 15, 0, 123456, tzinfo=UTC)),
        ("2026-03-02T10:15:00 01:00", datetime(2026, 3, 2, 9, 15, tzinfo=UTC)),  # a plus sign lost in a query string
        ("2026-03-02", datetime(2026, 3, 1, 23, 0, tzinfo=UTC)),
        ("2026-07-02", datetime(2026, 7, 1, 22, 0, tzinfo=UTC)),
    ],
)
def test_an_instant_is_a_time_with_its_zone_or_the_beginning_of_a_day(text, at) -> None:
    assert questions.read_instant("from", text, BERLIN) == at


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-03-02T10:15:00", "2026-13-02", "0001-01-01", "9999-12-31T23:59:59-12:00", "20260302"],
)
def test_what_is_no_instant_is_refused_by_the_name_of_its_parameter(text) -> None:
    with pytest.raises(QuestionError, match="opened_at_from") as caught:
        questions.read_instant("opened_at_from", text)
    assert caught.value.parameter == "opened_at_from"


@pytest.mark.parametrize("text", ["0", "501", "-1", "1.5", "many", "", "٣", "9" * 5000])
def test_a_limit_is_a_whole_number_from_1_to_500(text) -> None:
    with pytest.raises(QuestionError, match="limit"):
        questions.read_limit(text)
    assert (questions.read_limit("1"), questions.read_limit("500")) == (1, 500)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999999999", "1.2.3", "", "9" * 5000])
def test_a_number_is_finite(text) -> None:
    with pytest.raises(QuestionError):
        questions.read_number("value_from", text)
    assert questions.read_number("value_from", "-12.50") == Decimal("-12.50")


@pytest.mark.parametrize("text", ["1.5", "9223372036854775808", "x"])
def test_an_integer_is_whole_and_fits_the_store(text) -> None:
    with pytest.raises(QuestionError):
        questions.read_integer("seq", text)
    assert questions.read_integer("seq", "12") == 12


@given(st.text())
def test_text_is_taken_or_refused_and_what_is_taken_can_be_stored(text: str) -> None:
    try:
        taken = questions.read_text("customer", text)
    except QuestionError:
        assert "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text)
    else:
        assert taken == text
        taken.encode()


def test_an_unknown_word_is_told_the_nearest_and_all_that_are_allowed() -> None:
    error = questions.unknown("sort", "conract", ["contract", "state"])
    assert "did you mean 'contract'? allowed: contract, state" in str(error)


def test_words_come_one_by_one_or_with_commas() -> None:
    assert questions.words(["a,b", "c", "a", ",,"]) == ["a", "b", "c"]
