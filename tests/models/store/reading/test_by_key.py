"""A journey is found by every key that leads to it, over what a key carries too."""

import pytest

from models.store.engine import Pool
from models.store.reading.journeys import find_journey
from tests.making import an_event, at, load, take


@pytest.mark.parametrize("key", ["F1", "contract:F1", "project:FP", "invoice:FI", "payment:FY"])
def test_a_journey_is_found_by_any_key_that_leads_to_it(pool: Pool, key: str) -> None:
    load(pool)
    take(
        pool,
        an_event("contract.signed", 1, keys={"contract": "F1"}),
        an_event("project.created", 2, keys={"contract": "F1", "project": "FP"}),
        an_event("invoice.posted", 3, keys={"project": "FP", "invoice": "FI"}, attributes={"invoice": "FI"}),
        an_event("payment.applied", 4, keys={"payment": "FY", "invoice": "FI"}, attributes={"invoice": "FI"}),
    )
    with pool.connection() as connection:
        found = find_journey(connection, key, at(99))
    assert found is not None
    assert found["key"] == "F1"
