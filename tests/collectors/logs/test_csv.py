"""Reading CSV: what is bad costs itself only."""

import io

import pytest

from collectors.logs.csv import columns, read_csv
from collectors.logs.rows import LONGEST_ROW, Fault, Fields, LogFileError


def read(raw: bytes, **options: str) -> list[Fields | Fault]:
    return list(read_csv(io.BytesIO(raw), "log.csv", **options))


def faults(found: list[Fields | Fault]) -> list[str]:
    return [one.reason for one in found if isinstance(one, Fault)]


def values(found: list[Fields | Fault], column: str = "a") -> list[str]:
    return [one[column] for one in found if not isinstance(one, Fault)]


def test_rows_by_column_with_quotes_breaks_and_a_byte_order_mark() -> None:
    found = read(b'\xef\xbb\xbfa,b\r\n1,"x, ""y"""\r\n\r\n2,"two\nlines"\r\n')
    assert found == [{"a": "1", "b": 'x, "y"'}, {"a": "2", "b": "two\nlines"}]


def test_another_delimiter_and_encoding() -> None:
    assert read("a;b\n1;Müller\n".encode("cp1252"), delimiter=";", encoding="cp1252") == [{"a": "1", "b": "Müller"}]


def test_a_row_with_too_many_or_too_few_fields_is_a_fault() -> None:
    found = read(b"a,b\n1,2\n3\n4,5,6\n7,8\n")
    assert values(found) == ["1", "7"]
    assert faults(found) == ["1 fields where the header names 2", "3 fields where the header names 2"]


def test_an_open_quote_does_not_swallow_the_rows_behind_it() -> None:
    found = read(b'a,b\n1,2\n3,"open\n4,5\n6,7\n')
    assert values(found) == ["1", "4", "6"]
    assert [one.raw for one in found if isinstance(one, Fault)] == [b'3,"open\n']


def test_text_behind_a_closing_quote_is_a_fault() -> None:
    found = read(b'a,b\n1,"2"x\n3,4\n')
    assert values(found) == ["3"]
    assert len(faults(found)) == 1


def test_a_row_longer_than_the_limit_is_a_fault_and_not_held() -> None:
    found = read(b"a,b\n1,2\n3," + b"x" * (3 * LONGEST_ROW) + b"\n4,5\n")
    assert values(found) == ["1", "4"]
    assert len(faults(found)) == 1


def test_bytes_that_are_no_text_stay_recognisable() -> None:
    found = read(b"a,b\n1,\xff\n2,ok\n")
    assert values(found, "b") == ["\udcff", "ok"]


def test_a_file_in_another_encoding_ends_the_reading() -> None:
    found = read("a,b\n1,2\n".encode("utf-16") + b"\x00\xd8", encoding="utf-16")
    assert isinstance(found[-1], Fault)
    assert found[-1].ends


@pytest.mark.parametrize("raw", [b"", b"\n1,2\n", b"a,a\n1,2\n", b'"a\n'])
def test_a_header_that_names_no_columns_once_each_refuses_the_file(raw: bytes) -> None:
    with pytest.raises(LogFileError, match="header"):
        read(raw)


def test_the_columns_are_known_without_reading() -> None:
    stream = io.BufferedReader(io.BytesIO(b"a;b\n1;2\n"))  # type: ignore[arg-type]
    assert columns(stream, ";") == ["a", "b"]
    assert stream.read() == b"a;b\n1;2\n"
