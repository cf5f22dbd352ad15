from datetime import UTC, datetime

from collectors.versions import Version, deleted, remembered, taken_back
from models.events import LINKED, Event
from models.gathering import version_of

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 10, tzinfo=UTC)


def a_version(day: int = 2, *contracts: str) -> Version:
    at = datetime(2026, 3, day, 10, tzinfo=UTC)
    keys = {"erp/invoice": "7", **({"contract": list(contracts)} if contracts else {})}
    return Version("erp", "invoice:7", at.isoformat(), at, keys, {"invoice": "INV7"})


def said(event: Event) -> tuple[str, bool, dict[str, tuple[str, ...]]]:
    return event.type, event.retracts, event.keys


def test_within_a_version_a_withdrawal_comes_after_what_is_said_and_what_is_taken_back_before() -> None:
    version = a_version()
    posted, void = version.says("invoice.posted", AT), version.withdraws("invoice.voided", AT)
    before = remembered([version.says("invoice.settled", AT)])
    (taken,) = taken_back(version, before, [posted])
    assert version_of(taken) < version_of(posted) < version_of(void)


def test_a_newer_version_comes_after_all_of_an_older_one() -> None:
    assert version_of(a_version(2).withdraws("invoice.voided", LATER)) < version_of(
        a_version(3).says("invoice.sent", AT)
    )


def test_what_a_version_still_says_is_not_taken_back() -> None:
    before = remembered([a_version(2, "A").says("invoice.posted", AT)])
    version = a_version(3, "A")
    assert taken_back(version, before, [version.says("invoice.posted", LATER)]) == []


def test_a_contract_that_a_record_leaves_is_left_by_name() -> None:
    before = remembered([a_version(2, "A", "B").says("invoice.posted", AT)])
    version = a_version(3, "B")
    (taken,) = taken_back(version, before, [version.says("invoice.posted", AT)])
    assert said(taken) == ("invoice.posted", True, {"contract": ("A",)})
    assert taken.attributes == {"invoice": "INV7"}


def test_a_record_that_names_no_contract_any_more_has_left_none() -> None:
    before = remembered([a_version(2, "A").says("invoice.posted", AT)])
    version = a_version(3)
    assert taken_back(version, before, [version.says("invoice.posted", AT)]) == []


def test_what_lasts_is_not_taken_back_and_not_forgotten() -> None:
    version = a_version(3)
    before = remembered([a_version().says("invoice.settled", AT)])
    assert taken_back(version, before, [], lasting=("invoice.settled",)) == []
    kept = remembered([], before, lasting=("invoice.settled",))
    assert [event.type for event in taken_back(version, kept, [])] == ["invoice.settled"]


def test_links_and_retractions_are_not_remembered() -> None:
    version = a_version()
    events = [version.says(LINKED, AT), version.withdraws("invoice.posted", AT, retracts=True)]
    assert remembered(events) == "[]"


def test_a_deleted_record_takes_back_all_that_it_said_after_its_last_version() -> None:
    version = a_version(2, "A")
    events = [version.says("invoice.posted", AT), version.says("invoice.sent", AT)]
    taken = deleted(Version("erp", "invoice:7", version.stamp, version.at, {}), remembered(events))
    assert [said(event) for event in taken] == [
        ("invoice.posted", True, {"contract": ("A",), "erp/invoice": ("7",)}),
        ("invoice.sent", True, {"contract": ("A",), "erp/invoice": ("7",)}),
    ]
    assert max(version_of(event) for event in events) < min(version_of(event) for event in taken)


def test_nothing_remembered_takes_nothing_back() -> None:
    assert (taken_back(a_version(), "", []), deleted(a_version(), "")) == ([], [])


def test_events_of_one_type_are_told_apart_by_what_they_are_of() -> None:
    version = a_version()
    assert version.says("payment.applied", AT, of="21").id != version.says("payment.applied", AT, of="22").id
    assert version.withdraws("x.y", AT).id != version.withdraws("x.y", AT, retracts=True).id
