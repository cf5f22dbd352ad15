"""The SAP order-to-cash CSV: 110,125 rows, one journey an order line."""

from collections.abc import Callable

import pytest

from tests.data.conftest import Imported, assert_agrees, reference

pytestmark = [pytest.mark.needs_data, pytest.mark.timeout(300)]

FIGURES = {
    ("Line Creation", "Delivery"): "line_created_to_delivered",
    ("Line Creation", "Good Issue"): "line_created_to_issued",
    ("Header Block Set", "Header Block Removed"): "header_block_set_to_removed",
}


@pytest.fixture(scope="module")
def imported(importing: Callable[[str, str, str], Imported]) -> Imported:
    return importing("o2c-sap-ibm/O2C_SAP_log.zip", "order_to_cash", "csv")


def test_every_row_is_an_event_and_every_line_a_journey(imported: Imported) -> None:
    counts = reference("o2c-sap-ibm")["counts"]
    report = imported.report
    assert (report.read, report.new) == (counts["events"], counts["events"])
    assert (report.duplicate, report.quarantined, report.skipped) == (0, 0, 0)
    assert imported.journeys == counts["cases"]
    assert imported.count("SELECT count(DISTINCT type) FROM event") == counts["activities"]


def test_durations_equal_the_reference(imported: Imported) -> None:
    answers = reference("o2c-sap-ibm")
    lacking = {(one["has"], one["lacks"]): one["cases_lacking"] for one in answers["lacking"]}
    for one in answers["durations"]:
        pair = (one["from"], one["to"])
        figure = imported.figure(FIGURES[pair])
        assert_agrees(figure, one["first_to_minus_first_from"])
        assert figure.running == lacking[pair]


def test_lines_are_finished_or_rejected_as_the_log_was_cut(imported: Imported) -> None:
    rejected = reference("o2c-sap-ibm")["activity_counts"]["Schedule Line Rejected"]
    assert imported.count("SELECT count(*) FROM journey WHERE state = 'ended'") == rejected
    assert imported.count("SELECT count(*) FROM journey WHERE state = 'done'") == imported.journeys - rejected
