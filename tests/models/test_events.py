"""Reading one event: what is refused, with which reason, and what two ways of saying the same have in common."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.events import Event, UnreadableEventError, from_micros, make_event, micros, read_event

GOOD: dict[str, Any] = {
    "specversion": "1.0",
    "source": "ironclad-emea",
    "id": "rec_123@v4",
    "type": "contract.signed",
    "time": "2026-03-02T10:15:00Z",
    "recordedtime": "2026-03-02T11:16:20+01:00",
    "sequence": "4",
    "subject": "SOW-2041",
    "data": {
        "record": "rec_123",
        "keys": {"contract": "SOW-2041", "ironclad-emea/record": ["rec_123"]},
        "attributes": {"value": "120000.00", "currency": "EUR", "payment_terms": None},
    },
}


JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


def _wire(event: Event) -> bytes:
    told = {"specversion": "1.0", "source": event.source, "id": event.id, "type": event.type}
    return json.dumps(
        {**told, "time": event.occurred_at.isoformat(), "data": {"attributes": event.attributes}}
    ).encode()


def read(change: dict[str, Any] | None = None, **data: Any) -> Event:
    return read_event(json.dumps({**GOOD, **(change or {}), "data": {**GOOD["data"], **data}}).encode())


def test_a_whole_event_is_read() -> None:
    event = read()
    assert event.occurred_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
    assert event.recorded_at == datetime(2026, 3, 2, 10, 16, 20, tzinfo=UTC)
    assert event.keys == {"contract": ("SOW-2041",), "ironclad-emea/record": ("rec_123",)}
    assert event.attributes == {"value": "120000", "currency": "EUR", "payment_terms": None}
    assert (event.sequence, event.record, event.retracts) == ("4", "rec_123", False)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"{", "truncated"),
        (b"5", "Expected 'object'"),
        (b'"x"', "Expected 'object'"),
        (b"{}", "missing required field 'specversion'"),
        (
            b'{"specversion":"1.0","source":"a","id":"1","type":"t","time":"2026-01-01T00:00:00Z","subject":"\xff"}',
            "utf-8",
        ),
    ],
)
def test_what_is_no_event_says_so(raw: bytes, said: str) -> None:
    with pytest.raises(UnreadableEventError, match=said):
        read_event(raw)


@pytest.mark.parametrize("time", ["2026-03-02T10:15:00z", "2026-03-02t11:15:00+01:00", "2026-03-02 10:15:00.000Z"])
def test_a_time_is_read_as_rfc_3339_writes_it(time: str) -> None:
    event = read_event(json.dumps({**GOOD, "time": time}).encode())
    assert event.occurred_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"specversion": "0.3"}, "specversion is '0.3'"),
        ({"source": ""}, "source has 0 characters"),
        ({"id": "x" * 501}, "id has 501 characters"),
        ({"id": 5}, "Expected 'str', got 'int'"),
        ({"type": ""}, "type has 0 characters"),
        ({"time": "2026-03-02T10:15:00"}, "has no zone"),
        ({"time": "2026-03-02"}, "has no time of day"),
        ({"time": "02.03.2026 10:15"}, "is no RFC 3339 time"),
        ({"time": "2026-02-30T00:00:00Z"}, "is no RFC 3339 time"),
        ({"time": "2026-W10-1T12:00:00Z"}, "is no RFC 3339 time"),
        ({"time": "9999-12-31T12:00:00Z"}, "outside the years 1 to 9990"),
        ({"data": {"keys": {"contract": "\u4e00" * 400}}}, "a value of 1200 bytes"),
        ({"time": "0001-01-01T00:00:00+10:00"}, "outside the years 1 to 9990"),
        ({"recordedtime": "soon"}, "recordedtime 'soon' is no RFC 3339 time"),
        ({"subject": "a\u0000b"}, "null character"),
        ({"source": "a\u0000b"}, "null character"),
        ({"id": "\ud800"}, "surrogate|Unicode|utf-8|escape"),
        ({"data": 5}, "Expected 'object'"),
        ({"data": {"keys": ["contract"]}}, "Expected 'object'"),
        ({"data": {"keys": {"contract": 5}}}, "data.keys"),
        ({"data": {"retracts": "yes"}}, "Expected 'bool'"),
    ],
)
def test_a_field_that_does_not_fit_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(UnreadableEventError, match=said):
        read_event(json.dumps({**GOOD, **change}).encode())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("value", True, "data.attributes.value is 'true'"),
        ("amount", False, "a decimal such as"),
        ("start_on", 20261301, "a date such as"),
        ("effective_on", True, "a date such as"),
        ("currency", 978, "a code such as"),
        ("lines", [{"line": "L", "amount": True}], "a decimal such as"),
        ("value", "1.2.3", "data.attributes.value is '1.2.3'"),
        ("value", "NaN", "a number below 1e20"),
        ("value", "Infinity", "a number below 1e20"),
        ("value", "1e400", "a number below 1e20"),
        ("value", "0.000000000001", "at most 10 decimals"),
        ("value", "", "a decimal such as"),
        ("value", "1_000", "a decimal such as"),
        ("value", "\u0661\u0662", "a decimal such as"),
        ("amount", "1e400000000", "a number below 1e20"),
        ("amount", "-1e400000000", "a number below 1e20"),
        ("amount", "1e-400000000", "at most 10 decimals"),
        ("amount", "1e99999999999999999999", "a number below 1e20"),
        ("lines", [{"line": "L", "amount": "1e400000000"}], "a number below 1e20"),
        ("start_on", "2026-03-31garbage", "a date such as"),
        ("start_on", "2026-W10-1", "a date such as"),
        ("customer", "\u4e00" * 101, "303 bytes"),
        ("transaction", "x" * 301, "301 bytes"),
        ("currency", "euro", "a code such as 'EUR'"),
        ("start_on", "31.03.2026", "a date such as"),
        ("customer", ["C-1"], "is a list or mapping"),
        ("customer", "x" * 100_001, "100001 characters"),
        ("lines", "L1", "no list of mappings"),
        ("lines", [{"line": "L1", "amount": "x"}], "data.attributes.amount is 'x'"),
        ("region", "a\u0000b", "null character"),
    ],
)
def test_an_attribute_that_does_not_fit_is_named(name: str, value: Any, said: str) -> None:
    with pytest.raises(UnreadableEventError, match=said):
        read(attributes={name: value})


@pytest.mark.parametrize("number", ["1e400000000", "1e99999999999999999999", "-1e1000001"])
def test_a_monstrous_number_in_json_is_refused_as_one(number: str) -> None:
    raw = json.dumps(GOOD).replace('"120000.00"', number).encode()
    with pytest.raises(UnreadableEventError, match="a number"):
        read_event(raw)


@pytest.mark.parametrize("number", ["1e200000", "1e-20000", "1e400000000"])
def test_a_number_of_a_payload_that_no_database_holds_is_kept_as_text(number: str) -> None:
    raw = json.dumps({**GOOD, "data": {"attributes": {"payload": {"a": [0]}}}}).replace("[0]", f"[{number}]").encode()
    assert isinstance(read_event(raw).attributes["payload"]["a"][0], str)


def test_a_number_too_large_for_a_float_is_refused_as_one() -> None:
    raw = json.dumps(GOOD).replace('"120000.00"', "1e400").encode()
    with pytest.raises(UnreadableEventError, match="a number below 1e20"):
        read_event(raw)


@pytest.mark.parametrize("key", ["", "system/"])
def test_a_key_without_a_kind_is_refused(key: str) -> None:
    with pytest.raises(UnreadableEventError, match="is no key name"):
        read(keys={key: "x"})


def test_an_empty_key_is_refused() -> None:
    with pytest.raises(UnreadableEventError, match=r"data\.keys\.contract has a value of 0 bytes"):
        read(keys={"contract": ""})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"value": "120000.00"}, {"value": 120000}),
        ({"value": "120000.00"}, {"value": 120000.0}),
        ({"hours": "-0.50"}, {"hours": -0.5}),
        ({"deposit": "true"}, {"deposit": True}),
        ({"amount": "0.00"}, {"amount": 0}),
    ],
)
def test_the_same_meaning_has_the_same_content(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert read(attributes=one).content_hash == read(attributes=other).content_hash


def test_the_order_of_key_values_has_no_meaning() -> None:
    assert read(keys={"contract": ["B", "A", "B"]}) == read(keys={"contract": ["A", "B"]})


def test_another_content_has_another_hash_and_the_same_identity() -> None:
    one, other = read(), read({"time": "2026-03-02T10:15:01Z"})
    assert one.identity == other.identity
    assert one.content_hash != other.content_hash


def test_an_identity_is_source_and_id_and_not_their_sum() -> None:
    assert read({"source": "ab", "id": "c"}).identity != read({"source": "a", "id": "bc"}).identity


@given(
    st.datetimes(
        datetime(2, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
        datetime(9990, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5)), timezone(timedelta(hours=14))]),
    )
)
def test_an_instant_keeps_its_microseconds_in_every_zone(at: datetime) -> None:
    event = make_event(source="a", id="1", type="t", occurred_at=at)
    assert from_micros(micros(event.occurred_at)) == at


@pytest.mark.parametrize(
    "parts", [{"keys": {"contract": "\ud800"}}, {"attributes": {"customer": "\ud800"}}, {"id": "\ud800"}]
)
def test_half_a_surrogate_pair_is_refused_wherever_it_comes_from(parts: dict[str, Any]) -> None:
    with pytest.raises(UnreadableEventError, match="surrogate"):
        make_event(**{"source": "a", "id": "1", "type": "t", "occurred_at": JANUARY, **parts})


@given(st.text(), st.text())
def test_any_text_is_taken_or_refused_with_a_reason(name: str, value: str) -> None:
    said = ""
    try:
        event = make_event(source="a", id="1", type="t", occurred_at=JANUARY, attributes={name: value})
    except UnreadableEventError as error:
        said = str(error)
    assert said or read_event(_wire(event)) == event


@pytest.mark.parametrize("depth", [102, 500, 700, 950])
def test_a_payload_that_is_nested_without_end_costs_its_own_event(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    raw = json.dumps({**GOOD, "data": {"attributes": {"payload": 0}}}).replace(": 0}", f": {deep}}}").encode()
    with pytest.raises(UnreadableEventError, match="nested more than 100 deep"):
        read_event(raw)
