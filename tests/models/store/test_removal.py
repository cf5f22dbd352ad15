"""One identity with several contents: the lower hash counts, and it is as if the other had never been there."""

from __future__ import annotations

from typing import Any

from models.events import Event
from models.store.rebuild import rebuild
from tests.making import an_event, at
from tests.models.store.laws import LATER, Store


def contents(count: int = 2, **said: Any) -> list[Event]:
    """Contents of one identity that differ in a remark only, the one that counts last."""
    parts: dict[str, Any] = {"id": "e1", "source": "erp", "type": "invoice.posted", "hours": 3} | said
    remarks = [{**parts, "attributes": {**parts.get("attributes", {}), "remark": str(one)}} for one in range(count)]
    return sorted((an_event(**one) for one in remarks), key=lambda event: event.content_hash, reverse=True)


def replacing(replaced: Event, **said: Any) -> Event:
    """Another content of this identity, which counts instead."""
    return next(
        event
        for event in contents(200, id=replaced.id, source=replaced.source, **said)
        if event.content_hash < replaced.content_hash
    )


def signed(hours: float = 1, contract: str = "SOW-1") -> Event:
    return an_event("contract.signed", hours, source="clm", keys={"contract": contract})


def test_of_two_contents_the_one_with_the_lower_hash_counts_and_the_exception_names_both(store: Store) -> None:
    higher = contents(keys={"contract": "SOW-1"}, subject="first")[0]
    lower = replacing(higher, keys={"contract": "SOW-1"}, hours=5, subject="second")
    view = store.tell([signed()], [higher], [lower])
    assert view.journeys["SOW-1"].steps["invoice.posted", ""].first_at == at(5)
    found = view.exceptions["changed_content", ("erp", "e1")]
    assert (found.opened_at, found.subject) == (at(5), "second")
    with store.pool.connection() as connection:
        (reason,) = connection.execute("SELECT reason FROM exception WHERE kind = 'changed_content'").fetchone()  # type: ignore[misc]
        assert str(higher.content_hash) in reason
        assert str(lower.content_hash) in reason


def test_the_same_content_again_is_a_repetition_and_no_exception(store: Store) -> None:
    (event,) = contents(1, keys={"contract": "SOW-1"})
    assert [store.take([event, event]).duplicates, store.take([event]).duplicates] == [1, 1]
    assert "changed_content" not in {kind for kind, _ in store.view().exceptions}


def test_three_contents_in_one_batch_or_in_three_leave_one_that_counts(store: Store) -> None:
    three = contents(3, keys={"contract": "SOW-1"})
    view = store.tell(three)
    assert view == store.tell([three[2]], [three[0]], [three[1]]) == store.tell([three[1]], [three[0], three[2]])


def test_a_contract_that_no_counting_event_names_any_more_is_no_journey(store: Store) -> None:
    (named,) = contents(1, keys={"contract": "SOW-9"})
    assert list(store.tell([named]).journeys) == ["SOW-9"]
    view = store.tell([named], [replacing(named, keys={"contract": "SOW-1"})])
    assert list(view.journeys) == ["SOW-1"]


def test_what_came_by_a_key_of_the_replaced_content_is_unlinked(store: Store) -> None:
    (posted,) = contents(1, keys={"contract": "SOW-1", "invoice": "I1"})
    sent = an_event("invoice.sent", 4, id="sent", source="erp", keys={"invoice": "I1"})
    view = store.tell([posted, sent], [replacing(posted, keys={"contract": "SOW-2"})])
    assert ("unlinked", ("erp", "sent")) in view.exceptions
    # The link does not come back with the contract.
    view = store.tell([posted, sent], [replacing(posted, keys={"contract": "SOW-2"})], [signed()])
    assert ("invoice.sent", "") not in view.journeys["SOW-1"].steps


def test_what_the_replaced_content_joined_parts_again(store: Store) -> None:
    (joining,) = contents(1, keys={"contract": "SOW-1", "project": ["P1", "P2"]})
    apart = [
        an_event("project.created", 4, source="erp", keys={"project": "P1"}),
        an_event("project.created", 5, source="erp", keys={"project": "P2"}),
    ]
    view = store.tell([joining, *apart], [replacing(joining, keys={"project": "P1"})])
    assert set(view.journeys) == {"project:P1", "project:P2"}


def test_a_conflict_ends_when_one_claim_is_replaced(store: Store) -> None:
    (claim,) = contents(1, keys={"contract": "SOW-2", "project": "P1"})
    own = an_event("project.created", 2, source="erp", keys={"contract": "SOW-1", "project": "P1"})
    alone = an_event("project.closed", 9, source="erp", keys={"project": "P1"})
    assert ("link_conflict", ("SOW-1", "SOW-2")) in store.tell([signed(), own, claim, alone]).exceptions
    view = store.tell([signed(), own, claim, alone], [replacing(claim, keys={"contract": "SOW-2"})])
    assert "link_conflict" not in {kind for kind, _ in view.exceptions}
    assert ("project.closed", "") in view.journeys["SOW-1"].steps


def test_a_payment_leaves_when_the_event_that_said_what_it_carries_is_replaced(store: Store) -> None:
    (applied,) = contents(1, type="payment.applied", keys={"payment": "Y1", "invoice": "I1"})
    told = [
        signed(),
        an_event("invoice.posted", 2, source="erp", keys={"contract": "SOW-1", "invoice": "I1"}),
        an_event("payment.received", 4, id="received", source="erp", keys={"payment": "Y1"}),
    ]
    assert ("payment.received", "") in store.tell(told, [applied]).journeys["SOW-1"].steps
    view = store.tell(told, [applied], [replacing(applied, type="payment.applied", keys={"invoice": "I1"})])
    assert ("payment.received", "") not in view.journeys["SOW-1"].steps
    assert ("unlinked", ("erp", "received")) in view.exceptions


def test_a_heartbeat_may_change_its_content_whatever_keys_it_names(store: Store) -> None:
    (beat,) = contents(1, type="system.heartbeat", keys={"payment": "Y1", "invoice": "I1", "contract": "SOW-1"})
    later = replacing(beat, type="system.heartbeat", keys={"payment": "Y1", "invoice": "I1"}, hours=7)
    view = store.tell([beat], [later])
    assert view.journeys == {}
    assert {kind for kind, _ in view.exceptions} == {"changed_content"}


def test_what_was_replaced_stays_in_the_store_and_a_rebuild_leaves_it_out(store: Store) -> None:
    (named,) = contents(1, keys={"contract": "SOW-9"})
    store.take([named])
    store.take([replacing(named, keys={"contract": "SOW-1"})])
    assert rebuild(store.pool, check=False, as_of=LATER).agrees
    assert list(store.view().journeys) == ["SOW-1"]
    with store.pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (2,)
