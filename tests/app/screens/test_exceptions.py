import pytest

from tests.app.looking import links, look, words
from tests.app.memory import FailingAsk, MemoryAsk
from tests.app.rows import a_journey, a_process, an_exception
from tests.app.worlds import empty, many, one, stale


def shown(page) -> list[str]:
    return [query.removeprefix("process=contract_to_cash&id=") for _, to, query in links(page) if to == "exception"]


def test_an_empty_store_says_how_to_fill_it() -> None:
    assert "Nothing to watch yet" in words(look(empty(), "exceptions"))


def test_one_exception_is_shown_with_what_was_said_where_and_for_how_long() -> None:
    page = look(one(), "exceptions")
    told = words(page)
    for expected in (":orange-badge[high]", "Field 'Start date' is required", "certinia", "26 hours", "1 exception"):
        assert expected in told
    assert ("SOW-2041", "journey", "key=SOW-2041") in links(page)


def test_what_is_open_is_shown_oldest_first_and_counted_by_kind() -> None:
    page = look(many(), "exceptions")
    assert shown(page)[0] == "exc_000000000000000000000040"
    assert len(shown(page)) == 25
    assert "**36 exceptions**: failed hand-over 14, duplicate 6" in words(page)


def test_the_largest_causes_come_first_and_narrow_the_list_down() -> None:
    page = look(many(), "exceptions")
    cause = page.button(key="turn-fingerprint-failed")
    assert cause.label == ":blue[14 exceptions]"
    cause.click().run()
    assert page.query_params["fingerprint"] == "failed"
    assert len(shown(page)) == 14
    page.button(key="all-fingerprint").click().run()
    assert "fingerprint" not in page.query_params
    assert len(shown(page)) == 25


def test_filters_of_the_address_are_shown_and_used() -> None:
    page = look(many(), "exceptions", kind="failed", severity="high", status="settled")
    assert page.selectbox(key="kind").value == "failed"
    assert page.get_by_key("status").value == ["settled"]
    assert [int(one.removeprefix("exc_")) for one in shown(page)] == [35, 26, 8]


@pytest.mark.parametrize("key", [" lead", "x" * 900])
def test_the_exceptions_of_a_journey_are_found_by_its_key_as_it_is(key) -> None:
    world = MemoryAsk(
        processes=[a_process(journeys=1)], journeys=[a_journey(key)], exceptions=[an_exception(journey=key)]
    )
    page = look(world, "exceptions", journey=key)
    assert "1 exception, all there are" in words(page)
    assert page.button(key="all-journey").label == "Only one journey is shown: show all"


def test_a_system_is_offered_when_it_has_exceptions() -> None:
    assert look(many(), "exceptions").selectbox(key="system").options == ["all", "certinia"]


def test_taking_every_status_away_shows_all_of_them() -> None:
    page = look(many(), "exceptions")
    page.get_by_key("status").set_value([]).run()
    assert page.query_params["status"] == "all"
    assert "**40 exceptions**" in words(page)
    page.get_by_key("status").set_value(["open", "owned", "acting", "snoozed"]).run()
    assert "status" not in page.query_params


def test_a_list_can_begin_with_the_most_severe() -> None:
    page = look(many(), "exceptions", sorted="-severity")
    told = [line for line in words(page).splitlines() if line.startswith(":small[:") and "badge[high]" in line]
    assert len(told) == 20


def test_filters_that_leave_nothing_say_so() -> None:
    told = words(look(one(), "exceptions", severity="low"))
    assert "No exception fits these filters. Take one away." in told


def test_a_firm_without_open_exceptions_is_not_told_to_change_its_filters() -> None:
    told = words(look(stale(), "exceptions"))
    assert "Nothing is open." in told
    assert "Nothing found" not in told
    assert "Nothing found" in words(look(stale(), "exceptions", status="settled"))


def test_old_data_is_said() -> None:
    assert "Nothing new has arrived" in words(look(stale(), "exceptions"))


def test_a_store_that_is_away_is_told_without_a_traceback() -> None:
    assert "The store does not answer" in words(look(FailingAsk(), "exceptions"))
