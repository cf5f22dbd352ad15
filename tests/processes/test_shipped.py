"""What the shipped process files must hold, read off the design's table and the words that others rely on."""

from pathlib import Path

import pytest

from collectors.logs.mapping import read_mappings
from models.catalogue import Catalogue
from models.process import KeyClass, Process, Wait
from models.process_file import read_process
from tests.making import PROCESSES

FILES = sorted(PROCESSES.glob("*.toml"))

STEPS = """
opportunity.committed
contract.drafted approval.requested approval.completed contract.approved contract.signed contract.activated
contract.terminated contract.superseded opportunity.lost
customer.validated customer.created customer.updated customer.merged project.created
rate_card.synced billing_schedule.created revenue_schedule.created purchase_order.created
resource.assigned resource.changed project.activated
milestone.completed milestone.accepted time.approved expense.approved subcontract_cost.approved change_request.approved
project.closed
invoice.ready invoice.posted invoice.sent invoice.credited invoice.voided invoice.disputed dispute.resolved
billing.held billing.released retainage.held retainage.released
payment.applied payment.reversed payment.received invoice.settled receivable.written_off revenue.recognised
invoice_status.synced crm.status_synced
amendment.approved amendment.signed amendment.rejected
billing_schedule.updated revenue_schedule.updated budget.updated value.updated
renewal.initiated
""".split()  # noqa: SIM905 - the design has them in lines


def process(name: str) -> Process:
    return read_process((PROCESSES / f"{name}.toml").read_text(), f"{name}.toml")


@pytest.fixture(scope="module")
def contract_to_cash() -> Process:
    return process("contract_to_cash")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_shipped_file_is_without_fault(file: Path) -> None:
    shipped = read_process(file.read_text(), file.name)
    assert shipped.name == file.stem
    assert set(read_mappings(shipped, file.name)) == set(shipped.imports)
    assert all(step.title and step.phase for step in shipped.steps)
    assert all(figure.title for figure in shipped.figures)


def test_shipped_processes_can_be_loaded_together() -> None:
    catalogue = Catalogue(read_process(file.read_text(), file.name) for file in FILES)
    assert set(catalogue.versions) == {"contract_to_cash", "order_to_cash", "travel_claims"}


def test_contract_to_cash_has_every_step_in_order(contract_to_cash: Process) -> None:
    assert [step.name for step in contract_to_cash.steps] == STEPS


def test_key_kinds_are_those_of_the_interface(contract_to_cash: Process) -> None:
    catalogue = Catalogue([contract_to_cash])
    kinds = {
        KeyClass.JOURNEY: "contract",
        KeyClass.OWNED: "opportunity project amendment milestone schedule record",
        KeyClass.SHARED: "invoice payment correlation transaction execution package",
        KeyClass.CONTEXT: "customer entity person",
    }
    for key_class, names in kinds.items():
        assert {catalogue.class_of(f"any/{name}") for name in names.split()} == {key_class}
    assert catalogue.carries == {"payment": {"invoice"}}


def test_only_the_waits_of_the_design_are_shipped(contract_to_cash: Process) -> None:
    waits = {step.name: step.waits_for for step in contract_to_cash.steps if step.waits_for}
    signed, approved = (Wait("contract.signed"),), (Wait("amendment.approved", "amendment"),)
    assert waits == {
        "project.created": signed,
        "project.activated": signed,
        "invoice.posted": signed,
        "rate_card.synced": approved,
        "resource.changed": approved,
        "billing_schedule.updated": approved,
        "revenue_schedule.updated": approved,
        "budget.updated": approved,
        "value.updated": approved,
    }
    excused = {step.name for step in contract_to_cash.steps if step.excused_by == "at_risk_authorised_by"}
    assert excused == {"project.created", "project.activated", "invoice.posted"}


def test_invoices_and_payments_take_their_subject_in_the_order_of_the_interface(contract_to_cash: Process) -> None:
    for step in contract_to_cash.steps:
        if step.name.startswith(("invoice.", "payment.")):
            assert step.subjects == ("invoice", "milestone", "period", "line"), step.name


def test_a_step_implies_only_earlier_ones(contract_to_cash: Process) -> None:
    place = {step.name: place for place, step in enumerate(contract_to_cash.steps)}
    for step in contract_to_cash.steps:
        assert all(place[earlier] < place[step.name] for earlier in step.implies), step.name


def test_a_withdrawal_never_takes_back_what_it_is(contract_to_cash: Process) -> None:
    assert all(one.by not in one.steps for one in contract_to_cash.withdrawals)
    withdrawn = {one.by: set(one.steps) for one in contract_to_cash.withdrawals}
    assert withdrawn["invoice.voided"] >= {"invoice.posted", "invoice.sent"}
    assert "invoice.ready" not in withdrawn["invoice.voided"]
    assert withdrawn["payment.reversed"] == {"payment.applied", "payment.received", "invoice.settled"}
    assert withdrawn["amendment.rejected"] == {"amendment.approved", "amendment.signed"}


def test_figures_of_contract_to_cash(contract_to_cash: Process) -> None:
    figures = {figure.name: figure for figure in contract_to_cash.figures}
    assert set(figures) >= {"activation_latency", "contract_to_cash", "recovery_time", "exception_aging"}
    latency = figures["activation_latency"]
    assert latency.start is not None
    assert (latency.start.step, latency.start.at) == ("contract.signed", "recorded")
    assert latency.end is not None
    assert (latency.end.step, latency.end.lines, latency.negative) == ("project.activated", "all", "omit")
    cash = figures["contract_to_cash"]
    assert cash.end is not None
    assert (cash.end.step, cash.end.unless, cash.negative) == ("payment.applied", "deposit", "omit")
