from zoneinfo import ZoneInfo

from app.parts import facts, story
from tests.app.memory import NOW, ago
from tests.app.rows import STEPS, a_journey, a_process, an_exception

BERLIN = ZoneInfo("Europe/Berlin")
TITLES = story.step_titles(STEPS)


def plain(told: dict[str, str]) -> dict[str, str]:
    return {name: value.replace("\\", "") for name, value in told.items()}


def test_a_journey_is_told_with_what_is_known_of_it() -> None:
    told = plain(facts.of_journey(a_journey(region=None), a_process(), TITLES, NOW, BERLIN))
    assert told["Value"] == "120,000.00 EUR"
    assert told["Money at risk"] == "unknown"
    assert told["Last event"] == "20 Mar 2026, 5 hours ago"
    assert told["Reached"] == "Project created"
    assert "Region" not in told
    assert "Contract" not in told


def test_a_journey_that_is_not_called_by_its_contract_names_it() -> None:
    told = plain(facts.of_journey(a_journey(key="contract:SOW-1", contract="SOW-1"), a_process(), TITLES, NOW, BERLIN))
    assert told["Contract"] == "SOW-1"


def test_an_open_exception_says_since_when_and_that_nobody_has_it() -> None:
    told = plain(facts.of_exception(an_exception(), TITLES, NOW, BERLIN))
    assert told["Opened"] == "19 Mar 2026 08:00 CET, 26 hours ago"
    assert told["Owner"] == "nobody yet"
    assert told["Money at risk"] == told["Cost a day"] == "unknown"
    assert told["Known by"] == "create-project/SOW-2041"
    assert not {"Settled", "Due", "Came back", "Concerns", "Also blocks"} & set(told)


def test_a_settled_exception_says_when_by_what_and_how_often_it_came_back() -> None:
    row = an_exception(settled_at=ago(hours=1), settled_by="a later attempt", reopened_count=2)
    told = plain(facts.of_exception(row, TITLES, NOW, BERLIN))
    assert told["Settled"] == "20 Mar 2026 09:00 CET: a later attempt"
    assert told["Came back"] == "2 times"


def test_a_term_names_who_holds_the_same_and_who_another_value() -> None:
    told = facts.term({"agreed": "NET30", "held": {"clm": "NET30", "netsuite-us": "NET45"}})
    assert told.replace("\\", "") == "**NET30** (clm); :orange-badge[differs] netsuite-us has NET45"
    assert facts.term({"agreed": None, "held": {}}) == "not agreed"


def test_exceptions_are_counted_by_kind_as_they_are_filtered() -> None:
    counts = [
        {"kind": "failed", "status": "open", "severity": "high", "system": "a", "count": 3},
        {"kind": "unlinked", "status": "open", "severity": "low", "system": "b", "count": 5},
        {"kind": "failed", "status": "settled", "severity": "high", "system": "a", "count": 90},
    ]
    assert facts.of_counts(counts, {"status": ["open"]}) == "**8 exceptions**: unlinked event 5\\, failed hand\\-over 3"
    assert facts.of_counts(counts, {"status": ["open"], "system": ["a"]}).startswith("**3 exceptions**")
    assert facts.of_counts(counts, {"status": ["snoozed"]}) == "**0 exceptions**"


def test_journeys_are_counted_by_state_and_step() -> None:
    standing = [
        {"state": "failed", "step": "invoice.posted", "count": 2},
        {"state": "running", "step": "invoice.posted", "count": 5},
        {"state": "running", "step": None, "count": 1},
    ]
    assert facts.of_standing(standing, [], "") == "**8 journeys**"
    assert facts.of_standing(standing, ["running"], "invoice.posted") == "**5 journeys**"
    assert facts.state_labels(standing, ["failed", "due_soon", "running"]) == {
        "failed": "failed 2",
        "due_soon": "due soon",
        "running": "running 6",
    }
