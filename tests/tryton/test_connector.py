"""The connector reads a real Tryton."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from collectors.base import Account, Credentials, Page
from collectors.connectors.erp_tryton import Tryton
from collectors.registry import opened
from models.errors import Misconfigured
from tests.tryton import acts
from tests.tryton.server import NAME, PASSWORD, USER, Erp

pytestmark = pytest.mark.needs_tryton


class NoMemory:
    """Nothing is remembered by these streams."""

    def recall(self, records: object) -> dict[str, str]:
        return {}

    def all(self) -> Iterator[tuple[str, str]]:
        return iter(())


def account(url: str, password: str = PASSWORD, **options: object) -> Account:
    credentials = Credentials("session", user=USER, secret=lambda: password)
    return Account("tryton", "tryton", "erp", url, credentials, options={"database": NAME, **options})


def now() -> datetime:
    return datetime.now(UTC)


def read(connector: Tryton, stream: str, cursor: object = None) -> list[Page]:
    return list(connector.read(stream, cursor, NoMemory()))


@pytest.fixture
def connector(tryton_url: str) -> Iterator[Tryton]:
    with opened(account(tryton_url), now) as found:
        assert isinstance(found, Tryton)
        yield found


def test_a_contract_is_seen_from_customer_to_posted_invoice(erp: Erp, connector: Tryton) -> None:
    party = acts.customer(erp, "C-1", "Northwind")
    project = acts.project(erp, "SOW-1", party)
    invoice = acts.draft(erp, "SOW-1", party, "1000.00", "NET30")
    (before,) = read(connector, "invoices")
    assert not [one for one in before.events if one.record == f"invoice:{invoice}"]
    asked_at = now() - timedelta(seconds=1)
    acts.post(erp, invoice)

    (customers,) = read(connector, "customers")
    assert [(one.type, one.keys, one.attributes) for one in customers.events if one.record == f"party:{party}"] == [
        ("customer.created", {"tryton/customer": (str(party),)}, {"customer": "C-1"})
    ]
    (projects,) = read(connector, "projects")
    assert [(one.type, one.keys, one.attributes) for one in projects.events if one.record == f"work:{project}"] == [
        ("project.created", {"contract": ("SOW-1",), "tryton/project": (str(project),)}, {"customer": "C-1"})
    ]
    (invoices,) = read(connector, "invoices", before.cursor)
    (posted,) = [one for one in invoices.events if one.record == f"invoice:{invoice}"]
    assert (posted.type, posted.keys) == (
        "invoice.posted",
        {"contract": ("SOW-1",), "tryton/invoice": (str(invoice),)},
    )
    assert asked_at <= posted.occurred_at <= now()
    assert {name: posted.attributes[name] for name in ("amount", "currency", "operation", "customer")} == {
        "amount": "1000",
        "currency": "USD",
        "operation": "SOW-1:1",
        "customer": "C-1",
    }


def test_reading_again_gives_equal_events(erp: Erp, connector: Tryton) -> None:
    party = acts.customer(erp, "C-2", "Fabrikam")
    invoice = acts.draft(erp, "SOW-2", party, "10", "NET30")
    acts.post(erp, invoice)
    erp.call("party.party.write", [party], {"name": "Fabrikam Ltd"})
    for stream in ("customers", "projects", "invoices"):
        (first,) = read(connector, stream)
        (again,) = read(connector, stream)
        (nothing_new,) = read(connector, stream, first.cursor)
        assert list(again.events) == list(first.events)
        assert list(nothing_new.events) == []


def test_a_cancelled_project_is_withdrawn(erp: Erp, connector: Tryton) -> None:
    project = acts.project(erp, "SOW-3", acts.customer(erp, "C-3", "Tailspin"))
    status = erp.create("project.work.status", name="Cancelled", types=["project"], progress=None)
    erp.call("project.work.write", [project], {"status": status})
    (page,) = read(connector, "projects")
    assert [one.type for one in page.events if one.keys["tryton/project"] == (str(project),)] == [
        "project.created",
        "project.cancelled",
    ]


def test_every_stream_can_be_checked(connector: Tryton) -> None:
    assert [connector.check(stream.name).is_readable for stream in Tryton.streams] == [True, True, True]


def test_a_wrong_password_names_the_setting(tryton_url: str) -> None:
    with (
        opened(account(tryton_url, password="wrong"), now) as found,
        pytest.raises(Misconfigured, match=r"tryton: .*\[systems.tryton.auth\]"),
    ):
        found.check("customers")


def test_a_field_that_is_not_there_is_named(tryton_url: str) -> None:
    with opened(account(tryton_url, invoice_contract="x_contract"), now) as found:
        checked = found.check("invoices")
    assert not checked.is_readable
    assert "x_contract" in checked.told
