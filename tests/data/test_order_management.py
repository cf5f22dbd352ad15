"""The OCEL 2.0 log of orders, items and packages, as sqlite and as XML."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.data.conftest import Imported, assert_agrees, reference

pytestmark = [pytest.mark.needs_data, pytest.mark.timeout(300)]

FOLDER = "ocel2-order-management"
DIRECT = {
    ("place order", "confirm order"): "order_placed_to_confirmed",
    ("confirm order", "payment reminder"): "order_confirmed_to_reminded",
}
OVER_HOPS = {
    "pick item": "item_picked",
    "create package": "package_created",
    "send package": "package_sent",
    "item out of stock": "item_out_of_stock",
    "failed delivery": "delivery_failed",
}


@pytest.fixture(scope="module")
def imported(importing: Callable[[str, str, str], Imported]) -> Imported:
    return importing(f"{FOLDER}/running-example.sqlite.gz", "order_to_cash", "ocel")


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    return reference(FOLDER)


def test_every_event_is_read_and_every_order_a_journey(imported: Imported, answers: dict[str, Any]) -> None:
    report = imported.report
    assert (report.read, report.new) == (answers["extra"]["total_events"], answers["extra"]["total_events"])
    assert (report.duplicate, report.quarantined) == (0, 0)
    assert imported.journeys == answers["counts"]["cases"]
    # An order comprises its items, and a package contains items: one link an item each.
    assert report.links == 2 * answers["extra"]["objects_by_type"]["items"]
    assert imported.count("SELECT count(*) FROM exception") == 0


def test_direct_durations_equal_the_reference(imported: Imported, answers: dict[str, Any]) -> None:
    for one in answers["durations"]:
        pair = (one["from"], one["to"])
        if pair in DIRECT:
            assert_agrees(imported.figure(DIRECT[pair]), one["first_to_minus_first_from"])


def test_no_order_of_this_copy_is_paid(imported: Imported, answers: dict[str, Any]) -> None:
    figure = imported.figure("order_placed_to_paid")
    assert (figure.finished, figure.running) == (0, answers["counts"]["cases"])


@pytest.mark.parametrize("activity", OVER_HOPS)
def test_durations_over_items_and_packages_equal_the_reference(
    imported: Imported, answers: dict[str, Any], activity: str
) -> None:
    expected = answers["multi_hop"]["results"][activity]
    for pick in ("first", "last"):
        figure = imported.figure(f"order_placed_to_{pick}_{OVER_HOPS[activity]}")
        assert_agrees(figure, expected[f"{pick}_minus_place"])
        assert figure.running == expected["orders_lacking"]


def test_the_day_on_which_every_item_was_sent_equals_the_reference(imported: Imported, answers: dict[str, Any]) -> None:
    expected = answers["multi_hop"]["results"]["send package"]
    figure = imported.figure("order_placed_to_every_item_sent")
    assert_agrees(figure, expected["every_item_sent_last_minus_place"])
    assert figure.finished == expected["orders_with_every_item_sent"]


def test_xml_gives_the_same_state_as_sqlite(imported: Imported, importing: Callable[[str, str, str], Imported]) -> None:
    other = importing(f"{FOLDER}/ocel2.xml.gz", "order_to_cash", "ocel")
    assert other.report == imported.report
    assert other.hash == imported.hash
