"""A batch is taken whole: what is known, what is refused, what is counted, what only moves a watermark."""

from __future__ import annotations

import pytest

from models.store.absorb import Absorbed, absorb
from models.store.engine import Connection
from tests.making import DAY, an_event, at
from tests.models.store.laws import Store


def one(store: Store, statement: str) -> tuple[object, ...] | None:
    with store.pool.connection() as connection:
        return connection.execute(statement).fetchone()  # type: ignore[call-overload,no-any-return]


def test_an_unknown_type_is_refused_with_its_place_and_its_neighbours_go_on(store: Store) -> None:
    absorbed = store.take(
        [
            an_event("contract.signed", 1, keys={"contract": "SOW-1"}),
            an_event("contract.sgined", 1, keys={"contract": "SOW-2"}),
            an_event("contract.signed", 1, keys={"contract": "SOW-1"}),
        ]
    )
    assert (absorbed.accepted, absorbed.duplicates) == (1, 1)
    ((place, reason),) = absorbed.refused
    assert (place, reason.startswith("unknown_type")) == (1, True)
    assert list(store.view().journeys) == ["SOW-1"]
    assert one(store, "SELECT count(*) FROM event_identity") == (1,)


def test_a_heartbeat_is_accepted_once_and_reaches_nothing_but_its_watermark(store: Store) -> None:
    beat = an_event("system.heartbeat", 5, source="push", keys={"contract": "SOW-1"})
    earlier = an_event("system.heartbeat", 3, source="push")
    assert store.take([beat, beat, earlier]) == Absorbed(2, 1, [])
    view = store.view()
    assert (view.journeys, view.exceptions) == ({}, {})
    assert one(store, "SELECT system, watermark FROM stream") == ("push", at(5))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_heartbeat_of_two_contents_gives_one_watermark_whichever_came_first(
    store: Store, order: tuple[int, int]
) -> None:
    beats = [an_event("system.heartbeat", day, id="beat", source="push") for day in (3, 5)]
    for place in order:
        store.take([beats[place]])
    assert one(store, "SELECT system, watermark FROM stream") == ("push", at(5))


def test_a_key_of_an_undeclared_kind_joins_nothing_and_is_counted(store: Store) -> None:
    event = an_event("contract.signed", 1, keys={"contract": "SOW-1", "erp/ship": ["S1", "S2"]})
    other = an_event("contract.signed", 2, keys={"contract": "SOW-2", "ship": "S1"})
    store.take([event, other])
    store.take([event])
    assert set(store.view().journeys) == {"SOW-1", "SOW-2"}
    assert one(store, "SELECT kind, count FROM undeclared_kind") == ("ship", 2)


def test_what_is_written_beside_a_batch_is_committed_with_it_or_not_at_all(store: Store) -> None:
    def also(connection: Connection, absorbed: Absorbed) -> None:
        connection.execute("INSERT INTO store_fact VALUES ('cursor', %s, now())", [str(absorbed.accepted)])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        absorb(store.pool, [an_event("contract.signed", 1, keys={"contract": "SOW-1"})], store.workshop, DAY, also=also)
    assert one(store, "SELECT count(*) FROM event") == (0,)
    assert one(store, "SELECT count(*) FROM store_fact WHERE name = 'cursor'") == (0,)
    assert store.view().journeys == {}


def test_texts_of_any_alphabet_come_back_as_they_were(store: Store) -> None:
    name = "Größe/№ 7\t\\N\n\u200d\U0001f600"
    event = an_event("contract.signed", 1, keys={"contract": name}, attributes={"region": name})
    store.take([event])
    assert store.view().journeys[name].agreed == {"region": name}
