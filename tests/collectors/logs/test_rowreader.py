"""From rows to events by a mapping."""

from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.logs.mapping import Mapping, TypeRule, fitting, read_mappings
from collectors.logs.rowreader import RowReader, reread, row_bytes
from collectors.logs.rows import Fields
from models.events import UnreadableEventError
from models.process import Process
from models.process_file import ProcessFileError, read_process

HEAD = """
name = "p"
[keys]
journey = ["order"]
shared = ["invoice"]
[[steps]]
name = "order.placed"
subjects = ["line"]
[[steps]]
name = "invoice.posted"
[[withdrawals]]
by = "invoice.voided"
steps = ["invoice.posted"]
"""


def a_process(section: str) -> Process:
    return read_process(HEAD + "[imports.log]\n" + section, "p.toml")


def a_reader(**changes: Any) -> RowReader:
    parts: dict[str, Any] = {
        "format": "csv",
        "source": "shop",
        "time": ("at",),
        "time_zone": "Europe/Berlin",
        "type": ("what",),
        "types": {"Placed": "order.placed", "Posted ": "invoice.posted"},
        "keys": {"order": "no"},
    }
    return RowReader(Mapping(**(parts | changes)), "log")


def a_row(**changes: Any) -> Fields:
    return {"no": "17", "what": "Placed", "at": "2026-07-01 10:00:00"} | changes


def test_a_row_becomes_an_event_with_its_time_in_the_declared_zone() -> None:
    event = a_reader(attributes={"line": "item", "amount": "sum"}).event(a_row(item="3", sum="12.50"))
    assert event is not None
    assert (event.source, event.type, event.keys) == ("shop", "order.placed", {"order": ("17",)})
    assert event.occurred_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert event.attributes == {"line": "3", "amount": "12.5"}
    assert event.record is None


def test_an_offset_in_the_row_counts_more_than_the_declared_zone() -> None:
    event = a_reader().event(a_row(at="2026-07-01T10:00:00.250-05:00"))
    assert event is not None
    assert event.occurred_at == datetime(2026, 7, 1, 15, 0, 0, 250_000, tzinfo=UTC)


def test_time_from_two_columns_in_a_format() -> None:
    event = a_reader(time=("day", "hour"), time_format="%Y%m%d %H%M%S", time_zone="UTC").event(
        a_row(day="20200326", hour="081257")
    )
    assert event is not None
    assert event.occurred_at == datetime(2020, 3, 26, 8, 12, 57, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "row", "said"),
    [
        ({"time_zone": ""}, a_row(), "without a zone; declare time_zone in [imports.log]"),
        ({}, a_row(at="2026-07-01"), "without a time of day"),
        ({}, a_row(at="yesterday"), "no time as ISO 8601"),
        ({"time_format": "%Y"}, a_row(), "no time as %Y"),
        ({}, a_row(at=" "), "is empty"),
        ({}, {"no": "17", "what": "Placed"}, "is empty"),
        ({}, a_row(at="0001-01-01T00:00:00+14:00"), "outside the years"),
        ({}, a_row(what="Posted"), "of which no step is known; add it to [imports.log.types]"),
        ({"source": "", "source_column": "system"}, a_row(system=""), "names the source"),
        ({"id": ("event",)}, a_row(event=""), "tells events apart"),
        ({"attributes": {"amount": "sum"}}, a_row(sum="1.2.3"), "a decimal"),
        ({"attributes": {"amount": "sum"}}, a_row(sum="NaN"), "a number"),
        ({"attributes": {"amount": "sum"}}, a_row(sum="1e400"), "a number"),
        ({}, a_row(no="a\0b"), "null character"),
        ({}, a_row(no="\udcff"), "surrogate"),
        ({"attributes": {"region": "other"}}, a_row(other="\ud800"), "surrogate"),
    ],
)
def test_a_row_that_says_no_event_is_refused_with_the_reason(changes: dict[str, Any], row: Fields, said: str) -> None:
    with pytest.raises(UnreadableEventError) as refused:
        a_reader(**changes).event(row)
    assert said in str(refused.value)


def test_spaces_around_an_activity_are_kept_unless_trimmed_by_declaration() -> None:
    event = a_reader().event(a_row(what="Posted "))
    assert event is not None
    assert event.type == "invoice.posted"
    trimmed = a_reader(trim=True, types={"Posted": "invoice.posted"}).event(a_row(what="Posted ", no=" 17 "))
    assert trimmed is not None
    assert (trimmed.type, trimmed.keys) == ("invoice.posted", {"order": ("17",)})


def test_rows_are_left_out_by_declaration() -> None:
    reader = a_reader(where={"kind": ("C", "J")})
    assert reader.event(a_row(kind="M")) is None
    assert reader.event(a_row(kind="C")) is not None


def test_the_rule_of_an_activity_adds_keys_and_the_rest_of_a_family_has_one() -> None:
    rules = {
        "C/M": TypeRule("invoice.posted", {"invoice": "next"}),
        "C/*": TypeRule("order.placed"),
        "*": "order.placed",
    }
    reader = a_reader(type=("before", "after"), types=rules)
    event = reader.event(a_row(before="C", after="M", next="90"))
    assert event is not None
    assert (event.type, event.keys) == ("invoice.posted", {"order": ("17",), "invoice": ("90",)})
    for before in ("C", "X"):
        event = reader.event(a_row(before=before, after="?", next="90"))
        assert event is not None
        assert (event.type, event.keys) == ("order.placed", {"order": ("17",)})


def test_without_types_an_activity_is_the_type_itself() -> None:
    event = a_reader(types={}).event(a_row(what="order.placed"))
    assert event is not None
    assert event.type == "order.placed"


