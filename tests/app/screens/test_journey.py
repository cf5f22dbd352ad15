import pytest

from tests.app.looking import charts, links, look, words
from tests.app.memory import FailingAsk, MemoryAsk
from tests.app.rows import a_journey, a_process
from tests.app.worlds import empty, many, one, stale


def test_without_a_key_it_asks_for_one_and_an_unknown_one_is_told() -> None:
    assert "Which journey?" in words(look(one(), "journey"))
    told = words(look(empty(), "journey", key="SOW-1"))
    assert "No such journey" in told
    assert "There is no journey “SOW-1”" in told


@pytest.mark.parametrize("key", [" lead", "end ", "x" * 900, "x" * 1_000])
def test_a_key_in_the_address_is_taken_as_it_is(key) -> None:
    world = MemoryAsk(processes=[a_process(journeys=1)], journeys=[a_journey(key)])
    # A title is drawn without the blanks around it.
    assert look(world, "journey", key=key).title[0].value.replace("\\", "") == key.strip()


def test_the_key_of_a_system_is_as_long_as_the_store_takes_it() -> None:
    key = f"{'k' * 200}:{'x' * 1_000}"
    assert f"There is no journey “{key}”" in words(look(empty(), "journey", key=key))


def test_a_journey_says_what_it_is_why_and_what_is_wrong() -> None:
    page = look(one(), "journey", key="SOW-2041")
    told = words(page)
    assert page.title[0].value.replace("\\", "") == "SOW-2041"
    assert ":red-badge[failed] HTTP 400: Field 'Start date' is required" in told
    for expected in ("120,000.00 EUR", "C-77", "fixed_fee", "1 exception"):
        assert expected in told
    assert ("Failed hand-over", "exception", "id=exc_000000000000000000000001") in links(page)


def test_its_story_grades_the_evidence_and_keeps_what_was_withdrawn_in_sight() -> None:
    told = words(look(one(), "journey", key="SOW-2041"))
    assert ":green-badge[observed]" in told
    assert ":blue-badge[inferred]" in told
    assert "~~Invoice posted~~" in told
    assert "withdrawn: by “Invoice voided”" in told
    assert "No evidence so far of: Project activated, Payment applied." in told


def test_its_steps_are_drawn_over_time() -> None:
    (chart,) = charts(look(one(), "journey", key="SOW-2041", view="chart"))
    assert {group["name"] for group in chart["data"] if "name" in group} == {"observed", "withdrawn"}


def test_its_keys_are_told_by_system() -> None:
    page = look(one(), "journey", key="SOW-2041", view="keys")
    assert "**certinia**" in words(page)
    assert "P-2041" in page.table[1].value.to_string().replace("\\", "")


def test_its_transactions_show_every_attempt_and_the_masked_payload() -> None:
    page = look(one(), "journey", key="SOW-2041", view="transactions")
    assert "flow sow-to-project, ironclad-emea → certinia, 2 reports" in words(page)
    assert words(page).count(":red-badge[failed]") >= 3
    assert '"***"' in page.json[0].value


def test_the_spans_of_its_failed_transaction_are_drawn_as_a_waterfall() -> None:
    page = look(one(), "journey", key="SOW-2041", view="transactions")
    (chart,) = charts(page)
    assert [one["text"] for one in chart["layout"]["annotations"]] == [
        "✕ 2.15 s · flow 2 · boomi", "35 ms · map 2", "✕ 1.4 s · POST 2",
    ]  # fmt: skip
    told = words(page)
    assert "3 spans of 1 service, 2.15 s from 18 Mar 2026" in told
    assert told.index("**POST 2** in boomi: HTTP 400") < told.index("**flow 2** in boomi")
    page.get_by_key("trace-create-project/SOW-2041").set_value(1).run()
    assert "flow 1" in charts(page)[0]["layout"]["annotations"][0]["text"]
    page.get_by_key("table-create-project/SOW-2041").set_value(True).run()
    assert "200 ms" in words(page)


def test_its_events_are_read_page_by_page() -> None:
    page = look(many(), "journey", key="SOW-2007", view="events")
    assert "25 events on this page" in words(page)
    page.button[0].click().run()
    assert "5 events on this page" in words(page)


def test_its_terms_show_who_holds_another_value() -> None:
    page = look(one(), "journey", key="SOW-2041", view="terms")
    assert "netsuite-us has NET45" in page.table[0].value.to_string().replace("\\", "")


def test_a_view_is_chosen_by_the_address_and_written_into_it() -> None:
    page = look(one(), "journey", key="SOW-2041")
    page.get_by_key("view").set_value("terms").run()
    assert page.query_params["view"] == "terms"


def test_a_journey_without_transactions_says_so() -> None:
    assert "No transactions" in words(look(many(), "journey", key="SOW-2007", view="transactions"))


def test_old_data_is_said() -> None:
    assert "Nothing new has arrived" in words(look(stale(), "journey", key="SOW-2041"))


def test_a_store_that_is_away_is_told_without_a_traceback() -> None:
    assert "The store does not answer" in words(look(FailingAsk(), "journey", key="SOW-2041"))
