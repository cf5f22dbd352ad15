from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.catalogue import Catalogue
from models.figures import ALL_TIME, By, Period, PeriodKind, read_window
from models.process import Figure
from models.process_file import read_process
from models.questions import QuestionError
from models.store.engine import Connection
from models.store.kpis import Cut, choose, kpis
from models.store.reading.figure_rows import list_figure_rows
from models.store.reading.listing import Asked
from tests.making import CONTRACT_TO_CASH

BERLIN = ZoneInfo("Europe/Berlin")
AS_OF = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
LATENCY = Figure(name="activation_latency", target=432_000)
RECOVERY = Figure(name="recovery_time", kind="recovery_time")
AGING = Figure(name="exception_aging", kind="exception_aging")
WEEK, MONTH, QUARTER = (By(kind) for kind in (PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.QUARTER))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def put_journey(connection: Connection, number: int, region: str | None = None, **values: object) -> None:
    row = {
        "journey_id": number, "component_id": number, "key": f"SOW-{number}", "contract": f"SOW-{number}",
        "process": "contract_to_cash", "region": region, "state": "running", "first_at": AS_OF, "last_at": AS_OF,
        "facts": b"", "derived": b"",
    } | values  # fmt: skip
    put(connection, "journey", row)


def put(connection: Connection, table: str, row: dict) -> None:
    marks = ", ".join(f"%({name})s" for name in row)
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", row)


def sample(
    connection: Connection,
    number: int,
    seconds: float | None,
    finished: str = "2026-03-10T12:00",
    region: str | None = None,
    *,
    omitted: bool = False,
    figure: str = LATENCY.name,
) -> None:
    """A journey with one sample that finished then after so many seconds, or still runs since then."""
    put_journey(connection, number, region)
    end = utc(finished)
    put(connection, "sample", {
        "journey_id": number, "figure": figure, "omitted": omitted,
        "started_at": end if seconds is None else end - timedelta(seconds=seconds),
        "finished_at": None if seconds is None else end, "seconds": seconds,
    })  # fmt: skip


def exception(connection: Connection, name: str, opened: str, settled: str | None = None, **values: object) -> None:
    put(connection, "exception", {
        "journey_id": 0, "exception_id": name, "kind": "failed", "reason": "because", "fingerprint": "f",
        "severity": "low", "status": "settled" if settled else "open", "opened_at": utc(opened),
        "settled_at": utc(settled) if settled else None, "anchor": "[]",
    } | values)  # fmt: skip


def ask(connection: Connection, figure: Figure = LATENCY, by: By = By(), **cut: object) -> list[dict]:  # noqa: B008
    return kpis(connection, [figure], by, Cut(**({"as_of": AS_OF, "zone": BERLIN} | cut)))  # type: ignore[arg-type]


def window(start: str | None, end: str | None) -> Period:
    return read_window(start, end, BERLIN)


def test_without_any_sample_there_is_one_row_that_says_so(connection) -> None:
    assert ask(connection) == [{
        "name": "activation_latency", "unit": "seconds", "group": {}, "period": None, "finished": 0, "running": 0,
        "omitted": 0, "value": None, "p50": None, "p90": None, "target": 432_000, "previous": None, "as_of": AS_OF,
    }]  # fmt: skip
    assert ask(connection, by=By(None, "region")) == []
    assert ask(connection, by=WEEK) == []


def test_percentiles_interpolate_between_ranks_and_leave_out_what_runs_or_is_omitted(connection) -> None:
    for number, seconds in enumerate([10, 20, 30, 40, 100], start=1):
        sample(connection, number, seconds)
    sample(connection, 6, -5, omitted=True)
    sample(connection, 7, None)
    (row,) = ask(connection)
    # Ranks 0 to 4: the median is rank 2; rank 3.6 lies 0.6 of the way from 40 to 100.
    assert (row["finished"], row["running"], row["omitted"]) == (5, 1, 1)
    assert (row["value"], row["p50"], row["p90"]) == (30.0, 30.0, 76.0)


