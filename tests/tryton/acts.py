"""What a consumer does in Tryton for a contract: customer, project, invoice. Found by their names, so done once."""

from __future__ import annotations

from typing import Any

from tests.tryton.server import Erp, TrytonRefusal


def customer(erp: Erp, code: str, name: str) -> int:
    """The party with this code, made where there is none."""
    found = erp.find("party.party", [["code", "=", code]], ["code"])
    if found:
        return int(found[0]["id"])
    party = erp.create("party.party", name=name, code=code)
    erp.create("party.address", party=party, street="Main street 1")
    return party


def project(erp: Erp, contract: str, party: int) -> int:
    """The project of a contract, made where there is none."""
    found = erp.find("project.work", [["name", "=", contract], ["type", "=", "project"]], ["name"])
    return (
        int(found[0]["id"])
        if found
        else erp.create("project.work", name=contract, type="project", party=party, company=1)
    )


def draft(erp: Erp, contract: str, party: int, amount: str, terms: str) -> int:
    """A draft invoice of a contract. Errors: TrytonRefusal where Tryton does not know the payment terms."""
    found = erp.find("account.invoice.payment_term", [["name", "=", terms]], ["name"])
    if not found:
        raise TrytonRefusal(f"payment term {terms} is unknown")
    accounts = erp.find("account.account", [["type", "!=", None]], ["type.receivable", "type.revenue"])
    line = {
        "type": "line",
        "description": contract,
        "quantity": 1,
        "unit_price": {"__class__": "Decimal", "decimal": amount},
        "account": _account(accounts, "revenue"),
        "currency": 1,
        "company": 1,
    }
    return erp.create(
        "account.invoice",
        type="out",
        party=party,
        invoice_address=int(erp.find("party.address", [["party", "=", party]], ["party"])[0]["id"]),
        currency=1,
        journal=int(erp.find("account.journal", [["type", "=", "revenue"]], ["name"])[0]["id"]),
        account=_account(accounts, "receivable"),
        payment_term=int(found[0]["id"]),
        reference=contract,
        description=f"{contract}:1",
        company=1,
        lines=[["create", [line]]],
    )


def post(erp: Erp, invoice: int) -> None:
    """Post an invoice; it has a number then."""
    erp.call("account.invoice.post", [invoice])


def _account(accounts: list[dict[str, Any]], kind: str) -> int:
    return next(int(one["id"]) for one in accounts if one["type."] and one["type."][kind])
