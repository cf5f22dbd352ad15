import pytest

from models.masking import MASK
from models.questions import QuestionError
from models.store.engine import Pool
from models.store.reading import amendments, exceptions, journeys, transactions
from models.store.reading.listing import Asked
from tests.making import an_event, at, load, take

NOW = at(1000)


@pytest.fixture
def store(pool: Pool) -> Pool:
    """Two contracts: one that has come to billing with an amendment and a failed hand-over, one just signed."""
    load(pool)
    sow = {"contract": "SOW-1"}
    take(
        pool,
        an_event("contract.signed", 1, id="s1", source="clm", keys=sow, attributes={
            "value": "120000.5", "currency": "EUR", "customer": "C-77", "entity": "DE01", "region": "EMEA",
            "practice": "Cloud", "contract_type": "fixed_fee", "email": "ana@example.com"}),
        an_event("project.created", 30, id="p1", source="psa", keys=sow | {"psa/project": "8841"}),
        an_event("invoice.posted", 40, id="i1", source="erp", keys=sow | {"erp/invoice": "INV-9"},
                 attributes={"invoice": "INV-9", "amount": "10", "currency": "EUR"}),
        an_event("amendment.approved", 50, id="a1", source="clm", keys=sow | {"amendment": "A1"},
                 attributes={"amendment": "A1", "value": "130000", "currency": "EUR"}),
        an_event("transaction.failed", 60, id="t1", source="ipaas", keys=sow, attributes={
            "transaction": "T-1", "operation": "bill/SOW-1", "flow": "billing", "source_system": "psa",
            "target_system": "erp", "attempt": 1, "error_class": "HTTP 400",
            "error_message": "no iban for ana@example.com",
            "payload": {"contract": "SOW-1", "customer": {"iban": "DE89370400440532013000"}}}),
        an_event("transaction.failed", 61, id="t2", source="ipaas", keys=sow, attributes={
            "transaction": "T-2", "operation": "bill/SOW-1", "attempt": "2", "payload": {"try": 2, "password": "x"}}),
        an_event("contract.signed", 5, id="s2", source="clm", keys={"contract": "SOW-2"},
                 attributes={"value": "500", "currency": "JPY", "customer": "C-1"}),
    )  # fmt: skip
    return pool


def test_a_journey_has_every_field_of_the_interface(store) -> None:
    with store.connection() as connection:
        row = journeys.find_journey(connection, "SOW-1", NOW)
        (failed,) = exceptions.list_exceptions(connection, Asked(), NOW).rows
    assert row is not None
    steps = {(step["step"], step["subject"]): step for step in row.pop("steps")}
    (amendment,) = row.pop("amendments")
    assert row == {
        "key": "SOW-1", "contract": "SOW-1", "process": "contract_to_cash", "customer": "C-77", "entity": "DE01",
        "region": "EMEA", "practice": "Cloud", "contract_type": "fixed_fee",
        "value": {"amount": row["value"]["amount"], "currency": "EUR"}, "lines": row["lines"], "step": row["step"],
        "state": "failed", "state_reason": row["state_reason"], "first_at": at(1), "last_at": at(61), "related": [],
        "exceptions": [failed["id"]], "money_at_risk": None,
    }  # fmt: skip
    assert row["value"]["amount"] == "120000.50"
    assert row["state_reason"] == "HTTP 400: no iban for ***"
    assert steps["contract.signed", ""] == {
        "step": "contract.signed", "subject": "", "first_at": at(1), "last_at": at(1), "due_at": None,
        "evidence": "observed", "system": "clm", "withdrawn_at": None, "withdrawn_by": None,
    }  # fmt: skip
    assert steps["contract.approved", ""]["evidence"] == "inferred"
    assert steps["contract.approved", ""]["first_at"] is None
    assert steps["invoice.posted", "INV-9"]["first_at"] == at(40)
    assert amendment["amendment"] == "A1"
    assert amendment["approved_at"] == at(50)
    assert set(amendment) == {"amendment", "approved_at", "state", "targets"}


def test_money_has_the_decimals_of_its_currency(store) -> None:
    with store.connection() as connection:
        row = journeys.find_journey(connection, "SOW-2", NOW)
    assert row is not None
    assert row["value"] == {"amount": "500", "currency": "JPY"}


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("SOW-1", "SOW-1"),
        ("contract:SOW-1", "SOW-1"),
        ("project:8841", "SOW-1"),
        ("psa/project:8841", "SOW-1"),
        ("invoice:INV-9", "SOW-1"),
        ("erp/invoice:INV-9", "SOW-1"),
        ("amendment:A1", "SOW-1"),
        ("8841", None),
        ("erp/project:8841", None),
        ("project:", None),
        (":", None),
        ("SOW-3", None),
        ("", None),
    ],
)
def test_a_journey_is_found_by_its_contract_and_by_kind_and_value_of_any_key(store, key, found) -> None:
    with store.connection() as connection:
        row = journeys.find_journey(connection, key, NOW)
    assert (row and row["key"]) == found