def test_a_kept_negative_sample_counts(connection) -> None:
    sample(connection, 1, -50)
    sample(connection, 2, 100)
    assert ask(connection)[0]["p50"] == 25.0


def test_weeks_are_iso_weeks_of_the_reporting_zone(connection) -> None:
    # Monday 4 January 2027 begins at 23:00 UTC on Sunday in Berlin; 1 January belongs to week 53 of 2026.
    sample(connection, 1, 10, "2026-12-28T00:00")
    sample(connection, 2, 20, "2027-01-01T12:00")
    sample(connection, 3, 30, "2027-01-03T22:59:59")
    sample(connection, 4, 40, "2027-01-03T23:00")
    rows = ask(connection, by=WEEK, as_of=utc("2027-02-01"))
    assert [(row["period"]["from"], row["period"]["to"], row["finished"], row["p50"]) for row in rows] == [
        (utc("2026-12-27T23:00"), utc("2027-01-03T23:00"), 3, 20.0),
        (utc("2027-01-03T23:00"), utc("2027-01-10T23:00"), 1, 40.0),
    ]


def test_months_and_weeks_follow_the_clocks_when_they_change(connection) -> None:
    # Clocks go forward on Sunday 29 March: that week ends an hour earlier in UTC, and so does March.
    sample(connection, 1, 10, "2026-03-29T21:59:59")
    sample(connection, 2, 20, "2026-03-29T22:00")
    sample(connection, 3, 30, "2026-03-31T21:59:59")
    sample(connection, 4, 40, "2026-03-31T22:00")
    weeks = ask(connection, by=WEEK)
    months = ask(connection, by=MONTH)
    assert [(row["period"]["from"], row["period"]["to"], row["finished"]) for row in weeks] == [
        (utc("2026-03-22T23:00"), utc("2026-03-29T22:00"), 1),
        (utc("2026-03-29T22:00"), utc("2026-04-05T22:00"), 3),
    ]
    assert [(row["period"]["from"], row["period"]["to"], row["finished"]) for row in months] == [
        (utc("2026-02-28T23:00"), utc("2026-03-31T22:00"), 3),
        (utc("2026-03-31T22:00"), utc("2026-04-30T22:00"), 1),
    ]


def test_a_running_sample_belongs_to_the_period_of_now(connection) -> None:
    sample(connection, 1, 10, "2026-01-15T12:00")
    sample(connection, 2, None, "2026-01-15T12:00")
    rows = ask(connection, by=QUARTER)
    assert [(row["period"]["from"], row["finished"], row["running"]) for row in rows] == [
        (utc("2025-12-31T23:00"), 1, 0),
        (utc("2026-09-30T22:00"), 0, 1),
    ]
    assert ask(connection, window=window("2026-01-01", "2026-02-01"))[0]["running"] == 0
    assert ask(connection, window=window("2026-11-01", None))[0]["running"] == 1


def test_everything_is_as_of_an_instant(connection) -> None:
    sample(connection, 1, 86_400, "2026-03-10T12:00")
    assert [row["running"] for row in ask(connection, as_of=utc("2026-03-10T11:59"))] == [1]
    assert [row["finished"] for row in ask(connection, as_of=utc("2026-03-10T12:00"))] == [1]
    before = ask(connection, as_of=utc("2026-03-09T11:59"))[0]
    assert (before["finished"], before["running"]) == (0, 0)


def test_windows_are_half_open_and_days_begin_in_the_reporting_zone(connection) -> None:
    sample(connection, 1, 10, "2026-02-28T22:59:59")
    sample(connection, 2, 20, "2026-02-28T23:00")
    sample(connection, 3, 30, "2026-03-31T22:00")
    (row,) = ask(connection, window=window("2026-03-01", "2026-04-01"))
    assert (row["finished"], row["p50"]) == (1, 20.0)
    (row,) = ask(connection, window=window("2026-02-28T22:59:59Z", "2026-03-31T22:00:00Z"))
    assert row["finished"] == 2


