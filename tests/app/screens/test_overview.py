from tests.app.looking import charts, links, look, words
from tests.app.memory import FailingAsk, MemoryAsk
from tests.app.rows import a_journey, a_process, kpis
from tests.app.worlds import empty, many, one, stale


def test_an_empty_store_says_how_to_fill_it() -> None:
    page = look(empty())
    assert "Nothing to watch yet" in words(page)
    assert "throughline import" in page.code[0].value
    assert not page.metric


def test_every_figure_says_unit_basis_spread_and_target() -> None:
    told = words(look(one()))
    assert "5.4 days" in told
    assert "median of 34 finished · 12 running · 2 left out" in told
    assert "9 of 10 within 16.2 days" in told
    assert "target 5 days: missed" in told
    assert "21 Mar 2025 to 20 Mar 2026 (Europe/Berlin)" in told
    assert "Newest event 20 Mar 2026 05:00 CET, 5 hours ago. Times in Europe/Berlin." in told


def test_every_number_opens_the_rows_behind_it() -> None:
    found = links(look(one()))
    assert ("Open the rows", "figure", "figure=activation_latency&period=12m") in found
    assert ("failed 1", "journeys", "state=failed") in found
    assert ("Failed hand-over 1", "exceptions", "kind=failed") in found
    assert ("SOW-2041", "journey", "key=SOW-2041") in found


def test_a_period_of_the_address_is_taken_and_an_unknown_one_refused() -> None:
    assert "19 Feb 2026 to 20 Mar 2026" in words(look(one(), period="30d"))
    page = look(one(), period="yesterday")
    assert "The address asks for the period “yesterday”, which there is not here; it was left out." in words(page)
    assert "21 Mar 2025 to 20 Mar 2026" in words(page)


def test_choosing_a_period_writes_it_into_the_address() -> None:
    page = look(one())
    page.get_by_key("period").set_value("90d").run()
    assert page.query_params["period"] == "90d"
    page.get_by_key("period").set_value("12m").run()
    assert "period" not in page.query_params


def test_the_trend_is_of_the_chosen_figure() -> None:
    page = look(one(), trend="recovery_time")
    assert page.selectbox(key="trend").value == "recovery_time"
    assert charts(page)[0]["data"][2]["name"] == "settled"
    assert "exception_aging" not in page.selectbox(key="trend").options


def test_a_figure_without_any_sample_is_named_and_takes_no_room() -> None:
    figures = kpis()
    figures[1] |= {"finished": 0, "running": 0, "omitted": 0, "p50": None, "value": None}
    page = look(MemoryAsk(processes=[a_process(journeys=1)], journeys=[a_journey()], kpis=figures))
    assert [metric.label for metric in page.metric] == ["Signature to activation", "Age of open exceptions"]
    assert "1 figure without any sample." in words(page)


def test_figures_without_samples_say_so() -> None:
    page = look(MemoryAsk(processes=[a_process(journeys=1)], journeys=[a_journey()]))
    assert "nothing measured yet" in words(page)
    assert "No trend yet" in words(page)


def test_what_is_stuck_is_shown_oldest_first() -> None:
    page = look(many())
    keys = [label for label, to, _ in links(page) if to == "journey"]
    assert keys[-5:] == ["SOW-2058", "SOW-2057", "SOW-2056", "SOW-2055", "SOW-2053"]
    ages = [line for line in words(page).splitlines() if line.endswith(" days]") and line.startswith(":small[")]
    assert ages[0] == ":small[40.1 days]"


def test_with_several_processes_one_is_chosen_and_links_carry_it() -> None:
    page = look(many(), process="order_to_cash")
    assert page.title[0].value == "Order to cash"
    assert all("process=order_to_cash" in query for label, _, query in links(page))
    page.selectbox(key="process").select("contract_to_cash").run()
    assert page.title[0].value == "Contract to cash"
    assert page.query_params["process"] == "contract_to_cash"


def test_with_one_process_there_is_nothing_to_choose() -> None:
    page = look(one())
    assert "process" not in [widget.key for widget in page.selectbox]
    assert "process" not in page.query_params


def test_old_data_and_a_silent_worker_are_said_before_any_number() -> None:
    told = words(look(stale()))
    assert "Nothing new has arrived" in told
    assert "The newest event is 3 days ago" in told
    assert "No worker is running" in told


def test_a_store_that_is_away_is_told_without_a_traceback() -> None:
    page = look(FailingAsk())
    assert "The store does not answer" in words(page)
    assert "connection refused" in words(page)
    assert not page.metric
