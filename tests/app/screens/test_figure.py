from tests.app.looking import charts, links, look, words
from tests.app.memory import FailingAsk
from tests.app.worlds import empty, many, one, stale


def test_without_a_name_it_asks_for_one_and_an_unknown_one_is_told() -> None:
    assert "Which figure?" in words(look(one(), "figure"))
    assert "There is no figure “dso”" in words(look(one(), "figure", figure="dso"))


def test_a_figure_says_how_it_is_measured_and_what_it_rests_on() -> None:
    page = look(one(), "figure", figure="activation_latency")
    told = words(page)
    assert "From the first “Contract signed” to the first “Project activated” on all lines; calendar time." in told
    assert page.metric[0].value == "5.4 days"
    assert page.metric[0].label == "Median"
    assert {"period", "by"} <= {one.key for one in page.button_group}
    assert "median of 34 finished · 12 running · 2 left out · 21 Mar 2025 to 20 Mar 2026" in told
    assert "The arrow compares with the period of the same length before." in told
    assert len(charts(page)) == 1


def test_the_rows_behind_it_are_the_finished_ones_longest_first() -> None:
    page = look(many(), "figure", figure="activation_latency")
    keys = [label for label, to, _ in links(page) if to == "journey"]
    assert (keys[0], len(keys)) == ("SOW-2030", 25)
    assert ":small[30 days]" in words(page)


def test_running_samples_count_to_now() -> None:
    page = look(one(), "figure", figure="activation_latency", part="running")
    assert ":small[40 days]" in words(page)
    assert ":small[running]" in words(page)


def test_behind_a_figure_of_exceptions_are_exceptions() -> None:
    page = look(one(), "figure", figure="recovery_time")
    assert [to for _, to, _ in links(page)] == ["exception", "journey"]
    page.get_by_key("part").set_value("running").run()
    assert page.query_params["part"] == "running"
    assert ":small[open]" in words(page)


def test_the_age_of_what_is_open_has_rows_and_no_trend() -> None:
    page = look(one(), "figure", figure="exception_aging")
    assert charts(page) == []
    assert "40 open now · as of 20 Mar 2026 10:00 CET" in words(page)
    assert not {"period", "by"} & {one.key for one in page.button_group}
    assert [to for _, to, _ in links(page)] == ["exception", "journey"]


def test_no_rows_are_told() -> None:
    assert "Nothing found" in words(look(stale(), "figure", figure="activation_latency"))
    assert "Nothing to watch yet" in words(look(empty(), "figure", figure="activation_latency"))


def test_a_store_that_is_away_is_told_without_a_traceback() -> None:
    assert "The store does not answer" in words(look(FailingAsk(), "figure", figure="activation_latency"))
