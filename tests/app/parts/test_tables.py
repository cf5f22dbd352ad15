from zoneinfo import ZoneInfo

from app.parts import tables
from app.parts.story import step_titles, story
from tests.app.memory import NOW, ago
from tests.app.rows import STEPS, a_journey, a_sample, a_span, a_step, an_exception

BERLIN = ZoneInfo("Europe/Berlin")


def plain(cells) -> list[str]:
    return [cell.label if isinstance(cell, tables.Link | tables.Turn) else cell.replace("\\", "") for cell in cells]


def test_a_journey_of_a_list_leads_to_its_page() -> None:
    cells = tables.journey_cells(a_journey(), step_titles(STEPS), NOW, BERLIN)
    assert cells[0] == tables.Link("SOW-2041", tables.JOURNEY_PAGE, {"key": "SOW-2041"})
    assert plain(cells)[2:] == ["Project created", "C-77", "120,000.00 EUR", "20 Mar 2026 05:00 · 5 hours ago"]
    assert len(cells) == len(tables.journey_columns(BERLIN))


def test_a_journey_without_customer_and_value_shows_dashes() -> None:
    row = a_journey(customer=None, value=None, step=None)
    assert plain(tables.journey_cells(row, {}, NOW, BERLIN))[2:5] == ["–", "–", "–"]


def test_an_exception_of_a_list_leads_to_itself_and_to_its_journey() -> None:
    cells = tables.exception_cells(an_exception(3))
    assert cells[0] == tables.exception_link("exc_000000000000000000000003", "Failed hand-over")
    assert cells[3] == tables.journey_link("SOW-2041")
    assert len(cells) == len(tables.exception_columns())


def test_an_exception_of_several_contracts_leads_to_the_first_and_a_loose_one_nowhere() -> None:
    assert tables.exception_cells(an_exception(journey=None))[3] == tables.journey_link("SOW-2041")
    assert tables.exception_cells(an_exception(journey=None, contract=None))[3] == "–"


def test_a_list_of_one_journeys_exceptions_does_not_repeat_it() -> None:
    cells = tables.exception_cells(an_exception(), of_one=True)
    assert tables.journey_link("SOW-2041") not in cells
    assert len(cells) == len(tables.exception_columns(of_one=True)) == len(tables.exception_columns()) - 1


def test_a_cause_narrows_the_list_down_to_it() -> None:
    row = {
        "fingerprint": "f00d",
        "kind": "failed",
        "system": None,
        "reason": "x " * 200,
        "count": 14,
        "opened_at": ago(days=3),
    }
    cells = tables.cause_cells(row, NOW)
    assert cells[0] == tables.Turn("14 exceptions", "fingerprint", "f00d")
    assert plain(cells)[3].endswith(" …")
    assert len(plain(cells)[3]) < 130


def test_a_running_sample_counts_to_now() -> None:
    running = plain(tables.sample_cells(a_sample(seconds=None), NOW, BERLIN))
    assert (running[2], running[4]) == ("40 days", "running")
    finished = plain(tables.sample_cells(a_sample(), NOW, BERLIN))
    assert (finished[2], finished[4]) == ("5.4 days", "13 Feb 2026 19:36")


def test_an_open_exception_behind_a_figure_counts_to_now() -> None:
    still = plain(tables.span_cells(a_span(1, "running"), NOW, BERLIN))
    assert (still[4], still[6]) == ("26 hours", "open")


def test_a_line_of_a_story_shows_evidence_and_strikes_out_what_was_withdrawn() -> None:
    (entry,) = story([a_step("invoice.posted", None, subject="INV-9", withdrawn_at=ago(days=2))], STEPS)
    cells = plain(tables.story_cells(entry, BERLIN))
    assert cells[0] == "18 Mar 2026 10:00"
    assert cells[1] == "~~Invoice posted~~"
    assert cells[2] == "INV-9"
    assert cells[3] == ":red-badge[withdrawn]"


def test_an_exception_of_several_contracts_behind_a_figure_leads_to_the_first() -> None:
    assert tables.span_cells(a_span(journey=None), NOW, BERLIN)[2] == tables.journey_link("SOW-2041")
    assert tables.span_cells(a_span(journey=None, contract=None), NOW, BERLIN)[2] == "–"


def test_text_is_cut_at_a_word() -> None:
    assert tables.shortened("a field is missing", 12) == "a field is …"
    assert tables.shortened("a  field\nis", 12) == "a field is"


def test_a_name_from_elsewhere_cannot_leave_its_place_in_the_style() -> None:
    told = tables.style(
        "attempts-a'] {} </style><b> [b='1", [tables.Column("Attempt", 60), tables.Column("Said", "stretch")]
    )
    assert "[class*='st-key-row-attempts-a--------style--b---b--1-']" in told
    assert "<" not in told
    assert "content: 'Attempt'" in told
