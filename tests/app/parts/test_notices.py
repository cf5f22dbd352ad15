import pytest

from app.parts.notices import age_notices
from tests.app.memory import NOW, ago


def told(newest, beat_seconds=2.0) -> list[tuple[str, str]]:
    found = age_notices({"newest_event_at": newest, "beat_seconds": beat_seconds, "quarantined": 0}, NOW)
    return [(notice.level, notice.title) for notice in found]


def test_a_firm_that_spoke_today_needs_no_notice() -> None:
    assert told(ago(hours=23)) == []


@pytest.mark.parametrize("days", [2, 80])
def test_silence_of_days_is_a_warning(days) -> None:
    assert told(ago(days=days)) == [("warning", "Nothing new has arrived")]


def test_silence_leads_to_the_page_that_names_the_silent_system() -> None:
    freshness = {"newest_event_at": ago(days=3), "beat_seconds": 2.0, "quarantined": 0}
    assert "Systems, in the menu" in age_notices(freshness, NOW)[0].text


def test_a_log_of_the_past_is_no_outage() -> None:
    assert told(ago(days=400)) == [("info", "This is history")]


def test_a_worker_that_went_silent_is_a_warning_and_one_that_never_was_is_none() -> None:
    assert told(ago(hours=1), 720.0) == [("warning", "No worker is running")]
    assert told(ago(hours=1), None) == []