def test_previous_is_the_value_of_the_period_before_or_of_the_window_before(connection) -> None:
    sample(connection, 1, 10, "2026-01-10T12:00")
    sample(connection, 2, 20, "2026-02-10T12:00")
    sample(connection, 3, 40, "2026-04-10T12:00")
    months = [(row["p50"], row["previous"]) for row in ask(connection, by=MONTH)]
    assert months == [(10.0, None), (20.0, 10.0), (40.0, None)]
    (february,) = ask(connection, by=MONTH, window=window("2026-02-01", "2026-03-01"))
    assert (february["p50"], february["previous"]) == (20.0, 10.0)
    # The 28 days of February, and the 28 days before them.
    (february,) = ask(connection, window=window("2026-02-01", "2026-03-01"))
    assert (february["p50"], february["previous"]) == (20.0, 10.0)
    assert ask(connection)[0]["previous"] is None


def test_groups_have_their_own_numbers_and_those_without_a_value_come_last(connection) -> None:
    sample(connection, 1, 10, region="EMEA")
    sample(connection, 2, 30, region="EMEA")
    sample(connection, 3, 50, region="AMER")
    sample(connection, 4, 70)
    rows = ask(connection, by=By(None, "region"))
    assert [(row["group"], row["finished"], row["p50"]) for row in rows] == [
        ({"region": "AMER"}, 1, 50.0),
        ({"region": "EMEA"}, 2, 20.0),
        ({"region": None}, 1, 70.0),
    ]


def test_previous_of_a_group_is_that_groups(connection) -> None:
    sample(connection, 1, 10, "2026-03-03T12:00", "EMEA")
    sample(connection, 2, 99, "2026-03-03T12:00", "AMER")
    sample(connection, 3, 30, "2026-03-10T12:00", "EMEA")
    rows = ask(connection, by=By(PeriodKind.WEEK, "region"))
    assert [(row["group"]["region"], row["p50"], row["previous"]) for row in rows] == [
        ("AMER", 99.0, None),
        ("EMEA", 10.0, None),
        ("EMEA", 30.0, 10.0),
    ]


def test_figures_can_be_narrowed_down(connection) -> None:
    sample(connection, 1, 10, region="EMEA")
    sample(connection, 2, 30, region="AMER")
    assert ask(connection, filters={"region": ["EMEA"]})[0]["p50"] == 10.0
    assert ask(connection, filters={"process": ["order_to_cash"]})[0]["finished"] == 0
    with pytest.raises(QuestionError, match="known_at"):
        ask(connection, filters={"colour": ["red"]})


def test_recovery_time_is_settled_minus_opened_and_what_is_open_runs(connection) -> None:
    exception(connection, "a", "2026-03-02T00:00", "2026-03-02T01:00")
    exception(connection, "b", "2026-03-02T00:00", "2026-03-02T03:00", kind="duplicate")
    exception(connection, "c", "2026-03-02T00:00")
    exception(connection, "d", "2026-03-02T00:00", status="withdrawn")
    (row,) = ask(connection, RECOVERY)
    assert (row["finished"], row["running"], row["p50"], row["p90"]) == (2, 1, 7200.0, 10_080.0)
    by_kind = ask(connection, RECOVERY, By(None, "kind"))
    assert [(one["group"]["kind"], one["finished"], one["running"]) for one in by_kind] == [
        ("duplicate", 1, 0),
        ("failed", 1, 1),
    ]
    (then,) = ask(connection, RECOVERY, as_of=utc("2026-03-02T02:00"))
    assert (then["finished"], then["running"], then["p50"]) == (1, 2, 3600.0)


def test_exception_aging_is_the_age_of_what_is_open_then(connection) -> None:
    exception(connection, "a", "2026-03-02T00:00", "2026-03-02T10:00")
    exception(connection, "b", "2026-03-02T04:00")
    exception(connection, "c", "2026-03-02T09:00")
    (row,) = ask(connection, AGING, as_of=utc("2026-03-02T08:00"))
    assert (row["finished"], row["running"], row["p50"]) == (2, 0, 21_600.0)
    (week,) = ask(connection, AGING, WEEK, as_of=utc("2026-03-02T12:00"))
    assert (week["period"]["from"], week["finished"], week["p50"]) == (utc("2026-03-01T23:00"), 2, 19_800.0)


