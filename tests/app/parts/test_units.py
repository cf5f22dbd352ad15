from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.parts import units

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 3, 12, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (90, "1.5 min"),
        (3_600, "1 hour"),
        (129_600, "36 hours"),
        (466_560, "5.4 days"),
        (123 * 86_400, "123 days"),
        (4 * 365.25 * 86_400, "4 years"),
        (-200_000, "−2.3 days"),
        (None, "unknown"),
    ],
)
def test_a_length_of_time_is_told_in_one_unit(seconds, words) -> None:
    assert units.duration(seconds) == words


def test_a_length_can_be_told_in_the_unit_of_another() -> None:
    assert units.duration(3_600 * 12, like=86_400 * 5) == "0.5 days"


def test_an_instant_is_told_in_the_reporting_zone_with_its_name() -> None:
    assert units.instant(AT, BERLIN) == "12 Mar 2026 10:15 CET"
    assert units.instant("2026-07-12T09:15:00Z", BERLIN) == "12 Jul 2026 11:15 CEST"
    assert units.instant(None, BERLIN) == "unknown"
    assert units.short_instant(AT, BERLIN) == "12 Mar 2026 10:15"
    assert units.day(datetime(2026, 3, 11, 23, 30, tzinfo=UTC), BERLIN) == "12 Mar 2026"


@pytest.mark.parametrize(
    ("seconds", "words"), [(466_560, "5.4 days ago"), (-7_200, "in 2 hours"), (0.2, "now"), (30, "30 s ago")]
)
def test_an_age_says_which_way(seconds, words) -> None:
    assert units.age(AT, AT + timedelta(seconds=seconds)) == words


def test_money_keeps_every_decimal_and_names_its_currency() -> None:
    assert units.money({"amount": "120000.00", "currency": "EUR"}) == "120,000.00 EUR"
    assert units.money({"amount": "500", "currency": "JPY"}) == "500 JPY"
    assert units.money({"amount": "12345678901234567.895", "currency": "EUR"}) == "12,345,678,901,234,567.895 EUR"


def test_unknown_money_is_unknown_and_not_nothing() -> None:
    assert units.money(None) == "unknown"


def test_a_number_has_its_noun() -> None:
    assert units.count(1, "journey") == "1 journey"
    assert units.count(1_234, "journey") == "1,234 journeys"
    assert units.count(0, "copy", "copies") == "0 copies"


@pytest.mark.parametrize(
    ("found", "unit", "words"),
    [
        (466_560, "seconds", "5.4 days"),
        (0.934, "ratio", "93.4 %"),
        (1_234, "count", "1,234"),
        (1.5, "count", "1.50"),
        ({"amount": "12.50", "currency": "EUR"}, "money", "12.50 EUR"),
        (None, "seconds", "–"),
    ],
)
def test_a_value_carries_its_unit(found, unit, words) -> None:
    assert units.value(found, unit) == words


@pytest.mark.parametrize(
    ("found", "previous", "unit", "words"),
    [
        (466_560, 414_720, "seconds", "+0.6 days (+12 %)"),
        (43_200, 432_000, "seconds", "-4.5 days (-90 %)"),
        (100, 100, "count", "±0 (±0 %)"),
        (900, 100, "count", "+800"),
        (0.9, 0.8, "ratio", "+10.0 points"),
        (5, None, "count", None),
        (None, 5, "count", None),
        (5, 0, "count", "+5"),
    ],
)
def test_a_change_is_told_in_the_unit_of_the_value(found, previous, unit, words) -> None:
    assert units.change(found, previous, unit) == words


def test_an_axis_is_measured_in_what_its_largest_value_is_told_in() -> None:
    assert units.scale("seconds", 300) == (60.0, "min")
    assert units.scale("seconds", 20 * 86_400) == (86_400.0, "days")
    assert units.scale("ratio", 0.5) == (0.01, "%")
    assert units.scale("count", 5) == (1.0, "count")