def test_several_values_in_one_column() -> None:
    event = a_reader(keys={"order": "no", "invoice": "bills"}, separator=";").event(a_row(bills="b; a;"))
    assert event is not None
    assert event.keys == {"order": ("17",), "invoice": ("a", "b")}


def test_records_sequences_and_retractions() -> None:
    event = a_reader(record="doc", sequence="version", retracts="gone", recorded=("written",)).event(
        a_row(doc="D1", version="4", gone="TRUE", written="2026-07-01 11:00:00")
    )
    assert event is not None
    assert (event.record, event.sequence, event.retracts) == ("D1", "4", True)
    assert event.recorded_at == datetime(2026, 7, 1, 9, tzinfo=UTC)


def test_equal_rows_are_one_event_whatever_the_order_of_columns_and_empty_ones_more_or_less() -> None:
    row = a_row()
    same = dict(reversed([*row.items(), ("empty", "")]))
    reader = a_reader()
    events = [reader.event(one) for one in (row, same, a_row(note="x"))]
    identities = [event.identity for event in events if event is not None]
    assert identities[0] == identities[1] != identities[2]


def test_ids_of_several_columns_are_never_one_for_two_rows() -> None:
    reader = a_reader(id=("no", "item"))
    rows = (("1/2", "3"), ("1", "2/3"), ("1%2F2", "3"), ("1", "2%2F3"))
    events = [reader.event(a_row(no=no, item=item)) for no, item in rows]
    assert len({event.identity for event in events if event is not None}) == len(rows)
    alone = a_reader(id=("no",)).event(a_row(no="1/2"))
    assert alone is not None
    assert alone.id == "1/2"


def test_identity_columns_make_the_identity() -> None:
    event = a_reader(id=("no", "what")).event(a_row())
    assert event is not None
    assert event.id == "17/Placed"


def test_a_quarantined_row_is_read_again_when_its_cause_is_mended() -> None:
    row = a_row(what="New")
    with pytest.raises(UnreadableEventError):
        a_reader().event(row)
    mended = a_reader(types={"New": "order.placed"})
    assert reread(row_bytes(row), mended) == mended.event(row)
    for broken in (b"17,New", b"[1]", b"\xff"):
        with pytest.raises(UnreadableEventError, match="mend the file"):
            reread(broken, mended)


def test_a_row_with_half_a_surrogate_can_be_kept() -> None:
    with pytest.raises(UnreadableEventError, match="surrogate"):
        reread(row_bytes(a_row(no="\udcff")), a_reader())


CORRECT = """
format = "csv"
source = "s"
time = ["at"]
type = ["what"]
types = { A = "order.placed", B = "invoice.voided", C = "keys.linked" }
keys = { "x/order" = "no" }
"""


def test_a_correct_section_is_read() -> None:
    assert read_mappings(a_process(CORRECT), "p.toml")["log"].columns == {"at", "what", "no"}


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (CORRECT.replace('"csv"', '"xls"'), "imports.log.format is 'xls'; one of csv, xes, ocel"),
        (CORRECT.replace('source = "s"', ""), "imports.log.source is wanted"),
        (CORRECT.replace('["at"]', "[]"), "imports.log.time is empty"),
        (CORRECT.replace("order.placed", "order.place"), "imports.log.types.'A' is 'order.place'"),
        (CORRECT.replace("x/order", "x/orders"), "imports.log.keys.x/orders is of no kind"),
        (CORRECT + 'time_zone = "Mars"', "imports.log.time_zone is 'Mars'"),
        (CORRECT + 'delimiter = "::"', "imports.log.delimiter"),
        (CORRECT + 'delimiter = "\\n"', "imports.log.delimiter"),
        (CORRECT + "delimiter = '\"'", "imports.log.delimiter"),
        (CORRECT + 'encoding = "utf-9"', "imports.log.encoding"),
        (CORRECT + 'encoding = "rot13"', "imports.log.encoding is 'rot13'"),
        (CORRECT + 'encoding = "base64"', "imports.log.encoding is 'base64'"),
        (CORRECT + 'time_format = "%Q%"', "imports.log.time_format is '%Q%'"),
        (CORRECT + 'time_format = "%d.%m.%Y %"', "imports.log.time_format"),
        (CORRECT + 'links = [["a", "b"]]', "imports.log.links"),
        (CORRECT + "colour = 1", "colour"),
        (CORRECT.replace('["at"]', "7"), "imports.log"),
    ],
)
def test_a_fault_of_a_section_names_file_and_key(section: str, said: str) -> None:
    with pytest.raises(ProcessFileError) as refused:
        read_mappings(a_process(section), "p.toml")
    assert str(refused.value).startswith("p.toml: ")
    assert said in str(refused.value)


@pytest.mark.parametrize("format_", ["%Y-%m-%d %H:%M:%S.%f", "%d.%m.%Y", "%Y%m%dT%H%M%S%z", "%d %b %Y %I:%M %p"])
def test_a_format_of_times_that_can_be_read_is_taken(format_: str) -> None:
    section = f'{CORRECT}time_format = "{format_}"'
    assert read_mappings(a_process(section), "p.toml")["log"].time_format == format_


def test_the_mapping_whose_columns_a_file_has_fits_it() -> None:
    mappings = read_mappings(a_process(CORRECT), "p.toml")
    assert fitting(mappings, "csv", lambda _: ["no", "what", "at", "more"]) == ["log"]
    assert fitting(mappings, "csv", lambda _: ["no", "what"]) == []
    assert fitting(mappings, "xes", lambda _: []) == []
