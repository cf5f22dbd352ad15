"""Reading OCEL 2.0: one small log as sqlite, XML and JSON gives the same rows."""

import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from collectors.logs.jsonstream import items
from collectors.logs.ocel import spool_json, spool_sqlite, spool_xml
from collectors.logs.rows import LONGEST_ROW, Fault, Fields, LogFileError
from collectors.logs.spool import Spool, spool

OBJECTS = {
    "o1": "orders",
    "o2": "orders",
    "i1": "items",
    "i2": "items",
    "i3": "items",
    "p1": "packages",
    "Eve": "people",
}
RELATED = [("o1", "i1"), ("o1", "i2"), ("o2", "i3"), ("p1", "i2"), ("p1", "i3")]
EVENTS = [
    ("e1", "place order", "2023-04-03T12:00:00", {"channel": "web"}, ["o1", "i1", "i2"]),
    ("e2", "place order", "2023-04-03T13:00:00", {"channel": "shop"}, ["o2", "i3"]),
    ("e3", "send package", "2023-04-05T08:00:00", {}, ["p1", "Eve"]),
]


def a_sqlite(place: Path) -> Path:
    with sqlite3.connect(place) as log:
        log.executescript(
            "CREATE TABLE event (ocel_id TEXT, ocel_type TEXT); CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);"
            "CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);"
            "CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);"
            "CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);"
            "INSERT INTO event_map_type VALUES ('place order', 'PlaceOrder'), ('send package', 'SendPackage');"
            "CREATE TABLE event_PlaceOrder (ocel_id TEXT, ocel_time TEXT, channel TEXT);"
            "CREATE TABLE event_SendPackage (ocel_id TEXT, ocel_time TEXT);"
        )
        log.executemany("INSERT INTO object VALUES (?, ?)", OBJECTS.items())
        log.executemany("INSERT INTO object_object VALUES (?, ?, '')", RELATED)
        for id_, type_, time, said, named in EVENTS:
            log.execute("INSERT INTO event VALUES (?, ?)", (id_, type_))
            log.executemany("INSERT INTO event_object VALUES (?, ?, '')", [(id_, one) for one in named])
            if said:
                log.execute("INSERT INTO event_PlaceOrder VALUES (?, ?, ?)", (id_, time, said["channel"]))
            else:
                log.execute("INSERT INTO event_SendPackage VALUES (?, ?)", (id_, time))
    log.close()
    return place


def an_xml() -> bytes:
    def related(ids: list[str]) -> str:
        return "<objects>" + "".join(f'<relationship object-id="{one}" qualifier="q"/>' for one in ids) + "</objects>"

    objects = "".join(
        f'<object id="{id_}" type="{type_}"><attributes><attribute name="price" time="0">9</attribute></attributes>'
        f"{related([other for one, other in RELATED if one == id_])}</object>"
        for id_, type_ in OBJECTS.items()
    )
    events = "".join(
        f'<event id="{id_}" type="{type_}" time="{time}"><attributes>'
        + "".join(f'<attribute name="{name}">{value}</attribute>' for name, value in said.items())
        + f"</attributes>{related(named)}</event>"
        for id_, type_, time, said, named in EVENTS
    )
    return f"<log><events>{events}</events><objects>{objects}</objects></log>".encode()


def a_json() -> bytes:
    return json.dumps(
        {
            "objectTypes": [],
            "objects": [
                {"id": id_, "type": type_, "relationships": [{"objectId": b} for a, b in RELATED if a == id_]}
                for id_, type_ in OBJECTS.items()
            ],
            "events": [
                {
                    "id": id_,
                    "type": type_,
                    "time": time,
                    "attributes": [{"name": name, "value": value} for name, value in said.items()],
                    "relationships": [{"objectId": one, "qualifier": "q"} for one in named],
                }
                for id_, type_, time, said, named in EVENTS
            ],
        }
    ).encode()


@pytest.fixture
def spooled() -> Iterator[Spool]:
    with spool() as empty:
        yield empty


def rows(spooled: Spool) -> list[Fields]:
    spooled.finish()
    return [*spooled.links([("orders", "items")]), *spooled.events(("packages", "items", "orders"))]


EXPECTED = [
    {
        "ocel:id": f"link:{order}>{item}",
        "ocel:link": "orders>items",
        "ocel:time": time,
        "objects:orders": [order],
        "objects:items": [item],
    }
    for order, item, time in (
        ("o1", "i1", "2023-04-03T12:00:00"),
        ("o1", "i2", "2023-04-03T12:00:00"),
        ("o2", "i3", "2023-04-03T13:00:00"),
    )
] + [
    {
        "channel": "web",
        "ocel:id": "e1",
        "ocel:type": "place order",
        "ocel:time": "2023-04-03T12:00:00",
        "objects:orders": ["o1"],
        "objects:items": ["i1", "i2"],
    },
    {
        "channel": "shop",
        "ocel:id": "e2",
        "ocel:type": "place order",
        "ocel:time": "2023-04-03T13:00:00",
        "objects:orders": ["o2"],
        "objects:items": ["i3"],
    },
    {
        "ocel:id": "e3",
        "ocel:type": "send package",
        "ocel:time": "2023-04-05T08:00:00",
        "objects:packages": ["p1"],
        "objects:people": ["Eve"],
        "ocel:lines": [{"contract": "o1", "line": "i2"}, {"contract": "o2", "line": "i3"}],
    },
]


