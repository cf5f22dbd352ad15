"""Folding what is new gives what folding everything gives, whatever comes in whatever portions."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.catalogue import Catalogue
from models.events import SUBJECTS, Event
from models.facts import Facts, pack, unpack
from models.fold import Folding, Since
from models.gathering import Gathering
from models.process_file import read_process
from tests.making import CONTRACT_TO_CASH, an_event

PROCESS = read_process(CONTRACT_TO_CASH.read_text(), CONTRACT_TO_CASH.name)
GATHERING = Gathering(PROCESS, Catalogue([PROCESS]).kept_attributes(PROCESS))
FOLDING = Folding(PROCESS, {"clm": "clm", "erp": "erp", "psa": "psa"})
TYPES = sorted(
    {step.name for step in PROCESS.steps}
    | {withdrawal.by for withdrawal in PROCESS.withdrawals}
    | {"keys.linked", "transaction.started", "transaction.failed", "transaction.succeeded"}
)
# Types that meet each other more often than chance would have it.
MEETING = (
    *["contract.signed", "project.created", "project.cancelled", "project.activated", "amendment.approved"],
    *["rate_card.synced", "invoice.posted", "invoice.sent", "invoice.voided", "payment.applied", "payment.reversed"],
    *["transaction.failed", "transaction.succeeded"],
)


@st.composite
def attributes(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from([*SUBJECTS, "entity", "deposit", "at_risk_authorised_by"]), max_size=4))
    said: dict[str, Any] = {name: draw(st.sampled_from(["A", "true"])) for name in names}
    said |= draw(st.dictionaries(st.sampled_from(["value", "tax"]), st.sampled_from(["1", "2", None]), max_size=1))
    said |= {
        "transaction": draw(st.sampled_from(["T1", "T2"])),
        "operation": draw(st.sampled_from(["O1", "O2"])),
        "flow": draw(st.sampled_from(["project-sync", "invoice-posting"])),
    }
    if draw(st.integers(0, 9)) == 9:
        said["lines"] = [{"line": draw(st.sampled_from("AB"))}]
    return said


@st.composite
def told(draw: st.DrawFn) -> Event:
    return an_event(
        draw(st.sampled_from(MEETING) if draw(st.integers(0, 3)) else st.sampled_from(TYPES)),
        draw(st.integers(0, 3)),
        id=str(draw(st.integers(0, 10**6))),
        source=draw(st.sampled_from(["clm", "erp", "psa"])),
        record=draw(st.sampled_from([None, "r1", "r2"])),
        sequence=draw(st.sampled_from([None, None, "1", "2"])),
        retracts=draw(st.integers(0, 7)) == 7,
        keys=draw(st.dictionaries(st.sampled_from(["project", "erp/invoice"]), st.sampled_from("XY"), max_size=1)),
        attributes=draw(attributes()),
    )


def add(facts: Facts | None, events: list[Event], contract: str | None) -> Facts:
    for event in events:
        facts = GATHERING.add(facts, event, contract)
    assert facts is not None
    return facts


@pytest.mark.property
@given(
    portions=st.lists(st.lists(told(), min_size=1, max_size=3), min_size=2, max_size=4),
    named=st.sampled_from([True, True, False]),
)
def test_folding_what_is_new_gives_what_folding_everything_gives(portions: list[list[Event]], named: bool) -> None:
    contract = "SOW-1" if named else None
    facts = add(None, portions[0], contract)
    derived = FOLDING.derive(facts, contract)
    for portion in portions[1:]:
        facts = add(unpack(pack(facts)), portion, contract)
        derived = FOLDING.derive(facts, contract, Since(derived, GATHERING.news(portion)))
        assert derived == FOLDING.derive(facts, contract)


EXAMPLES = {
    "a signature that was told late excuses the project": (
        [an_event("project.created", 2)],
        an_event("contract.signed", 1),
    ),
    "somebody took the risk": (
        [an_event("contract.signed", 2), an_event("project.created", 1)],
        an_event("keys.linked", 1, attributes={"at_risk_authorised_by": "Ana"}),
    ),
    "the first payment was a deposit": (
        [an_event("contract.signed", 1), an_event("payment.applied", 2, attributes={"invoice": "I1"})],
        an_event("invoice.sent", 1, attributes={"invoice": "I1", "deposit": "true"}),
    ),
    "one line more is not active yet": (
        [an_event("contract.signed", 1), an_event("project.activated", 2, attributes={"line": "L1"})],
        an_event("resource.assigned", 3, attributes={"line": "L2"}),
    ),
    "the effect of a failed operation was made by hand": (
        [an_event("transaction.failed", 1, attributes={"operation": "O1", "flow": "project-sync"})],
        an_event("project.created", 2),
    ),
    "a withdrawal of another type": (
        [an_event("invoice.posted", 1, record="r1"), an_event("invoice.sent", 2, record="r1")],
        an_event("invoice.voided", 3, record="r1"),
    ),
    "a second object for one operation": (
        [an_event("invoice.posted", 1, keys={"invoice": "I1"}, attributes={"operation": "O1", "invoice": "I1"})],
        an_event("invoice.posted", 2, keys={"invoice": "I2"}, attributes={"operation": "O1", "invoice": "I2"}),
    ),
    "what implied a step is taken back": (
        [an_event("project.activated", 1, record="r1")],
        an_event("project.activated", 2, record="r1", retracts=True),
    ),
    "an amendment is named": (
        [an_event("value.updated", 2, attributes={"amendment": "A1"})],
        an_event("amendment.approved", 1, attributes={"amendment": "A1", "value": "12"}),
    ),
    "a term is cleared": (
        [an_event("contract.signed", 1, attributes={"value": "10", "line": "L1"})],
        an_event("contract.signed", 2, attributes={"value": None, "line": "L1"}),
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_reaches_further_than_its_own_step(name: str) -> None:
    earlier, news = EXAMPLES[name]
    facts = add(None, earlier, "SOW-1")
    before = FOLDING.derive(facts, "SOW-1")
    facts = add(facts, [news], "SOW-1")
    after = FOLDING.derive(facts, "SOW-1")
    assert after != before
    assert FOLDING.derive(facts, "SOW-1", Since(before, GATHERING.news([news]))) == after
