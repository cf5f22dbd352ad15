from datetime import datetime
from zoneinfo import ZoneInfo

from app.parts import figures
from app.parts.story import step_titles, story
from tests.app.memory import ago
from tests.app.rows import STEPS, a_kpi, a_step

BERLIN = ZoneInfo("Europe/Berlin")
DAY = 86_400.0


def test_a_trend_shows_median_and_90th_percentile_in_one_unit_and_how_many_there_were() -> None:
    rows = [a_kpi("x", 6 * DAY, 3, finished=3), a_kpi("x", 4 * DAY, 2)]
    drawn = figures.trend(rows, BERLIN, "month")
    median, high, bars = drawn.data
    assert list(median.y) == [4, 6]
    assert list(high.y) == [12, 18]
    assert list(bars.y) == [34, 3]
    assert [str(day) for day in median.x] == ["2026-02-01", "2026-03-01"]
    assert median.xperiod == "M1"
    assert drawn.layout.yaxis.title.text == "days"


def test_a_short_figure_is_drawn_in_minutes() -> None:
    drawn = figures.trend([a_kpi("x", 300, 2, p90=600)], BERLIN, "week", "settled")
    assert drawn.layout.yaxis.title.text == "min"
    assert list(drawn.data[0].y) == [5]
    assert drawn.data[2].name == "settled"


def test_a_target_is_a_line() -> None:
    assert not figures.trend([a_kpi("x", DAY, 2)], BERLIN, "month").layout.shapes
    drawn = figures.trend([a_kpi("x", 3 * DAY, 2, target=5 * DAY)], BERLIN, "month")
    assert [line.y0 for line in drawn.layout.shapes] == [5]


def test_journeys_stand_at_their_steps_in_the_order_of_the_process() -> None:
    rows = [
        {"state": "running", "step": "payment.applied", "count": 3},
        {"state": "failed", "step": "contract.signed", "count": 2},
        {"state": "running", "step": "contract.signed", "count": 1},
        {"state": "running", "step": None, "count": 4},
        {"state": "running", "step": "goods.issued", "count": 5},
    ]
    drawn = figures.standing(rows, step_titles(STEPS))
    failed, running = drawn.data
    assert (failed.name, running.name) == ("failed", "running")
    assert list(running.y) == ["no step yet", "Contract signed", "Payment applied", "goods.issued"]
    assert list(running.x) == [4, 1, 3, 5]
    assert list(failed.x) == [0, 2, 0, 0]
    assert list(running.customdata[0]) == ["running", ""]
    assert list(running.customdata[2]) == ["running", "payment.applied"]


def test_few_journeys_are_counted_in_whole_ones() -> None:
    row = {"state": "running", "step": "contract.signed", "count": 1}
    assert figures.standing([row], step_titles(STEPS)).layout.xaxis.dtick == 1
    assert figures.standing([row | {"count": 60}], step_titles(STEPS)).layout.xaxis.dtick is None


def test_nothing_to_draw_is_an_empty_figure() -> None:
    assert len(figures.standing([], {}).data) == 0
    assert len(figures.steps_over_time([], BERLIN).data) == 0


def test_steps_are_drawn_on_the_clock_of_the_reporting_zone_by_their_evidence() -> None:
    entries = story(
        [
            a_step("contract.signed", ago(days=9)),
            a_step("customer.created", None, evidence="inferred"),
            a_step("project.created", ago(days=8), last_at=ago(days=2), evidence="contradicted"),
            a_step("invoice.posted", None, evidence="unknown", withdrawn_at=ago(days=1)),
        ],
        STEPS,
    )
    line, *groups = figures.steps_over_time(entries, BERLIN).data
    assert {group.name: list(group.y) for group in groups} == {
        "observed": ["Contract signed"],
        "contradicted": ["Project created"],
        "withdrawn": ["Invoice posted"],
    }
    assert groups[0].x[0] == datetime(2026, 3, 11, 10, 0)  # noqa: DTZ001 - Plotly would draw a zoned instant in UTC
    assert list(line.y) == ["Project created", "Project created"]
    assert groups[2].marker.symbol == "x"
