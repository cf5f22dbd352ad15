"""Salesforce as CRM: recorded exchanges, and what its rows tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.base import Credentials
from collectors.connectors.crm_salesforce import (
    CONNECTOR,
    SalesforceOptions,
    history_events,
    opportunity_events,
)
from collectors.http import Http
from collectors.options import OptionError
from collectors.salesforce_org import Teller
from collectors.salesforce_sign_in import OrgMovedError, audience_of
from models.errors import RetryLater
from tests.collectors.connectors.org import (
    EXPIRED,
    LOGIN,
    THROTTLED,
    VENDOR_ERROR,
    Recorded,
    account,
    at,
    no_field,
    stamp,
)
from tests.suites.connector import Case, Cell, ConnectorSuite, DictMemory, Excused, Suite, line
from tests.suites.server import Asked, Reply, serving


class SmallPages(CONNECTOR):
    """Two rows a page, so that recordings stay short."""

    rows_a_page = 2


def an_opportunity(number: int, minutes: float, **changes: Any) -> dict[str, Any]:
    return {
        "Id": f"006{number:015d}",
        "AccountId": "001000000000001AAA",
        "Account": {"AccountNumber": "C-0077"},
        "IsWon": True,
        "IsClosed": True,
        "Amount": 480000.5,
        "CurrencyIsoCode": "EUR",
        "LastStageChangeDate": stamp(minutes - 5),
        "CreatedDate": stamp(-600),
        "SystemModstamp": stamp(minutes),
        "IsDeleted": False,
        "Contract_Number__c": f"SOW-0000{number}",
    } | changes


def a_change(number: int, minutes: float, **changes: Any) -> dict[str, Any]:
    return {
        "Id": f"017{number:015d}",
        "OpportunityId": "006000000000000001",
        "Field": "Last_Amendment__c",
        "OldValue": None,
        "NewValue": f"SOW-00001-A{number}",
        "CreatedDate": stamp(minutes),
        "Opportunity": {"IsWon": True, "CurrencyIsoCode": "EUR", "Contract_Number__c": "SOW-00001"},
    } | changes


OPPORTUNITIES = Recorded(
    "opportunities",
    "Opportunity",
    "SystemModstamp",
    an_opportunity,
    lambda number, minutes: [
        f"opportunity.committed 006{number:015d} {at(minutes - 5)}",
        f"keys.linked 006{number:015d} {at(minutes)}",
    ],
    key_field="Contract_Number__c",
    nulls={"AccountId": None, "Account": None, "Amount": None, "CurrencyIsoCode": None, "Contract_Number__c": None}
    | {"LastStageChangeDate": None},
    told_of_nulls=[
        f"opportunity.committed 006{1:015d} {at(-600)}",
        f"keys.linked 006{1:015d} {at(10)}",
    ],
)
HISTORY = Recorded(
    "opportunity_history",
    "OpportunityFieldHistory",
    "CreatedDate",
    a_change,
    lambda number, minutes: [f"value.updated 017{number:015d} {at(minutes)}"],
    key_field="Opportunity",
    nulls={"NewValue": None},
    told_of_nulls=[],
)

SUITE = Suite(
    connector=SmallPages,
    account=account("salesforce", "crm"),
    login=LOGIN,
    expired=EXPIRED,
    throttled=THROTTLED,
    vendor_error=VENDOR_ERROR,
    vendor_says="unexpected token",
    cells=(
        *OPPORTUNITIES.cells(),
        *HISTORY.cells(),
        OPPORTUNITIES.cell(
            Case.WITHDRAWN,
            [OPPORTUNITIES.asked(an_opportunity(1, 10, IsDeleted=True))],
            [f"opportunity.committed 006{1:015d} {at(5)}", f"-opportunity.committed 006{1:015d} {at(10)}"],
        ),
        Cell(
            "opportunities",
            Case.NEW_ENUM,
            [OPPORTUNITIES.asked(an_opportunity(1, 10, IsWon="perhaps"))],
            tells=[],
            unreadable=["IsWon is 'perhaps'"],
        ),
        HISTORY.cell(
            Case.NEW_ENUM,
            [HISTORY.asked(a_change(1, 10, Field="ERP_Status__c", NewValue="A status nobody knows"))],
            [f"crm.status_synced 017{1:015d} {at(10)}"],
        ),
        Excused("opportunity_history", Case.WITHDRAWN, "rows of a history are never taken back"),
    ),
)


class TestSalesforce(ConnectorSuite):
    suite = SUITE


TELLER, OPTIONS = Teller("salesforce"), SalesforceOptions()


def told(row: dict[str, Any], remembered: str = "") -> list[str]:
    return [line(event) for event in opportunity_events(row, remembered, TELLER, OPTIONS).events]


def test_an_open_opportunity_without_contract_tells_nothing() -> None:
    row = an_opportunity(1, 10, IsWon=False, IsClosed=False, Contract_Number__c=None)
    assert opportunity_events(row, "", TELLER, OPTIONS) == ([], "")


def test_the_keys_name_contract_opportunity_and_customer() -> None:
    committed, linked = opportunity_events(an_opportunity(1, 10), "", TELLER, OPTIONS).events
    assert committed.keys == {"contract": ("SOW-00001",), "salesforce/opportunity": (f"006{1:015d}",)}
    assert linked.keys == committed.keys | {"salesforce/customer": ("001000000000001AAA",)}
    assert linked.attributes == {"value": "480000.5", "currency": "EUR", "customer": "C-0077"}


def test_an_opportunity_of_two_contracts_says_no_value_of_either() -> None:
    committed, linked = opportunity_events(
        an_opportunity(1, 10, Contract_Number__c="SOW-00002; SOW-00001"), "", TELLER, OPTIONS
    ).events
    assert committed.keys["contract"] == ("SOW-00001", "SOW-00002")
    assert linked.attributes == {"customer": "C-0077"}


def test_a_recalculation_by_night_tells_nothing_new() -> None:
    events, learned = opportunity_events(an_opportunity(1, 10), "", TELLER, OPTIONS)
    again = opportunity_events(an_opportunity(1, 10) | {"SystemModstamp": stamp(900)}, learned, TELLER, OPTIONS)
    assert again == ([events[0]], learned)


def test_one_that_was_won_and_is_open_again_is_not_committed() -> None:
    learned = opportunity_events(an_opportunity(1, 10), "", TELLER, OPTIONS).learned
    row = an_opportunity(1, 60, IsWon=False, IsClosed=False, LastStageChangeDate=stamp(60))
    assert told(row, learned) == [f"-opportunity.committed 006{1:015d} {at(60)}"]
    kept = opportunity_events(row, learned, TELLER, OPTIONS).learned
    assert told(row, kept) == [f"-opportunity.committed 006{1:015d} {at(60)}"], "and reading it again says the same"


def test_one_that_was_lost_and_is_open_again_is_reopened() -> None:
    lost = an_opportunity(1, 10, IsWon=False, Contract_Number__c=None)
    events, learned = opportunity_events(lost, "", TELLER, OPTIONS)
    assert [event.type for event in events] == ["opportunity.lost"]
    row = an_opportunity(1, 60, IsWon=False, IsClosed=False, LastStageChangeDate=stamp(60), Contract_Number__c=None)
    assert told(row, learned) == [f"opportunity.reopened 006{1:015d} {at(60)}"]


def test_the_history_tells_status_amendment_and_amount() -> None:
    def heard(**changes: Any) -> Any:
        return history_events(a_change(1, 10, **changes), "", TELLER, OPTIONS).events

    (status,) = heard(Field="ERP_Status__c", NewValue="Invoiced")
    assert (status.type, status.attributes) == ("crm.status_synced", {"status": "Invoiced"})
    (value,) = heard()
    assert (value.type, value.attributes) == ("value.updated", {"amendment": "SOW-00001-A1"})
    assert value.keys == {"salesforce/opportunity": ("006000000000000001",)}
    (amount,) = heard(Field="Amount", NewValue=500000)
    assert (amount.type, amount.attributes) == ("keys.linked", {"value": "500000", "currency": "EUR"})
    lost = {"IsWon": False, "CurrencyIsoCode": "EUR", "Contract_Number__c": None}
    assert heard(Field="Amount", NewValue=500000, Opportunity=lost) == ()


def test_changes_of_an_opportunity_of_two_contracts_name_what_is_one_contracts_alone() -> None:
    shared = {"IsWon": True, "CurrencyIsoCode": "EUR", "Contract_Number__c": "SOW-00001;SOW-00002"}
    (value,) = history_events(a_change(1, 10, Opportunity=shared), "", TELLER, OPTIONS).events
    assert value.keys == {"amendment": ("SOW-00001-A1",)}
    (status,) = history_events(
        a_change(1, 10, Opportunity=shared, Field="ERP_Status__c", NewValue="Paid"), "", TELLER, OPTIONS
    ).events
    assert status.keys == {"contract": ("SOW-00001", "SOW-00002")}


def test_options_that_do_not_exist_or_do_not_fit_name_themselves() -> None:
    def made(**options: Any) -> None:
        given = account("salesforce", "crm", **options)("http://127.0.0.1:9")
        CONNECTOR(given, Http("salesforce", given.base_url), lambda: datetime(2026, 3, 31, tzinfo=UTC))

    with pytest.raises(OptionError, match=r"systems\.salesforce\.options\.contract is no option.*contract_field"):
        made(contract="X__c")
    with pytest.raises(OptionError, match=r"options\.contract_field is 7; allowed: text in quotes"):
        made(contract_field=7)
    with pytest.raises(OptionError, match=r"options\.contract_field is 'a b'; allowed: the API name"):
        made(contract_field="a b")
    with pytest.raises(OptionError, match=r"options\.api_version is '62'; allowed"):
        made(api_version="62")
    with pytest.raises(OptionError, match=r"options\.overlap_seconds is -1; allowed: 0 or above"):
        made(overlap_seconds=-1)


def connected(url: str, **options: Any) -> Any:
    given = account("salesforce", "crm", **options)(url)
    http = Http("salesforce", url, CONNECTOR.sign_in(given), CONNECTOR.manners)
    return CONNECTOR(given, http, lambda: datetime(2026, 3, 31, tzinfo=UTC))


def replying(*replies: Reply) -> Any:
    left = list(replies)

    def answer(asked: Asked) -> Reply:
        if asked.path.endswith("/token"):
            return Reply(json={"access_token": "t1", "instance_url": "{base}"})
        return left.pop(0)

    return answer


def test_rows_that_the_org_holds_back_are_fetched_by_its_link() -> None:
    first, second = an_opportunity(1, 10), an_opportunity(2, 20)
    link = "/services/data/v62.0/query/01g-2000"
    held_back = Reply(json={"totalSize": 2, "done": False, "nextRecordsUrl": link, "records": [first]})
    rest = Reply(json={"totalSize": 2, "done": True, "records": [second]})
    with serving(replying(held_back, rest)) as served:
        connector = connected(served.url)
        (page,) = connector.read("opportunities", None, DictMemory())
        connector.http.close()
    assert [one.path for one in served.asked][2] == link
    assert {event.record for event in page.events} == {first["Id"], second["Id"]}


def test_a_link_that_expired_is_asked_for_again_later() -> None:
    link = "/services/data/v62.0/query/01g-2000"
    held_back = Reply(json={"done": False, "nextRecordsUrl": link, "records": [an_opportunity(1, 10)]})
    gone = Reply(400, [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}])
    with serving(replying(held_back, gone)) as served:
        connector = connected(served.url)
        with pytest.raises(RetryLater, match="from where the last page ended"):
            list(connector.read("opportunities", None, DictMemory()))
        connector.http.close()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (no_field("ERP_Status__c", "Opportunity"), "the field ERP_Status__c of Opportunity cannot be read. Grant it"),
        (
            Reply(400, [{"errorCode": "INVALID_TYPE", "message": "sObject type 'Opportunity' is not supported"}]),
            "the object Opportunity cannot be read. Grant Read and View All",
        ),
        (
            Reply(403, [{"errorCode": "API_DISABLED_FOR_ORG", "message": "API is not enabled"}]),
            "API is not enabled. Give the user of [systems.salesforce.auth] a permission set with 'API Enabled'",
        ),
    ],
)
def test_the_check_says_what_is_missing_and_where_to_grant_it(reply: Reply, words: str) -> None:
    with serving(replying(reply)) as served:
        connector = connected(served.url)
        checked = connector.check("opportunities")
        connector.http.close()
    assert not checked.is_readable
    assert words in checked.told


def test_the_check_reads_one_row() -> None:
    with serving(replying(Reply(json={"done": True, "records": [an_opportunity(1, 10)]}))) as served:
        connector = connected(served.url)
        assert connector.check("opportunities") == ("opportunities", True, "Opportunity can be read")
        connector.http.close()
    assert "LIMIT 1" in served.asked[-1].text


def test_a_token_is_not_sent_to_another_host() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(json={"access_token": "t1", "instance_url": "https://other.my.salesforce.com"})

    with serving(answer) as served:
        connector = connected(served.url)
        with pytest.raises(OrgMovedError, match=r"is at other\.my\.salesforce\.com; .*base_url"):
            connector.check("opportunities")
        connector.http.close()
    assert len(served.asked) == 1


def test_watch_from_bounds_histories_alone() -> None:
    nothing = Reply(json={"done": True, "records": []})
    with serving(replying(nothing, nothing)) as served:
        connector = connected(served.url)
        connector.account = replace(connector.account, watch_from=datetime(2026, 1, 1, tzinfo=UTC))
        for stream in ("opportunities", "opportunity_history"):
            list(connector.read(stream, None, DictMemory()))
        connector.http.close()
    objects, history = (one.text for one in served.asked if "queryAll" in one.path)
    assert "2026-01-01" not in objects
    assert "CreatedDate >= 2026-01-01T00:00:00.000Z" in history


def test_the_watermark_is_the_beginning_of_the_read() -> None:
    with serving(replying(Reply(json={"done": True, "records": []}))) as served:
        connector = connected(served.url)
        (page,) = connector.read("opportunities", None, DictMemory())
        connector.http.close()
    assert page.watermark == datetime(2026, 3, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("token_url", "audience"),
    [
        ("https://login.salesforce.com/services/oauth2/token", "https://login.salesforce.com"),
        ("https://test.salesforce.com/services/oauth2/token", "https://test.salesforce.com"),
        ("https://acme.my.salesforce.com/services/oauth2/token", "https://login.salesforce.com"),
        ("https://acme--uat.sandbox.my.salesforce.com/services/oauth2/token", "https://test.salesforce.com"),
        ("http://127.0.0.1:8080/salesforce/services/oauth2/token", "http://127.0.0.1:8080/salesforce"),
    ],
)
def test_an_assertion_names_the_login_host(token_url: str, audience: str) -> None:
    assert audience_of(token_url) == audience


def test_without_an_address_of_its_own_tokens_come_from_salesforce() -> None:
    given = account("salesforce", "crm")("https://acme.my.salesforce.com")
    jwt = Credentials("oauth2_jwt", client_id="c", user="u", secret=lambda: "key")
    assert CONNECTOR.sign_in(given)._tokens._token_url == "https://acme.my.salesforce.com/services/oauth2/token"
    bearer = CONNECTOR.sign_in(type(given)("s", "salesforce", "crm", given.base_url, jwt))
    assert bearer._tokens._token_url == "https://login.salesforce.com/services/oauth2/token"