def test_sqlite(tmp_path: Path, spooled: Spool) -> None:
    place = a_sqlite(tmp_path / "log")
    before = place.read_bytes()
    assert list(spool_sqlite(place, "log", spooled)) == []
    assert rows(spooled) == EXPECTED
    assert place.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["log"]


def test_xml_whose_events_come_before_its_objects(spooled: Spool) -> None:
    assert list(spool_xml(io.BytesIO(an_xml()), spooled)) == []
    assert rows(spooled) == EXPECTED


def test_json(spooled: Spool) -> None:
    assert list(spool_json(io.BytesIO(a_json()), spooled)) == []
    assert rows(spooled) == EXPECTED


def test_a_link_is_known_from_when_both_its_objects_are(spooled: Spool) -> None:
    assert list(spool_json(io.BytesIO(a_json()), spooled)) == []
    spooled.finish()
    times = {
        (link["objects:packages"][0], link["objects:items"][0]): link["ocel:time"]
        for link in spooled.links([("packages", "items")])
    }
    assert times == {("p1", "i2"): "2023-04-05T08:00:00", ("p1", "i3"): "2023-04-05T08:00:00"}


def test_a_database_of_something_else_is_refused(tmp_path: Path, spooled: Spool) -> None:
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE event (a)")
    other.close()
    with pytest.raises(LogFileError, match="has no table"):
        list(spool_sqlite(tmp_path / "other", "other", spooled))


def test_a_broken_database_is_refused(tmp_path: Path, spooled: Spool) -> None:
    place = a_sqlite(tmp_path / "log")
    place.write_bytes(place.read_bytes()[:5000])
    with pytest.raises(LogFileError, match="can be read"):
        list(spool_sqlite(place, "log", spooled))


def test_a_view_in_the_place_of_a_table_is_not_run(tmp_path: Path, spooled: Spool) -> None:
    place = a_sqlite(tmp_path / "log")
    with sqlite3.connect(place) as log:
        log.execute("DROP TABLE event_object")
        log.execute("CREATE VIEW event_object AS SELECT 1 AS ocel_event_id, 2 AS ocel_object_id")
    log.close()
    with pytest.raises(LogFileError, match="event_object"):
        list(spool_sqlite(place, "log", spooled))


def test_text_that_is_none_costs_its_row(tmp_path: Path, spooled: Spool) -> None:
    place = a_sqlite(tmp_path / "log")
    with sqlite3.connect(place) as log:
        log.execute("UPDATE event_PlaceOrder SET channel = CAST(x'ff' AS TEXT) WHERE ocel_id = 'e2'")
    log.close()
    (fault,) = spool_sqlite(place, "log", spooled)
    assert b"\xff" in fault.raw
    assert [row["ocel:id"] for row in rows(spooled) if "ocel:link" not in row] == ["e1", "e3"]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"id": "e2", ', ""),
        lambda text: text.replace('"place order", "time": "2023-04-03T13:00:00"', '"\\ud800"'),
        lambda text: text.replace('{"id": "e2"', '7, {"id": "e2"'),
        lambda text: text.replace('"id": "e2"', '"id": ["e2"]'),
    ],
)
def test_a_bad_item_of_json_costs_itself(change: Callable[[str], str], spooled: Spool) -> None:
    (fault,) = spool_json(io.BytesIO(change(a_json().decode()).encode()), spooled)
    assert not fault.ends
    assert {row["ocel:id"] for row in rows(spooled)} >= {"e1", "e3"}


def test_broken_json_keeps_what_came_before(spooled: Spool) -> None:
    text = a_json().decode()
    (fault,) = spool_json(io.BytesIO(text[: text.index('"e3"')].encode()), spooled)
    assert fault.ends
    assert [row["ocel:id"] for row in rows(spooled) if "ocel:link" not in row] == ["e1", "e2"]


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"a" 1}', b'{"events": [' + b"[" * 100_000, b'{"a": "' + b"x" * (2 * LONGEST_ROW)]
)
def test_what_is_no_json_is_one_fault(raw: bytes) -> None:
    *_, last = items(io.BytesIO(raw))
    assert isinstance(last, Fault)
    assert last.ends


def test_items_come_one_by_one_however_the_text_is_cut() -> None:
    many = {"other": {"a": [1]}, "events": [{"n": n, "text": "é" * 999} for n in range(500)], "n": 12.5}
    found = list(items(io.BytesIO(json.dumps(many, ensure_ascii=False).encode())))
    assert [item["n"] for name, item in found if name == "events"] == [str(n) for n in range(500)]  # type: ignore[misc]
