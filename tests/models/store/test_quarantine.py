import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.store.quarantine import BadInput, explain, mark_reimported, quarantine, quarantine_all, source_of, take
from tests.making import at


def rows(connection) -> list[tuple]:
    columns = "source, stream, reason, raw, format, first_seen_at, count, reimported_at"
    return connection.execute(f"SELECT {columns} FROM quarantine ORDER BY source, stream, raw").fetchall()


def test_the_same_bytes_of_a_stream_are_kept_once_and_counted(connection) -> None:
    first = quarantine(connection, "clm", "events", b"x", "bad", at(1))
    again = quarantine(connection, "clm", "events", b"x", "still bad", at(2))
    assert first == again
    assert rows(connection) == [("clm", "events", "still bad", b"x", "cloudevent", at(1), 2, None)]


def test_other_bytes_another_stream_and_another_source_are_rows_of_their_own(connection) -> None:
    quarantine(connection, "clm", "events", b"x", "bad", at(1))
    quarantine(connection, "clm", "events", b"y", "bad", at(1))
    quarantine(connection, "clm", "files", b"x", "bad", at(1), "log:a/b")
    quarantine(connection, "erp", "events", b"x", "bad", at(1))
    assert [row[6] for row in rows(connection)] == [1, 1, 1, 1]
    assert rows(connection)[2][4] == "log:a/b"


def test_many_are_put_there_at_once_and_named_in_the_order_of_their_first_place(connection) -> None:
    inputs = [BadInput("s", raw, "bad") for raw in (b"c", b"a", b"c", b"b")]
    numbers = quarantine_all(connection, "events", inputs, at(1))
    assert len(set(numbers)) == 3
    assert [bytes(take(connection, number).raw) for number in numbers] == [b"c", b"a", b"b"]  # type: ignore[union-attr]
    assert [row[6] for row in rows(connection)] == [1, 1, 2]
    assert quarantine_all(connection, "events", [], at(1)) == []


def test_many_are_written_by_one_statement(connection) -> None:
    inputs = [BadInput(f"s{number % 7}", b"%d" % number, f"bad {number % 3}") for number in range(1_000)]
    quarantine_all(connection, "events", inputs, at(1))
    # The number of the command, in its transaction, that wrote a row.
    assert connection.execute("SELECT count(*), count(DISTINCT cmin::text) FROM quarantine").fetchone() == (1_000, 1)


def test_what_was_imported_again_and_comes_once_more_waits_again(connection) -> None:
    number = quarantine(connection, "clm", "events", b"x", "bad", at(1))
    mark_reimported(connection, number, at(2))
    assert rows(connection)[0][7] == at(2)
    quarantine(connection, "clm", "events", b"x", "bad again", at(3))
    waiting = take(connection, number)
    assert waiting is not None
    assert (waiting.reimported_at, waiting.source, waiting.stream, waiting.raw) == (None, "clm", "events", b"x")


def test_a_reason_that_the_store_cannot_hold_is_kept_readable(connection) -> None:
    number = quarantine(connection, "clm", "events", b"x", "a\0b\ud800" + "c" * 1000, at(1))
    assert rows(connection)[0][2].startswith("a\\0b\\ud800ccc")
    assert len(rows(connection)[0][2]) == 500
    explain(connection, number, "another\0reason")
    assert rows(connection)[0][2] == "another\\0reason"


def test_an_input_that_is_not_there_is_none(connection) -> None:
    assert take(connection, 7) is None


@pytest.mark.parametrize(
    ("raw", "source"),
    [
        (b'{"source": "clm", "id": 5}', "clm"),
        (b'{"a": {"b": "\\ud83d!"}, "source": "clm"}', "clm"),
        (b' {"source": "clm", "source": "crm", "a": NaN}', "crm"),
        (b'{"source": "clm", "source": "crm"}', "crm"),
        (b'{"source": "clm", "a": "\xff"}', "unknown"),
        (b'{"source": "clm", "a": ' + b"[" * 100_000, "unknown"),
        (b'"source"', "unknown"),
        (b"5", "unknown"),
        (b"", "unknown"),
        (b'{"source": ""}', "unknown"),
        (b'{"source": 5}', "unknown"),
        (b'{"source": "a\\u0000b"}', "unknown"),
        (b'{"source": "\\ud800"}', "unknown"),
        (b"{}", "unknown"),
        (b"[]", "unknown"),
        (b"nonsense", "unknown"),
        (b'{"source": "' + b"x" * 501 + b'"}', "unknown"),
    ],
)
def test_the_source_is_what_the_input_says_where_that_can_be_read(raw, source) -> None:
    assert source_of(raw) == source


@given(st.binary(max_size=50) | st.text().map(lambda text: json.dumps({"source": text}).encode()))
def test_a_source_can_always_be_stored(raw: bytes) -> None:
    source = source_of(raw)
    assert 0 < len(source.encode()) <= 2_000
    assert "\0" not in source
