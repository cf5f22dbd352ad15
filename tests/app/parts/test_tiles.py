from zoneinfo import ZoneInfo

from app.parts import tiles
from tests.app.memory import NOW
from tests.app.rows import a_figure, a_kpi, a_point

DAY = 86_400.0


def test_a_tile_says_what_its_number_rests_on() -> None:
    shown = tiles.tile(a_figure("activation_latency"), a_kpi("activation_latency", 5.4 * DAY))
    assert shown.value == "5.4 days"
    assert shown.basis == "median of 34 finished · 12 running · 2 left out"
    assert shown.spread == "9 of 10 within 16.2 days"
    assert shown.target == "no target set"
    assert shown.change == "+1.1 days (+25 %)"
    assert shown.colour == "inverse"


def test_a_target_is_met_or_missed() -> None:
    figure = a_figure("activation_latency")
    assert tiles.tile(figure, a_kpi("activation_latency", 4 * DAY, target=5 * DAY)).target == "target 5 days: met"
    assert tiles.tile(figure, a_kpi("activation_latency", 6 * DAY, target=5 * DAY)).target == "target 5 days: missed"
    assert tiles.tile(figure, a_kpi("activation_latency", None, target=5 * DAY)).target == "target 5 days"


def test_nothing_measured_is_a_dash_and_not_a_zero() -> None:
    shown = tiles.tile(a_figure("activation_latency"), None)
    assert (shown.value, shown.change, shown.basis) == ("–", None, "nothing measured yet")
    running = tiles.tile(a_figure("x"), a_kpi("x", None, finished=0, omitted=0, p90=None))
    assert (running.value, running.basis, running.spread) == ("–", "0 finished · 12 running", "")


def test_figures_of_exceptions_count_what_is_settled_and_what_is_open() -> None:
    recovery = tiles.tile(a_figure("r", "recovery_time"), a_kpi("r", DAY, omitted=0))
    assert recovery.basis == "median of 34 settled · 12 still open"
    aging = tiles.tile(a_figure("a", "exception_aging"), a_kpi("a", DAY, finished=40, running=0, omitted=0))
    assert aging.basis == "median of 40 open now"


def test_a_definition_says_from_where_to_where_and_what_is_left_out() -> None:
    figure = a_figure("x", **{
        "from": a_point("contract.signed", at="recorded", title="Contract signed"),
        "to": a_point("payment.applied", pick="last", unless="deposit"),
        "per": "invoice",
        "negative": "keep",
    })  # fmt: skip
    assert tiles.definition(figure) == (
        "From the first “Contract signed” once it is written down to the last “Payment applied”, leaving out any "
        "deposit, for each invoice; calendar time. Samples that end before they begin count as they are."
    )
    assert "on all lines" in tiles.definition(a_figure("y"))
    assert "open now" in tiles.definition(a_figure("z", "exception_aging"))
    assert "settle" in tiles.definition(a_figure("z", "recovery_time"))


def test_a_figure_without_a_title_is_called_by_its_name() -> None:
    assert tiles.title(a_figure("first_time_right")) == "First time right"


def test_a_period_that_has_not_ended_is_so_far() -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert tiles.period_words(a_kpi("x", 1, 2), zone, NOW) == "from 1 Feb 2026"
    assert tiles.period_words(a_kpi("x", 1, 3), zone, NOW) == "from 1 Mar 2026, so far"
    assert tiles.period_words(a_kpi("x", 1), zone, NOW) == "all time"
