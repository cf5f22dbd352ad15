import pytest

from tests.app.looking import links, look, words
from tests.app.memory import FailingAsk
from tests.app.worlds import empty, many, one, stale


def keys(page) -> list[str]:
    return [label for label, to, _ in links(page) if to == "journey"]


def test_an_empty_store_says_how_to_fill_it() -> None:
    assert "Nothing to watch yet" in words(look(empty(), "journeys"))


def test_one_journey_is_shown_with_state_step_customer_and_value() -> None:
    page = look(one(), "journeys")
    assert keys(page) == ["SOW-2041"]
    told = words(page)
    for expected in (":red-badge[failed]", "Project created", "C-77", "120,000.00 EUR", "1 journey, all there are"):
        assert expected in told


def test_a_long_list_is_read_page_by_page_there_and_back() -> None:
    page = look(many(), "journeys")
    assert keys(page)[0] == "SOW-2000"
    assert len(keys(page)) == 25
    page.button[0].click().run()
    assert keys(page)[0] == "SOW-2025"
    assert page.query_params["cursor"] == "25"
    page.button[1].click().run()
    assert keys(page) == [f"SOW-{number}" for number in range(2050, 2060)]
    assert "10 journeys on this page" in words(page)
    page.button[0].click().run()
    assert keys(page)[0] == "SOW-2025"
    page.button[0].click().run()
    assert keys(page)[0] == "SOW-2000"
    assert "cursor" not in page.query_params


def test_a_page_opened_by_its_address_leads_back_to_the_first() -> None:
    page = look(many(), "journeys", cursor="25")
    assert page.button[0].label == "First page"
    page.button[0].click().run()
    assert keys(page)[0] == "SOW-2000"


def test_filters_of_the_address_are_shown_and_used() -> None:
    page = look(many(), "journeys", state=["failed", "late"], step="invoice.posted", order="-last_at")
    assert page.get_by_key("state").value == ["failed", "late"]
    assert page.selectbox(key="step").value == "invoice.posted"
    assert keys(page) == ["SOW-2028", "SOW-2034"]
    assert "2 journeys" in words(page)


def test_another_filter_begins_at_the_first_page() -> None:
    page = look(many(), "journeys", cursor="25")
    page.selectbox(key="order").select("last_at").run()
    assert page.query_params["order"] == "last_at"
    assert "cursor" not in page.query_params
    assert keys(page)[0] == "SOW-2059"


def test_a_search_by_any_key_finds_the_journey() -> None:
    page = look(many(), "journeys")
    page.text_input(key="q").set_value("P-2007").run()
    assert page.query_params["q"] == "P-2007"
    assert keys(page) == ["SOW-2007"]
    page.text_input(key="q").set_value("").run()
    assert "q" not in page.query_params


def test_a_dimension_narrows_the_list_down() -> None:
    page = look(many(), "journeys", customer="C-3")
    assert keys(page) == [f"SOW-{number}" for number in range(2003, 2060, 9)]


def test_states_are_counted_at_the_step_that_is_chosen() -> None:
    # Ten of sixty: failed 28; late 34; provisional 4 and 46; running 16, 22 and 58; ended 40; done 10 and 52.
    page = look(many(), "journeys", step="invoice.posted")
    assert page.get_by_key("state").options == [
        "failed 1", "late 1", "due soon", "unknown", "provisional 2", "inherited", "running 3", "ended 1", "done 2",
    ]  # fmt: skip
    assert len(keys(look(many(), "journeys", step="invoice.posted", state="running"))) == 3


@pytest.mark.parametrize(
    "narrowed", [{"q": "P-2007"}, {"customer": "C-3"}, {"region": "EMEA", "step": "invoice.posted"}]
)
def test_states_are_not_counted_beside_what_the_counts_do_not_follow(narrowed) -> None:
    page = look(many(), "journeys", **narrowed)
    assert not any(sign.isdigit() for state in page.get_by_key("state").options for sign in state)
    assert any(sign.isdigit() for state in look(many(), "journeys").get_by_key("state").options for sign in state)


def test_what_is_not_on_offer_is_refused() -> None:
    page = look(many(), "journeys", state="broken", step="nothing.done")
    assert "the state “broken”" in words(page)
    assert "the step “nothing.done”" in words(page)
    assert len(keys(page)) == 25


def test_filters_that_leave_nothing_say_so() -> None:
    page = look(many(), "journeys", q="nowhere")
    assert "Nothing found" in words(page)


def test_old_data_is_said() -> None:
    assert "Nothing new has arrived" in words(look(stale(), "journeys"))


def test_a_store_that_is_away_is_told_without_a_traceback() -> None:
    assert "The store does not answer" in words(look(FailingAsk(), "journeys"))
