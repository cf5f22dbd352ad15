"""A field that every record had and that went."""

from typing import Any

from collectors.base import Page
from collectors.drift import Fields, shared_fields
from tests.making import an_event

FULL = {"id", "no", "state"}


def page(count: int, fields: set[str]) -> Page:
    return Page([an_event("contract.signed", number) for number in range(count)], None, fields=fields)


def seen(*pages: Page) -> Any:
    fields = Fields(None)
    for one in pages:
        fields.see(one)
    return fields.state


def test_fields_of_all_rows() -> None:
    assert shared_fields([{"id": 1, "no": 2}, {"id": 3}]) == {"id"}
    assert shared_fields([]) == frozenset()


def test_a_field_of_every_record_that_goes_is_told_until_it_is_back() -> None:
    fields = Fields(seen(page(120, FULL)))
    for _ in range(2):
        fields.see(page(1, {"id", "no"}))
        assert fields.gone == {"state"}
        fields = Fields(fields.state)
    fields.see(page(1, FULL | {"new"}))
    assert fields.gone == frozenset()


def test_a_field_that_some_records_lack_is_not_missed() -> None:
    state = seen(page(60, FULL), page(60, {"id", "no"}))
    fields = Fields(state)
    fields.see(page(5, {"id", "no"}))
    assert fields.gone == frozenset()


def test_a_few_rows_prove_nothing_and_no_rows_say_nothing() -> None:
    fields = Fields(seen(page(5, FULL)))
    fields.see(page(5, {"id"}))
    assert fields.gone == frozenset()
    fields.see(page(200, set()))
    assert fields.state == {"names": ["id"], "events": 10}
    assert Fields(None).state is None
