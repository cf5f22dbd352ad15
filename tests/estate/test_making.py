"""What a seed makes: enough of everything, told before any record, and the same again."""

import time
from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from estate.scenario.making import Scenario, make
from estate.scenario.stories import LOOKALIKES
from estate.truth import REACHED

MAKES = {
    ("certinia", "project.created"): "project",
    ("certinia", "mirror.project"): "project",
    ("certinia", "milestone.planned"): "milestone_id",
    ("certinia", "invoice.ready"): "event",
    ("netsuite", "customer.created"): "customer_id",
    ("netsuite", "project.created"): "job",
    ("netsuite", "mirror.project"): "job",
    ("netsuite", "invoice.posted"): "invoice",
    ("netsuite", "payment.applied"): "payment",
    ("netsuite", "billing.held"): "charge",
    ("ironclad", "contract.drafted"): "workflow",
    ("ironclad", "amendment.drafted"): "workflow",
    ("ironclad", "msa.signed"): "record",
    ("ironclad", "contract.signed"): "record",
    ("ironclad", "amendment.signed"): "record",
    ("ironclad", "obligation.recorded"): "obligation",
    ("salesforce", "account.created"): "account",
    ("salesforce", "opportunity.created"): "opportunity",
}
"""Happenings that make a record, and the key that names it."""

SIZES = [(1, 400, 24), (3, 400, 4), (11, 400, 14)]


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: "-".join(map(str, size)))
def scenario(request: pytest.FixtureRequest) -> Scenario:
    seed, contracts, months = request.param
    return make(seed, contracts, months)


def test_there_are_five_unhealed_faults_of_each_kind_and_more_that_a_re_run_mends(scenario: Scenario) -> None:
    open_now = [fault for fault in scenario.truth.view(scenario.start)["faults"] if fault["healed_at"] is None]
    kinds = Counter(fault["kind"] for fault in open_now)
    assert set(kinds) == set(REACHED)
    assert min(kinds.values()) >= 5
    mendable = {fault.operation for fault in scenario.truth.faults() if fault.can_be_mended}
    failed = {fault["contract"] for fault in open_now if fault.get("operation") in mendable}
    assert len(failed) >= 15


def test_every_look_alike_is_told_by_three_contracts(scenario: Scenario) -> None:
    told = defaultdict(set)
    for one in scenario.truth.view(scenario.start)["lookalikes"]:
        told[one["what"]].add(one["contract"])
    assert set(told) == set(LOOKALIKES)
    assert min(len(contracts) for contracts in told.values()) >= 3


def test_no_look_alike_has_a_fault_of_a_reached_kind(scenario: Scenario) -> None:
    lookalikes = {one.contract for one in scenario.truth.lookalikes}
    assert not [fault for fault in scenario.truth.faults() if fault.kind in REACHED and fault.contract in lookalikes]


def test_there_are_eight_steps_a_contract(scenario: Scenario) -> None:
    steps = scenario.truth.steps(scenario.start)
    assert len(steps) >= 8 * len({step["contract"] for step in steps})


def test_nearly_all_contracts_have_begun_and_more_are_to_come(scenario: Scenario) -> None:
    now = {step["contract"] for step in scenario.truth.steps(scenario.start)}
    later = {step["contract"] for step in scenario.truth.steps(scenario.start + timedelta(days=180))}
    assert 390 <= len(now) <= 400 < len(later)


def test_no_record_is_spoken_of_before_it_is_made(scenario: Scenario) -> None:
    keys = {key: system for (system, _), key in MAKES.items()}
    made: set[str] = set()
    for happening in scenario.happenings:
        if key := MAKES.get((happening.system, happening.what)):
            made.add(happening.data[key])
        if happening.system in ("boomi", "rabbitmq") or happening.system == "salesforce":
            continue
        for key in keys.keys() & happening.data.keys():
            if key == "invoice" and happening.system == "certinia":
                continue
            record = happening.data[key]
            assert not record or record in made, f"{happening.what} of {happening.contract} names {key} {record}"


def test_times_are_whole_seconds_of_utc_and_in_order(scenario: Scenario) -> None:
    times = [happening.when for happening in scenario.happenings]
    assert times == sorted(times)
    assert all(at.microsecond == 0 and at.utcoffset() == timedelta() for at in times)


def test_batches_hold_several_documents(scenario: Scenario) -> None:
    runs = [happening.data["documents"] for happening in scenario.happenings if happening.what == "execution"]
    assert sum(map(len, runs)) / len(runs) > 2


def test_quarters_end_busily(scenario: Scenario) -> None:
    ends = [
        happening.at
        for happening in scenario.happenings
        if happening.what == "contract.signed" and happening.at.month % 3 == 0 and happening.at.day > 15
    ]
    assert len(ends) > len([one for one in scenario.happenings if one.what == "contract.signed"]) / 6


def test_the_same_seed_is_the_same_firm_and_another_seed_another() -> None:
    one, same, other = make(5, 40, 6), make(5, 40, 6), make(6, 40, 6)
    assert one.happenings == same.happenings
    assert one.truth.view(one.start) == same.truth.view(same.start)
    assert one.truth.steps(one.start) != other.truth.steps(other.start)


@pytest.mark.parametrize("contracts", [1, 2, 7, 30])
def test_a_small_firm_lives_too(contracts: int) -> None:
    assert make(4, contracts, 6).truth.steps(make(4, contracts, 6).start)


def test_dead_letters_are_told_with_a_broker_alone() -> None:
    with_broker, without = make(9, 100, 12, has_broker=True), make(9, 100, 12)
    assert [one for one in with_broker.happenings if one.system == "rabbitmq"]
    assert not [one for one in without.happenings if one.system == "rabbitmq"]
    assert not [fault for fault in without.truth.faults() if fault.system == "rabbitmq"]


def test_a_customer_new_with_his_first_contract_comes_hours_before_the_job(scenario: Scenario) -> None:
    """Else his records would belong to no contract for longer than the grace of a day, and deserve an exception."""
    jobs: dict[str, object] = {}
    for happening in scenario.happenings:
        if happening.system == "netsuite" and happening.what == "project.created":
            jobs.setdefault(happening.data["customer_id"], happening.at)
    for happening in scenario.happenings:
        if happening.what == "customer.created":
            job = jobs[happening.data["customer_id"]]
            is_new = job - happening.at < timedelta(hours=24)  # type: ignore[operator]
            assert is_new or job < scenario.start  # type: ignore[operator]


def test_two_thousand_contracts_over_two_years_are_made_in_twenty_seconds() -> None:
    begun = time.process_time()
    scenario = make(3, 2000, 24)
    assert time.process_time() - begun < 20
    assert len({step["contract"] for step in scenario.truth.steps(scenario.start)}) > 1950
