"""Questions to a Salesforce org, and its rows read with care."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from collectors.soql import CREATED, Question, field, flag, instant, instant_literal, numbers, text, text_literal
from models.events import UnreadableEventError

AT = datetime(2026, 3, 2, 10, 15, 7, 125_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", "'plain'"),
        ("O'Neill", r"'O\'Neill'"),
        ("a\\", r"'a\\'"),
        (r"\'", r"'\\\''"),
        ("x' OR Name != '", r"'x\' OR Name != \''"),
        ("two\nlines\t\r", r"'two\nlines\t\r'"),
        ("", "''"),
    ],
)
def test_a_text_cannot_leave_its_literal(value: str, literal: str) -> None:
    assert text_literal(value) == literal


def test_an_instant_is_written_in_utc_without_a_plus_sign() -> None:
    assert instant_literal(AT.astimezone(timezone(timedelta(hours=2)))) == "2026-03-02T10:15:07.125Z"


def test_a_question_asks_from_the_beginning_since_an_instant_or_behind_a_row() -> None:
    question = Question("Account", ("Id", "Name"))
    assert question.soql(None, None, 5) == "SELECT Id, Name FROM Account ORDER BY SystemModstamp, Id LIMIT 5"
    assert " WHERE SystemModstamp >= 2026-03-02T10:15:07.125Z ORDER BY" in question.soql(AT, None, 5)
    behind = question.soql(AT, ["2026-03-02T10:15:07.000+0000", "001'A"], 5)
    at = "2026-03-02T10:15:07.000Z"
    assert f" WHERE (SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '001\\'A')) ORDER BY" in behind


def test_a_condition_of_its_own_stands_beside() -> None:
    question = Question("X__History", ("Id",), clock=CREATED, where="Field IN ('A')")
    wanted = "SELECT Id FROM X__History WHERE Field IN ('A') AND CreatedDate >= 2026-03-02T10:15:07.125Z"
    assert question.soql(AT, None, 5) == f"{wanted} ORDER BY CreatedDate, Id LIMIT 5"


def test_a_field_is_found_through_references() -> None:
    row = {"Name": "x", "Parent": {"Line__c": "L1", "Owner": None}}
    assert field(row, "Parent.Line__c") == "L1"
    assert field(row, "Parent.Owner.Name") is None
    for name in ("Id", "Parent.Id", "Name.Id"):
        with pytest.raises(UnreadableEventError, match=f"{name} is missing"):
            field(row, name)


def test_a_date_time_is_read_with_its_offset() -> None:
    assert instant({"At": "2026-03-02T12:15:07.125+0200"}, "At") == AT
    for value, told in (
        (None, "At is empty"),
        ("2026-03-02T12:15:07", "At is '2026-03-02T12:15:07'"),
        (17, "At is 17"),
        ("soon", "At is 'soon'"),
    ):
        with pytest.raises(UnreadableEventError, match=told):
            instant({"At": value}, "At")


def test_a_checkbox_is_read_as_a_history_keeps_it() -> None:
    assert [flag({"X": value}, "X") for value in (True, "true", "1", False, "False", None)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    with pytest.raises(UnreadableEventError, match="X is 'yes'"):
        flag({"X": "yes"}, "X")


def test_numbers_come_apart_at_semicolons_and_commas() -> None:
    assert numbers({"X": " SOW-2; SOW-1,SOW-2;"}, "X") == ["SOW-1", "SOW-2"]
    assert numbers({"X": None}, "X") == []
    with pytest.raises(UnreadableEventError, match="X is 7; a text is wanted"):
        text({"X": 7}, "X")