def test_a_key_of_several_journeys_names_them_all(store) -> None:
    take(store, an_event("invoice.posted", 41, source="erp", keys={"contract": "SOW-2", "erp/invoice": "INV-9"}))
    with store.connection() as connection, pytest.raises(journeys.AmbiguousKeyError) as caught:
        journeys.find_journey(connection, "invoice:INV-9", NOW)
    assert caught.value.allowed == ["SOW-1", "SOW-2"]


def test_keys_with_slashes_and_colons_are_found(store) -> None:
    take(store, an_event("project.created", 9, source="psa", keys={"psa/project": "https://psa/x:1/2"}))
    with store.connection() as connection:
        listed = journeys.find_journey(connection, "psa/project:https://psa/x:1/2", NOW)
        short = journeys.find_journey(connection, "project:https://psa/x:1/2", NOW)
    assert listed is not None
    assert listed["state"] == "provisional"
    assert short == listed


def test_journeys_are_listed_by_key_and_filtered(store) -> None:
    def keys(**filters: list[str]) -> list[str]:
        with store.connection() as connection:
            return [row["key"] for row in journeys.list_journeys(connection, Asked(filters=filters), NOW).rows]

    assert keys() == ["SOW-1", "SOW-2"]
    assert keys(state=["failed"]) == ["SOW-1"]
    assert keys(customer=["C-1", "C-9"]) == ["SOW-2"]
    assert keys(region=[""]) == ["SOW-2"]
    assert keys(value_from=["1000"]) == ["SOW-1"]
    assert keys(first_at_from=["2026-03-02T05:00:00Z"]) == ["SOW-2"]


def test_the_keys_of_a_journey_come_by_system(store) -> None:
    with store.connection() as connection:
        found = journeys.keys_of(connection, "SOW-1")
    assert found == [
        {"system": "", "keys": [
            {"kind": "amendment", "value": "A1", "class": "owned"},
            {"kind": "contract", "value": "SOW-1", "class": "journey"}]},
        {"system": "erp", "keys": [{"kind": "invoice", "value": "INV-9", "class": "shared"}]},
        {"system": "psa", "keys": [{"kind": "project", "value": "8841", "class": "owned"}]},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SOW-", ["SOW-1", "SOW-2"]),
        ("INV", ["SOW-1"]),
        ("88", ["SOW-1"]),
        ("8841", ["SOW-1"]),
        ("88412", []),
        ("%", []),
        ("_OW", []),
        ("", ["SOW-1", "SOW-2"]),
    ],
)
def test_journeys_are_found_by_the_beginning_of_any_key(store, text, found) -> None:
    with store.connection() as connection:
        rows = journeys.list_journeys(connection, Asked(), NOW, text).rows
    assert [row["key"] for row in rows] == found


def test_the_story_tells_the_events_in_order_of_time_with_their_words_masked(store) -> None:
    with store.connection() as connection:
        page = journeys.story(connection, "SOW-1", Asked())
        newest = journeys.story(connection, "SOW-1", Asked(limit=2, sort="-occurred_at"))
        rest = journeys.story(connection, "SOW-1", Asked(cursor=newest.next or ""))
        nothing = journeys.story(connection, "SOW-9", Asked())
    assert [(row["at"], row["type"]) for row in page.rows][:3] == [
        (at(1), "contract.signed"),
        (at(30), "project.created"),
        (at(40), "invoice.posted"),
    ]
    assert page.rows[0]["attributes"]["email"] == MASK
    assert page.rows[0]["keys"] == {"contract": ["SOW-1"]}
    assert [row["at"] for row in newest.rows + rest.rows] == [row["at"] for row in reversed(page.rows)]
    assert nothing.rows == []


def test_amendments_are_listed_with_their_contract(store) -> None:
    with store.connection() as connection:
        page = amendments.list_amendments(connection, Asked(filters={"contract": ["SOW-1"]}))
        none = amendments.list_amendments(connection, Asked(filters={"state": ["nothing"]}))
    (row,) = page.rows
    assert (row["amendment"], row["contract"], row["journey"], row["approved_at"]) == ("A1", "SOW-1", "SOW-1", at(50))
    assert all(
        set(target) == {"step", "state", "due_at", "reached_at", "expected", "found"} for target in row["targets"]
    )
    assert none.rows == []


