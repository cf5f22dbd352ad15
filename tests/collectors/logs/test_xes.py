"""Reading XES: attributes of event and trace, and XML that must not be trusted."""

import io

from collectors.logs.rows import LONGEST_ROW, Fault, Fields
from collectors.logs.xes import read_xes

HEAD = b'<?xml version="1.0" encoding="UTF-8"?><log xes.version="1.0" xmlns="http://www.xes-standard.org">'


def read(raw: bytes) -> list[Fields | Fault]:
    return list(read_xes(io.BytesIO(raw)))


def an_event(name: str) -> bytes:
    return f'<event><string key="concept:name" value="{name}"/></event>'.encode()


def test_events_with_their_own_attributes_and_those_of_their_trace() -> None:
    found = read(
        HEAD
        + b'<global scope="event"><string key="concept:name" value="none"/></global>'
        + b'<trace><string key="concept:name" value="c1"/>'
        + b'<event><string key="concept:name" value="A &amp; B"/>'
        + b'<date key="time:timestamp" value="2017-01-09T00:00:00.000+01:00"/>'
        + b'<string key="outer" value="o"><string key="inner" value="i"/></string></event>'
        + b'</trace><trace><string key="concept:name" value="c2"/><event/></trace></log>'
    )
    assert found == [
        {
            "case:concept:name": "c1",
            "concept:name": "A & B",
            "time:timestamp": "2017-01-09T00:00:00.000+01:00",
            "outer": "o",
        },
        {"case:concept:name": "c2"},
    ]


def test_what_came_before_broken_xml_is_kept_and_the_break_told_once() -> None:
    found = read(HEAD + b"<trace>" + an_event("A") + an_event("B") + b"<event><string key='x'</trace></log>")
    *events, last = found
    assert [one["concept:name"] for one in events if not isinstance(one, Fault)] == ["A", "B"]
    assert isinstance(last, Fault)
    assert last.ends
    assert b"key='x'" in last.raw


def test_entities_are_refused_before_they_can_grow() -> None:
    found = read(
        b'<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
        b"<log><trace><event><string key='concept:name' value='&b;'/></event></trace></log>"
    )
    assert len(found) == 1
    assert isinstance(found[0], Fault)
    assert "DOCTYPE" in found[0].reason


def test_an_external_document_type_is_refused() -> None:
    (found,) = read(b'<?xml version="1.0"?><!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>')
    assert isinstance(found, Fault)


def test_elements_without_end_are_refused() -> None:
    (found,) = read(HEAD + b"<a>" * 100_000)
    assert isinstance(found, Fault)
    assert "deep" in found.reason


def test_a_tag_without_end_is_refused_and_not_held() -> None:
    (found,) = read(HEAD + b'<string key="' + b"x" * (4 * LONGEST_ROW))
    assert isinstance(found, Fault)
    assert "passes" in found.reason
