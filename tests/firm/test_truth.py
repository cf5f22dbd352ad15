"""A firm with its clock stopped and all streams caught up: what was found equals what is true."""

from collections import Counter

import pytest

from estate.truth import REACHED
from tests.firm.against import compare
from tests.firm.conftest import Gathered

pytestmark = pytest.mark.timeout(600)  # whoever comes first waits for the collecting


def test_no_stream_complains(gathered: Gathered) -> None:
    assert gathered.troubles == {}


def test_every_contract_is_a_journey_and_nothing_else_is_one(gathered: Gathered) -> None:
    found = compare(gathered.told)
    assert (found.journeys_missing, found.journeys_too_many) == ([], []), str(found)


def test_every_step_stands_at_its_second_and_none_besides(gathered: Gathered) -> None:
    found = compare(gathered.told)
    assert (found.steps_missing, found.steps_too_many, found.steps_off) == ([], [], []), str(found)


def test_every_fault_is_an_exception_and_none_is_invented(gathered: Gathered) -> None:
    found = compare(gathered.told)
    assert (found.exceptions_missing, found.exceptions_invented) == ([], []), str(found)
    assert found.settled_without_fault == []


def test_what_only_looks_like_a_fault_raises_nothing(gathered: Gathered) -> None:
    assert compare(gathered.told).lookalikes_disturbed == []


def test_the_firm_is_worth_the_comparison(gathered: Gathered) -> None:
    truth = gathered.told.truth
    assert len(truth["steps"]) >= 8 * len(gathered.told.contracts)
    assert set(REACHED) <= {fault["kind"] for fault in truth["faults"]}
    assert len({one["what"] for one in truth["lookalikes"]}) >= 20
    ours = Counter(row["kind"] for row in gathered.told.exceptions)
    assert set(ours) == set(REACHED)


def test_one_record_that_was_changed_afterwards_is_seen(gathered: Gathered) -> None:
    contract = gathered.changed.rpartition("-M")[0]
    found = compare(gathered.afterwards)
    assert found.steps_too_many == [(contract, "milestone.accepted", gathered.changed)]
    assert found
