"""Salesforce as CRM: opportunities won and lost, and what the middleware writes back into them.

Streams: `opportunities`, and `opportunity_history` (Opportunity Field History), which has the times of written-back
values.
Source: Salesforce object reference (Opportunity, OpportunityFieldHistory, Account).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from collectors.account import Account
from collectors.base import Stream
from collectors.http import Http
from collectors.options import field_name, read_options
from collectors.salesforce_org import (
    API_VERSION,
    OVERLAP_SECONDS,
    OrgConnector,
    Source,
    Teller,
    Told,
    checked_version,
)
from collectors.soql import CREATED, Question, Row, field, flag, instant, numbers, text, text_literal
from models.events import LINKED, Event


@dataclass(frozen=True)
class SalesforceOptions:
    """What differs between orgs: names of the fields that a firm adds, and how the org is read.

    `currency` is the one of an org without multiple currencies, which has no CurrencyIsoCode.
    """

    contract_field: str = "Contract_Number__c"
    status_field: str = "ERP_Status__c"
    amendment_field: str = "Last_Amendment__c"
    currency: str = ""
    api_version: str = API_VERSION
    overlap_seconds: float = OVERLAP_SECONDS


AMOUNT = "Amount"
OPPORTUNITY_FIELDS = (
    "Id",
    "AccountId",
    "Account.AccountNumber",
    "IsWon",
    "IsClosed",
    AMOUNT,
    "LastStageChangeDate",
    "CreatedDate",
    "SystemModstamp",
    "IsDeleted",
)
HISTORY_FIELDS = ("Id", "OpportunityId", "Field", "OldValue", "NewValue", "CreatedDate")
WON, LOST = "won", "lost"
COMMITTED, LOST_TYPE, REOPENED = "opportunity.committed", "opportunity.lost", "opportunity.reopened"
VALUE_UPDATED, STATUS_SYNCED = "value.updated", "crm.status_synced"

OPPORTUNITIES = Stream("opportunities", frozenset((COMMITTED, LOST_TYPE, REOPENED, LINKED)), "Opportunity")
HISTORY = Stream("opportunity_history", frozenset((VALUE_UPDATED, STATUS_SYNCED, LINKED)), "OpportunityFieldHistory")


def opportunity_events(row: Row, remembered: str, teller: Teller, options: SalesforceOptions) -> Told:
    """Won or lost, since the last change of stage; taken back when it was won or lost before and is not now, or when it
    was deleted. Beside it what it is worth and to whom, as soon as it is won or has a contract."""
    record, contracts = text(row, "Id"), numbers(row, options.contract_field)
    known = remembered.split()
    outcome = WON if flag(row, "IsWon") else LOST if flag(row, "IsClosed") else ""
    keys: dict[str, Any] = {f"{teller.system}/opportunity": record}
    if contracts:
        keys["contract"] = contracts
    # An opportunity that was made in its last stage never changed it.
    at = instant(row, "LastStageChangeDate" if field(row, "LastStageChangeDate") is not None else CREATED)
    events = _outcome_events(row, at, outcome, known, partial(teller.event, row=row, record=record, keys=keys))
    told = {word for word in known if word in (WON, LOST)} | ({outcome} if outcome else set())
    terms = _terms(row, teller, keys, options) if not flag(row, "IsDeleted") and (outcome == WON or contracts) else None
    # The id ends with a digest of what is said. The same said again, of a row that only moved in time, is no news.
    digest = terms.id.rpartition("~")[2] if terms is not None else ""
    if terms is not None and digest not in known:
        events.append(terms)
    return Told(events, " ".join((*sorted(told), digest)).strip())


def _outcome_events(row: Row, at: datetime, outcome: str, known: list[str], event: Callable[..., Event]) -> list[Event]:
    kind = {WON: COMMITTED, LOST: LOST_TYPE}.get(outcome)
    events = [] if kind is None else [event(kind, at)]
    if WON in known and outcome != WON:
        events.append(event(COMMITTED, at, retracts=True))
    if LOST in known and not outcome:
        events.append(event(REOPENED, at))
    if kind is not None and flag(row, "IsDeleted"):
        events.append(event(kind, instant(row, "SystemModstamp"), retracts=True))
    return events


def _terms(row: Row, teller: Teller, keys: Mapping[str, Any], options: SalesforceOptions) -> Event:
    customer = text(row, "AccountId")
    named = {**keys, **({f"{teller.system}/customer": customer} if customer else {})}
    # What an opportunity of several contracts is worth says nothing about any one of them.
    value = field(row, AMOUNT) if len(keys.get("contract", ())) < 2 else None
    said = {
        "value": value,
        "currency": _currency(row, "CurrencyIsoCode", options) if value is not None else None,
        "customer": text(row, "Account.AccountNumber"),
    }
    stamped_at = instant(row, "SystemModstamp")
    return teller.event(LINKED, stamped_at, row, record=text(row, "Id"), keys=named, attributes=said)


def history_events(row: Row, remembered: str, teller: Teller, options: SalesforceOptions) -> Told:
    """What was written into an opportunity, and when: the status from the ERP, the amendment whose value arrived, and
    with it the amount."""
    name, value = text(row, "Field"), field(row, "NewValue")
    if value in (None, ""):
        return Told()
    opportunity = text(row, "OpportunityId")
    contracts = numbers(row, f"Opportunity.{options.contract_field}")
    amendment = text(row, "NewValue") if name == options.amendment_field else ""
    keys = teller.keys("opportunity", opportunity, contracts, amendment=amendment)
    event = partial(teller.event, at=instant(row, CREATED), row=row, record=text(row, "Id"), keys=keys)
    if name == options.status_field:
        return Told([event(STATUS_SYNCED, attributes={"status": text(row, "NewValue")})])
    if amendment:
        return Told([event(VALUE_UPDATED, attributes={"amendment": amendment})])
    if name == AMOUNT and flag(row, "Opportunity.IsWon") and len(contracts) < 2:
        currency = _currency(row, "Opportunity.CurrencyIsoCode", options)
        return Told([event(LINKED, attributes={"value": value, "currency": currency})])
    return Told()


def _currency(row: Row, name: str, options: SalesforceOptions) -> str:
    return options.currency or text(row, name)


class Salesforce(OrgConnector):
    """Reads opportunities of a Salesforce org. Errors: OptionError for options that it does not have."""

    product = "salesforce"
    streams = (OPPORTUNITIES, HISTORY)

    def __init__(self, account: Account, http: Http, now: Callable[[], datetime]) -> None:
        super().__init__(account, http, now)
        self.options = read_options(SalesforceOptions, account.name, account.options)
        self.api_version = checked_version(account.name, self.options.api_version)
        self.overlap_seconds = self.options.overlap_seconds
        self._sources = {source.stream.name: source for source in self._make_sources()}

    @property
    def sources(self) -> Mapping[str, Source]:
        """Both streams."""
        return self._sources

    def _make_sources(self) -> tuple[Source, Source]:
        options, system = self.options, self.account.name
        contract, status, amendment = (
            field_name(system, name, getattr(options, name))
            for name in ("contract_field", "status_field", "amendment_field")
        )
        teller = Teller(system)
        currency = () if options.currency else ("CurrencyIsoCode",)
        opportunities = Question(
            "Opportunity",
            (*OPPORTUNITY_FIELDS, *currency, contract),
        )
        tracked = ", ".join(text_literal(name) for name in (status, amendment, AMOUNT))
        history = Question(
            "OpportunityFieldHistory",
            (*HISTORY_FIELDS, *(f"Opportunity.{name}" for name in ("IsWon", *currency, contract))),
            clock=CREATED,
            where=f"Field IN ({tracked})",
        )
        told_by = partial(opportunity_events, teller=teller, options=options)
        noted_by = partial(history_events, teller=teller, options=options)
        return Source(OPPORTUNITIES, opportunities, told_by, remembers="Id"), Source(HISTORY, history, noted_by)


CONNECTOR = Salesforce
