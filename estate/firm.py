"""Who the firm is: legal entities, practices, people, price lists, and its customers."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from zoneinfo import ZoneInfo

from estate.identifiers import Identifiers

NAME = "Meridian Consulting"


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity: where it is, what it invoices in."""

    code: str
    name: str
    zone: ZoneInfo
    currencies: tuple[str, ...]
    region: str
    country: str


ENTITIES = {
    one.code: one
    for one in (
        Entity("US01", f"{NAME} Inc.", ZoneInfo("America/New_York"), ("USD",), "AMER", "US"),
        Entity("DE01", f"{NAME} GmbH", ZoneInfo("Europe/Berlin"), ("EUR", "EUR", "GBP"), "EMEA", "DE"),
        Entity("SG01", f"{NAME} Pte. Ltd.", ZoneInfo("Asia/Singapore"), ("SGD", "SGD", "USD"), "APAC", "SG"),
    )
}
PRACTICES = ("Cloud", "Data", "Security", "Integration", "Advisory")
FIXED_FEE, TIME, RETAINER, MANAGED = "fixed_fee", "time_and_materials", "retainer", "managed_services"
TYPES = (FIXED_FEE, TIME, RETAINER, MANAGED)
TERMS = ("NET30", "NET30", "NET45", "NET60")
RATE_CARDS = ("RC-2024", "RC-2025", "RC-2025-PREMIUM", "RC-2026")
APPROVERS = (("legal", "Legal"), ("finance", "Finance"), ("delivery", "Delivery"))
PEOPLE = (
    "Ana Moreau",
    "Ben Achterberg",
    "Chloe Tan",
    "Daniel Okafor",
    "Elif Demir",
    "Farid Haddad",
    "Greta Lindqvist",
    "Hiro Tanaka",
    "Ines Carvalho",
    "Jonas Weber",
    "Kavya Raman",
    "Liam O'Connor",
)
_FIRST = (
    "Northwind",
    "Halden",
    "Aurora",
    "Kestrel",
    "Brightwater",
    "Ostara",
    "Vantage",
    "Solveig",
    "Tessellate",
    "Umber",
)
_SECOND = ("Logistics", "Energy", "Foods", "Bank", "Pharma", "Retail", "Insurance", "Rail", "Media", "Materials")
RATES = {"EUR": "1", "USD": "0.92", "SGD": "0.68", "GBP": "1.17"}
"""One unit in euro; the firm books at a fixed rate of the year."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer with its number in the firm, its Salesforce account and its NetSuite id."""

    number: str
    name: str
    entity: Entity
    currency: str
    account: str
    customer_id: str


def customers(count: int, rng: Random, ids: Identifiers) -> list[Customer]:
    """The firm's customers, each at home in one entity; a third of them in America, Europe and Asia each."""
    made = []
    codes = list(ENTITIES)
    for index in range(count):
        entity = ENTITIES[codes[index % len(codes)]]
        first, second = _FIRST[index % len(_FIRST)], _SECOND[(index // len(_FIRST)) % len(_SECOND)]
        series = index // (len(_FIRST) * len(_SECOND))
        name = f"{first} {second}" + (f" {series + 1}" if series else "")
        currency = rng.choice(entity.currencies)
        made.append(
            Customer(f"C-{index + 1:04}", name, entity, currency, ids.salesforce("001"), ids.netsuite("customer"))
        )
    return made
