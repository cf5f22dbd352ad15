from datetime import timedelta

import pytest

from models.store.beat import beat
from models.store.engine import Pool
from models.store.reading import journeys, overview
from models.store.reading.listing import Asked
from tests.making import an_event, at, load, take

NOW = at(1_000)
PROCESS = "contract_to_cash"


@pytest.fixture
def store(pool: Pool) -> Pool:
    """Three contracts, two of which failed for one cause and one for another, and an event that reaches none."""
    load(pool)

    def failed(contract: str, hours: float, said: str, system: str = "erp"):
        keys = {"contract": contract, "transaction": f"T-{contract}"}
        told = {
            "transaction": f"T-{contract}",
            "target_system": system,
            "error_class": "HTTP 400",
            "error_message": f"{said} of {contract}, call ana@example.com",
        }
        return an_event("transaction.failed", hours, source="ipaas", keys=keys, attributes=told)

    take(
        pool,
        *(
            an_event("contract.signed", number, source="clm", keys={"contract": f"SOW-{number}"})
            for number in (1, 2, 3)
        ),
        an_event("project.created", 30, source="psa", keys={"contract": "SOW-3", "psa/project": "8841"}),
        failed("SOW-1", 50, "no terms"),
        failed("SOW-2", 40, "no terms"),
        failed("SOW-3", 60, "the period is closed", "psa"),
        an_event("invoice.posted", 10, source="erp", keys={"invoice": "I-404"}, attributes={"invoice": "I-404"}),
    )
    return pool


def test_journeys_are_counted_where_they_stand(store) -> None:
    with store.connection() as connection:
        rows = overview.standing(connection, PROCESS)
        assert overview.standing(connection, "another") == []
    assert rows == [
        {"state": "failed", "step": "contract.signed", "count": 2, "last_at": at(40)},
        {"state": "failed", "step": "project.created", "count": 1, "last_at": at(60)},
    ]


def test_journeys_are_counted_by_process(store) -> None:
    with store.connection() as connection:
        assert overview.journeys_by_process(connection) == {PROCESS: 3}


def test_exceptions_are_counted_with_those_of_no_journey(store) -> None:
    with store.connection() as connection:
        rows = overview.count_exceptions(connection, PROCESS, NOW)
        loose = overview.count_exceptions(connection, "another", NOW)
    assert rows == [
        {"kind": "failed", "status": "open", "severity": "high", "system": "erp", "count": 2, "opened_at": at(40)},
        {"kind": "failed", "status": "open", "severity": "high", "system": "psa", "count": 1, "opened_at": at(60)},
        {"kind": "unlinked", "status": "open", "severity": "low", "system": "erp", "count": 1, "opened_at": at(34)},
    ]
    assert [row["kind"] for row in loose] == ["unlinked"]


def test_what_opens_later_is_not_counted_yet(store) -> None:
    with store.connection() as connection:
        rows = overview.count_exceptions(connection, PROCESS, at(45))
    assert [(row["kind"], row["count"]) for row in rows] == [("failed", 1), ("unlinked", 1)]


def test_one_cause_of_several_exceptions_is_one_row_the_largest_first(store) -> None:
    with store.connection() as connection:
        first, *others = overview.exception_causes(connection, PROCESS, {}, NOW)
    assert (first["count"], first["kind"], first["system"], first["opened_at"]) == (2, "failed", "erp", at(40))
    assert "no terms of SOW-2" in first["reason"]
    assert "ana@example.com" not in first["reason"]
    assert sorted(row["count"] for row in others) == [1, 1]


def test_causes_are_narrowed_down(store) -> None:
    def causes(**wanted: list[str]) -> list[str]:
        return [row["system"] for row in overview.exception_causes(connection, PROCESS, wanted, NOW)]

    with store.connection() as connection:
        assert causes(kind=["failed"], system=["psa"]) == ["psa"]
        assert causes(severity=["low"]) == ["erp"]
        assert causes(status=["settled"]) == []


def test_freshness_is_of_the_process_and_of_all_where_it_has_nothing(store) -> None:
    with store.connection() as connection:
        assert overview.freshness(connection, PROCESS) == {
            "newest_event_at": at(60), "beat_seconds": None, "quarantined": 0,
        }  # fmt: skip
        assert overview.freshness(connection, "another")["newest_event_at"] == at(60)


def test_a_store_without_a_journey_still_knows_its_newest_event(pool) -> None:
    load(pool)
    with pool.connection() as connection:
        assert overview.freshness(connection, PROCESS)["newest_event_at"] is None
    take(pool, an_event("invoice.posted", 10, source="erp", keys={"invoice": "I-404"}))
    with pool.connection() as connection:
        assert overview.freshness(connection, PROCESS)["newest_event_at"] == at(10)
        assert overview.standing(connection, PROCESS) == []


def test_a_worker_that_lives_was_heard_just_now(store) -> None:
    with store.connection() as connection:
        beat(connection)
        assert 0 <= overview.freshness(connection, PROCESS)["beat_seconds"] < timedelta(minutes=1).total_seconds()


def test_a_journey_is_found_by_the_beginning_of_any_of_its_keys(store) -> None:
    def found(beginning: str, **filters: list[str]) -> list[str]:
        page = journeys.list_journeys(connection, Asked(limit=2, filters=filters), NOW, beginning)
        keys = [row["key"] for row in page.rows]
        if page.next:
            page = journeys.list_journeys(connection, Asked(limit=2, cursor=page.next), NOW, beginning)
            keys += [row["key"] for row in page.rows]
        return keys

    with store.connection() as connection:
        assert found("SOW") == ["SOW-1", "SOW-2", "SOW-3"]
        assert found("88") == ["SOW-3"]
        assert found("T-SOW-2") == ["SOW-2"]
        assert found("SOW", step=["project.created"]) == ["SOW-3"]
        assert found("OW-1") == []
