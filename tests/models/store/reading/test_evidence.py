import pytest

from models.exceptions import ExceptionKind
from models.store.engine import Pool
from models.store.reading import evidence, exceptions
from models.store.reading.listing import Asked
from tests.making import an_event, at, load, take

NOW = at(1_000)


@pytest.fixture
def store(pool: Pool) -> Pool:
    """An event that reaches nothing, one sent with two contents, a project that two contracts claim, a failure."""
    load(pool)
    take(
        pool,
        an_event("contract.signed", 1, id="s1", source="clm", keys={"contract": "SOW-1"},
                 attributes={"payment_terms": "NET30", "email": "ana@example.com"}),
        an_event("contract.signed", 2, id="s1", source="clm", keys={"contract": "SOW-1"},
                 attributes={"payment_terms": "NET60"}),
        an_event("contract.signed", 3, id="s2", source="clm", keys={"contract": "SOW-2"}),
        an_event("project.created", 5, id="p1", source="psa", keys={"contract": "SOW-1", "project": "8841"}),
        an_event("project.created", 6, id="p2", source="psa", keys={"contract": "SOW-2", "project": "8841"}),
        an_event("project.activated", 7, id="p3", source="psa", keys={"project": "8841"}),
        an_event("invoice.posted", 10, id="i1", source="erp", keys={"invoice": "I-404"},
                 attributes={"invoice": "I-404", "iban": "DE89370400440532013000"}),
        an_event("billing_schedule.created", 20, id="b2", source="erp", keys={"contract": "SOW-2"},
                 attributes={"payment_terms": "NET45"}),
        an_event("transaction.failed", 30, id="t1", source="ipaas", keys={"contract": "SOW-2"},
                 attributes={"transaction": "T-1", "operation": "bill/SOW-2", "error_message": "closed"}),
    )  # fmt: skip
    return pool


def behind(pool: Pool, kind: ExceptionKind) -> evidence.Backing:
    with pool.connection() as connection:
        (row,) = exceptions.list_exceptions(connection, Asked(filters={"kind": [kind]}), NOW).rows
        return evidence.backing(connection, row["id"], row["kind"])


def test_behind_an_unlinked_event_is_the_event_masked(store) -> None:
    found = behind(store, ExceptionKind.UNLINKED)
    assert found.anchor == ["erp", "i1"]
    (event,) = found.events
    assert (event["at"], event["source"], event["type"]) == (at(10), "erp", "invoice.posted")
    assert event["keys"] == {"invoice": ["I-404"]}
    assert event["attributes"] == {"invoice": "I-404", "iban": "***"}


def test_behind_changed_content_is_everything_that_was_sent(store) -> None:
    found = behind(store, ExceptionKind.CHANGED_CONTENT)
    assert found.anchor == ["clm", "s1"]
    assert {event["attributes"]["payment_terms"] for event in found.events} == {"NET30", "NET60"}


def test_behind_a_contested_key_are_the_events_that_carry_it(store) -> None:
    found = behind(store, ExceptionKind.LINK_CONFLICT)
    assert found.anchor == ["SOW-1", "SOW-2"]
    assert [event["id"] for event in found.events] == ["p3"]


def test_behind_a_failure_is_its_operation_and_no_event(store) -> None:
    assert behind(store, ExceptionKind.FAILED) == evidence.Backing(["bill/SOW-2"], [])


def test_behind_what_there_is_not_is_nothing(store) -> None:
    with store.connection() as connection:
        assert evidence.backing(connection, "exc_nothing", "failed") == evidence.Backing([], [])


def test_a_term_shows_what_is_agreed_and_who_holds_what(store) -> None:
    with store.connection() as connection:
        terms = evidence.terms_of(connection, "SOW-2")
        assert evidence.terms_of(connection, "SOW-404") == {}
    assert terms["payment_terms"]["held"] == {"erp": "NET45"}


def test_the_operations_of_a_journey_come_with_their_attempts(store) -> None:
    with store.connection() as connection:
        (row,) = evidence.transactions_of(connection, "SOW-2")
        assert evidence.transactions_of(connection, "SOW-1") == []
    assert (row["operation"], row["state"], len(row["attempts"])) == ("bill/SOW-2", "failed", 1)
