from models.store.beat import age_of_beat, beat
from models.store.gauges import read_gauges
from tests.making import DAY


def test_a_worker_that_was_never_heard_has_no_age(connection) -> None:
    assert age_of_beat(connection) is None


def test_the_age_of_a_beat_is_told_by_the_databases_clock(connection) -> None:
    beat(connection)
    connection.execute("UPDATE store_fact SET updated_at = updated_at - interval '100 seconds'")
    age = age_of_beat(connection)
    assert age is not None
    assert 100 <= age < 160
    beat(connection)
    assert (age_of_beat(connection) or 99) < 60


def test_an_empty_store_has_no_gauges(connection) -> None:
    assert read_gauges(connection, DAY) == []