def test_an_exception_has_every_field_of_the_interface(store) -> None:
    with store.connection() as connection:
        (row,) = exceptions.list_exceptions(connection, Asked(), NOW).rows
        found = exceptions.find_exception(connection, row["id"], NOW)
        earlier = exceptions.find_exception(connection, row["id"], at(59))
    assert found == row == {
        "id": row["id"], "kind": "failed", "contract": "SOW-1", "journey": "SOW-1", "process": "contract_to_cash",
        "step": row["step"], "subject": "", "system": "erp", "transaction": "T-1", "operation": "bill/SOW-1",
        "reason": "HTTP 400: no iban for ***", "fingerprint": row["fingerprint"], "severity": "high", "status": "open",
        "owner": None, "assignee": None, "opened_at": at(60), "due_at": None, "settled_at": None, "settled_by": None,
        "reopened_count": 0, "age_seconds": 940 * 3600.0, "money_at_risk": None, "cost_per_day": None,
        "also_blocks": [],
    }  # fmt: skip
    assert earlier is None


def test_an_exception_is_open_until_it_is_settled_and_its_age_stops_then(store) -> None:
    take(store, an_event("transaction.succeeded", 70, source="ipaas", keys={"contract": "SOW-1"},
                         attributes={"transaction": "T-3", "operation": "bill/SOW-1", "attempt": 3}))  # fmt: skip
    with store.connection() as connection:
        (row,) = exceptions.list_exceptions(connection, Asked(), at(100)).rows
        (then,) = exceptions.list_exceptions(connection, Asked(), at(65)).rows
        still_open = exceptions.list_exceptions(connection, Asked(filters={"status": ["open"]}), at(65)).rows
        open_now = exceptions.list_exceptions(connection, Asked(filters={"status": ["open"]}), at(100)).rows
    assert (row["status"], row["settled_at"], row["age_seconds"]) == ("settled", at(70), 36_000)
    assert row["settled_by"]
    assert (then["status"], then["settled_at"], then["settled_by"], then["age_seconds"]) == ("open", None, None, 18_000)
    assert [one["id"] for one in still_open] == [row["id"]]
    assert open_now == []


def test_an_exception_that_several_journeys_share_is_listed_for_the_least_contract(store) -> None:
    both = {"contract": ["SOW-1", "SOW-2"]}
    take(store, an_event("transaction.failed", 80, source="ipaas", keys=both, attributes={"transaction": "T-9"}))
    with store.connection() as connection:
        rows = exceptions.list_exceptions(connection, Asked(filters={"transaction": ["T-9"]}), NOW).rows
        second = journeys.find_journey(connection, "SOW-2", NOW)
        of_second = exceptions.list_exceptions(connection, Asked(filters={"contract": ["SOW-2"]}), NOW).rows
    assert [row["contract"] for row in rows] == ["SOW-1"]
    assert second is not None
    assert second["exceptions"] == [rows[0]["id"]]
    assert of_second == rows


def test_an_exception_that_several_journeys_share_is_open_while_it_is_open_in_one(store) -> None:
    both = {"contract": ["SOW-1", "SOW-2"]}
    told = {"transaction": "T-9"}
    take(store, an_event("transaction.failed", 80, source="ipaas", keys=both, attributes=told))
    take(store, an_event("transaction.succeeded", 90, source="ipaas", keys={"contract": "SOW-1"}, attributes=told))
    with store.connection() as connection:
        rows = exceptions.list_exceptions(connection, Asked(filters={"transaction": ["T-9"]}), NOW).rows
        before = exceptions.list_exceptions(connection, Asked(filters={"transaction": ["T-9"]}), at(85)).rows
    assert [(row["contract"], row["status"]) for row in rows] == [("SOW-2", "open")]
    assert [(row["contract"], row["status"]) for row in before] == [("SOW-1", "open")]


@pytest.mark.parametrize("reference", ["T-1", "T-2", "bill/SOW-1"])
def test_a_transaction_is_found_by_any_attempt_and_by_its_operation(store, reference) -> None:
    with store.connection() as connection:
        row = transactions.find_transaction(connection, reference)
    assert row == {
        "id": "T-1", "operation": "bill/SOW-1", "contract": "SOW-1", "flow": "billing", "source_system": "psa",
        "target_system": "erp", "state": "failed", "payload": {"try": 2, "password": MASK},
        "attempts": [
            {"attempt": 1, "transaction": "T-1", "at": at(60), "outcome": "failed", "error_class": "HTTP 400",
             "error_message": "no iban for ***"},
            {"attempt": 2, "transaction": "T-2", "at": at(61), "outcome": "failed", "error_class": None,
             "error_message": None},
        ],
        "spans": [],
    }  # fmt: skip


def test_an_unknown_transaction_is_none_and_a_null_character_is_refused(store) -> None:
    with store.connection() as connection:
        assert transactions.find_transaction(connection, "T-0") is None
        with pytest.raises(QuestionError):
            transactions.find_transaction(connection, "T\0")
        with pytest.raises(QuestionError):
            journeys.find_journey(connection, "SOW\0", NOW)