def test_an_exception_that_several_journeys_share_counts_once_for_the_least_contract(connection) -> None:
    put_journey(connection, 1, "EMEA")
    put_journey(connection, 2, "AMER")
    for number in (1, 2):
        exception(connection, "a", "2026-03-02", "2026-03-03", journey_id=number, contract=f"SOW-{number}")
    assert [(row["group"]["region"], row["finished"]) for row in ask(connection, RECOVERY, By(None, "region"))] == [
        ("EMEA", 1)
    ]


@pytest.mark.parametrize("by", [By(), WEEK, MONTH, By(PeriodKind.WEEK, "region"), By(None, "region")])
@pytest.mark.parametrize("around", [ALL_TIME, window("2026-03-04", "2026-03-20"), window("2026-03-04", None)])
@pytest.mark.parametrize("figure", [LATENCY, RECOVERY, AGING])
def test_every_figure_opens_into_exactly_the_rows_it_counted(connection, figure, by, around) -> None:
    for number in range(1, 25):
        day = f"2026-03-{1 + number:02d}T0{number % 10}:00"
        region = [None, "EMEA", "AMER"][number % 3]
        sample(connection, number, None if number % 5 == 0 else number, day, region, omitted=number % 7 == 0)
        settled = None if number % 4 == 0 else f"2026-03-{1 + number:02d}T09:00"
        exception(connection, f"e{number}", day, settled, journey_id=number, contract=f"SOW-{number}")
    as_of = utc("2026-03-22T12:00")
    for row in ask(connection, figure, by, window=around, as_of=as_of):
        filters = {name: [value or ""] for name, value in row["group"].items()}
        inside = Period(row["period"]["from"], row["period"]["to"]) if row["period"] else around
        found = list_figure_rows(connection, figure, Asked(500, filters=filters), as_of, inside).rows
        parts = [one["part"] for one in found]
        counted = {part: row[part] for part in ("finished", "running", "omitted")}
        assert {part: parts.count(part) for part in counted} == counted
        assert sorted(one["seconds"] for one in found if one["part"] == "finished")[:1] <= [row["p50"]]


def test_the_rows_behind_a_figure_come_in_pages_as_of_the_first(connection) -> None:
    for number in range(1, 8):
        sample(connection, number, number)
    sample(connection, 9, None)
    first = list_figure_rows(connection, LATENCY, Asked(5), AS_OF)
    rest = list_figure_rows(connection, LATENCY, Asked(5, first.next or ""), AS_OF + timedelta(days=999))
    assert [row["seconds"] for row in first.rows + rest.rows] == [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0, None]
    assert rest.rows[-1]["part"] == "running"
    assert rest.next is None


def test_figures_are_chosen_by_name_and_by_what_they_can_be_cut_by() -> None:
    catalogue = Catalogue([read_process(CONTRACT_TO_CASH.read_text(), "c")])
    figures, by = choose(catalogue, [], ["week,kind"])
    assert {figure.name for figure in figures} == {"recovery_time", "exception_aging"}
    assert by == By(PeriodKind.WEEK, "kind")
    assert len(choose(catalogue, [], [])[0]) == len(catalogue.figures)
    with pytest.raises(QuestionError, match="activation_latency") as caught:
        choose(catalogue, ["activation_latensy"], [])
    assert caught.value.allowed == sorted(catalogue.figures)
    with pytest.raises(QuestionError, match="region") as caught:
        choose(catalogue, ["activation_latency"], ["kind"])
    assert "kind" not in caught.value.allowed


@pytest.mark.parametrize(("start", "end"), [("2026-03-02", "2026-03-02"), ("2026-03-03", "2026-03-02")])
def test_a_window_without_time_in_it_is_refused(start, end) -> None:
    with pytest.raises(QuestionError, match="not before"):
        window(start, end)
