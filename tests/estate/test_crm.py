"""The estate's Salesforce org over a socket: what it answers, and what it refuses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from estate.crm import Product
from estate.crm.sign_in import JWT_BEARER, SESSION_SECONDS
from estate.happenings import Happening
from tests.estate.doing import Doing
from tests.estate.engine import NOON, ago, client, served

API = "/services/data/v62.0"
ACCOUNT, OTHER_ACCOUNT = "0015g0000000001AAV", "0015g0000000002AAV"
OPPORTUNITY = "0065g0000000001AAV"
PROJECT, ASSIGNMENT, MILESTONE = "a0X5g0000000001AAV", "a0A5g0000000001AAV", "a1M5g0000000001AAV"
TIMECARD, REPORT, BUDGET, EVENT = (f"{prefix}5g0000000001AAV" for prefix in ("a1T", "a0E", "a0B", "a0V"))


def told(system: str, what: str, at: datetime, **data: Any) -> Happening:
    return Happening(at, system, what, data.get("contract_no"), "", data)


def crm(what: str, at: datetime, **data: Any) -> Happening:
    return told("salesforce", what, at, **data)


def psa(what: str, at: datetime, **data: Any) -> Happening:
    return told("certinia", what, at, **data)


def an_account(at: datetime, account: str = ACCOUNT, customer: str = "C-0077", **more: Any) -> Happening:
    words = {"name": "Northwind Ltd", "entity": "DE01", "currency": "EUR", "country": "DE", "erp_customer": None}
    return crm("account.created", at, account=account, customer=customer, **words | more)


def an_opportunity(at: datetime, opportunity: str = OPPORTUNITY, **more: Any) -> Happening:
    words = {"name": "ERP rollout", "account": ACCOUNT, "amount": Decimal("480000"), "currency": "EUR"}
    words |= {"close_on": date(2026, 2, 20), "stage": "Proposal"}
    return crm("opportunity.created", at, opportunity=opportunity, **words | more)


def a_project(at: datetime, **more: Any) -> Happening:
    words = {"project": PROJECT, "number": "PR-1", "name": "ERP rollout", "account": ACCOUNT, "line": ""}
    words |= {"opportunity": OPPORTUNITY, "contract_no": "SOW-00001", "entity": "DE01", "budget": BUDGET}
    words |= {
        "start_on": date(2026, 2, 1),
        "end_on": date(2026, 12, 31),
        "bookings": Decimal("480000"),
        "currency": "EUR",
    }
    return psa("project.created", at, **words | more)


@pytest.fixture
def engine() -> Doing:
    return Doing()


@pytest.fixture
def product(engine: Doing) -> Product:
    return Product(engine)


@pytest.fixture
def org(engine: Doing, product: Product) -> Iterator[httpx.Client]:
    with served(product) as url, client(url) as asking:
        asking.headers["Authorization"] = f"Bearer {engine.issue_token('salesforce', SESSION_SECONDS)}"
        yield asking


@pytest.fixture(scope="module")
def bare() -> Iterator[httpx.Client]:
    """An org without rows, for questions that leave nothing behind."""
    engine = Doing()
    with served(Product(engine)) as url, client(url) as asking:
        asking.headers["Authorization"] = f"Bearer {engine.issue_token('salesforce', SESSION_SECONDS)}"
        yield asking


def tell(product: Product, *happenings: Happening) -> None:
    for happening in happenings:
        product.apply(happening)


def query(org: httpx.Client, soql: str, call: str = "query") -> dict[str, Any]:
    answer = org.get(f"{API}/{call}", params={"q": soql})
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(org: httpx.Client, soql: str, call: str = "query") -> list[dict[str, Any]]:
    return query(org, soql, call)["records"]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    said = answer.json()
    assert isinstance(said, list)
    assert set(said[0]) >= {"message", "errorCode"}
    return answer.status_code, said[0]["errorCode"]


def changes(org: httpx.Client, history: str) -> list[tuple[str, Any, Any, str]]:
    what = "Field, OldValue, NewValue, CreatedDate"
    soql = f"SELECT {what} FROM {history} WHERE Field != 'created' ORDER BY CreatedDate, Id"
    return [(row["Field"], row["OldValue"], row["NewValue"], row["CreatedDate"]) for row in rows(org, soql)]


def assertion(engine: Doing, url: str, **changed: Any) -> str:
    mine = engine.credentials("salesforce")
    claims = {
        "iss": mine.client_id,
        "sub": mine.user,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 100,
    }
    key = RSAKey.import_key(mine.private_key_pem)
    return jwt.encode({"alg": "RS256"}, {name: value for name, value in (claims | changed).items() if value}, key)


# Sign-in


def sign_in(org: httpx.Client, **form: str) -> httpx.Response:
    return org.post("/services/oauth2/token", data=form)


def test_a_signed_assertion_opens_a_session_at_this_org(engine, org):
    answer = sign_in(org, grant_type=JWT_BEARER, assertion=assertion(engine, ""))
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert "expires_in" not in answer.json()
    org.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    assert answer.json()["instance_url"] == str(org.base_url).rstrip("/")
    assert query(org, "SELECT COUNT() FROM Account")["totalSize"] == 0


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"iss": "somebody"}, "invalid_client_id"),
        ({"sub": "else@example"}, "invalid_grant"),
        ({"aud": "https://example.com"}, "invalid_grant"),
        ({"exp": 5}, "invalid_grant"),
        ({"exp": None}, "invalid_grant"),
    ],
)
def test_an_assertion_with_a_wrong_claim_is_refused(engine, org, changed, error):
    answer = sign_in(org, grant_type=JWT_BEARER, assertion=assertion(engine, "", **changed))
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_an_assertion_signed_by_another_key_is_refused(engine, org):
    mine = engine.credentials("salesforce")
    claims = {
        "iss": mine.client_id,
        "sub": mine.user,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 9,
    }
    forged = jwt.encode({"alg": "RS256"}, claims, RSAKey.generate_key(2048))
    answer = sign_in(org, grant_type=JWT_BEARER, assertion=forged)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_client_credentials_open_a_session_and_wrong_ones_do_not(engine, org):
    mine = engine.credentials("salesforce")
    right = {"grant_type": "client_credentials", "client_id": mine.client_id, "client_secret": mine.secret}
    assert sign_in(org, **right).json()["access_token"]
    assert sign_in(org, **right | {"client_secret": "no"}).json()["error"] == "invalid_client"
    assert sign_in(org, grant_type="password").json()["error"] == "unsupported_grant_type"


def test_a_session_that_has_ended_is_invalid(engine, org):
    engine.seconds += SESSION_SECONDS + 1
    assert refusal(org.get(f"{API}/limits")) == (401, "INVALID_SESSION_ID")
    org.headers["Authorization"] = "Bearer nonsense"
    assert refusal(org.get(f"{API}/limits")) == (401, "INVALID_SESSION_ID")


def test_versions_are_told_to_anybody(org):
    del org.headers["Authorization"]
    assert {"version": "62.0", "url": "/services/data/v62.0"}.items() <= org.get("/services/data/").json()[4].items()


# Limits


def test_every_answer_says_what_was_used_and_the_last_one_is_refused(engine):
    with served(Product(engine, daily_requests=2)) as url, client(url) as org:
        org.headers["Authorization"] = f"Bearer {engine.issue_token('salesforce', 1e6)}"
        assert org.get(f"{API}/limits").headers["Sforce-Limit-Info"] == "api-usage=1/2"
        assert org.get(f"{API}/limits").json() == {"DailyApiRequests": {"Max": 2, "Remaining": 0}}
        refused = org.get(f"{API}/limits")
        assert refusal(refused) == (403, "REQUEST_LIMIT_EXCEEDED")
        assert refused.headers["Sforce-Limit-Info"] == "api-usage=2/2"
        engine.seconds += 86_401
        assert org.get(f"{API}/limits").status_code == 200


def test_an_outage_of_one_system_leaves_the_other(engine, org):
    engine.misbehaviour.break_down("certinia", "", 60)
    assert refusal(org.get(f"{API}/query", params={"q": "SELECT Id FROM pse__Proj__c"})) == (503, "SERVER_UNAVAILABLE")
    assert rows(org, "SELECT Id FROM Account") == []
    engine.seconds += 61
    assert rows(org, "SELECT Id FROM pse__Proj__c") == []


def test_an_outage_of_one_stream_leaves_the_others(engine, org):
    engine.misbehaviour.break_down("salesforce", "opportunities", 60)
    assert refusal(org.get(f"{API}/query", params={"q": "SELECT Id FROM Opportunity"})) == (503, "SERVER_UNAVAILABLE")
    assert rows(org, "SELECT Id FROM Account") == []


@pytest.mark.parametrize(
    ("stream", "sobject"),
    [
        ("milestones", "pse__Milestone__c"),
        ("milestone_history", "pse__Milestone__History"),
        ("budgets", "pse__Budget__c"),
    ],
)
def test_a_stream_of_the_package_can_be_out_alone(engine, org, stream: str, sobject: str):
    engine.misbehaviour.break_down("certinia", stream, 60)
    asked = f"SELECT Id FROM {sobject}"
    assert refusal(org.get(f"{API}/query", params={"q": asked})) == (503, "SERVER_UNAVAILABLE")
    assert rows(org, "SELECT Id FROM pse__Assignment__c") == []


# Strictness


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id, Nonsense FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nonsense = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Nonsense", "INVALID_FIELD"),
        ("SELECT Project__r.Name FROM pse__Milestone__c", "INVALID_FIELD"),
        ("SELECT Id, Id FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Proj__c", "INVALID_TYPE"),
        ("SELECT Id FROM Account WHERE SystemModstamp >= '2026-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE SystemModstamp >= 2026-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE CloseDate >= 2026-01-01T00:00:00Z", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE Amount > 'much'", "INVALID_FIELD"),
        ("SELECT Id FROM Opportunity WHERE IsWon = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM OpportunityFieldHistory WHERE NewValue = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM OpportunityFieldHistory WHERE SystemModstamp > 2026-01-01T00:00:00Z", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE SystemModstamp >= 2026-01-01T00:00:00 00:00", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE SystemModstamp >= 2026-13-01T00:00:00Z", "MALFORMED_QUERY"),
        ('SELECT Id FROM Account WHERE Name = "x"', "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE (Name = 'a'", "MALFORMED_QUERY"),
        ("SELECT * FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT many", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 5 nonsense", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
        (" ", "MALFORMED_QUERY"),
    ],
)
def test_a_query_the_product_does_not_take_is_refused_in_its_words(bare, soql, code):
    assert refusal(bare.get(f"{API}/query", params={"q": soql})) == (400, code)


def test_an_error_points_at_the_place(bare):
    said = bare.get(f"{API}/query", params={"q": "SELECT Id, Nonsense FROM Account"}).json()[0]
    assert "ERROR at Row:1:Column:12" in said["message"]
    assert "No such column 'Nonsense' on entity 'Account'" in said["message"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"{API}/nothing", 404, "NOT_FOUND"),
        ("/services/data/v12.0/limits", 404, "NOT_FOUND"),
        (f"{API}/sobjects/Nothing/describe", 404, "NOT_FOUND"),
        (f"{API}/sobjects/Account/0015g0000000009AAV", 404, "NOT_FOUND"),
        (f"{API}/sobjects/Account/short", 400, "MALFORMED_ID"),
        (f"{API}/query?q=SELECT+Id+FROM+Account&limit=5", 400, "ILLEGAL_QUERY_PARAMETER_VALUE"),
        (f"{API}/query/01g000000000000AAV-2000", 400, "INVALID_QUERY_LOCATOR"),
        (f"{API}/sobjects/Account/deleted", 400, "MISSING_ARGUMENT"),
        (f"{API}/sobjects/Account/deleted?start=yesterday&end=today", 400, "INVALID_REPLICATION_DATE"),
        (
            f"{API}/sobjects/Account/deleted?start=2026-03-02T11:00:00Z&end=2026-03-02T11:00:30Z",
            400,
            "INVALID_REPLICATION_DATE",
        ),
        (
            f"{API}/sobjects/Account/deleted?start=2026-02-01T11:00:00Z&end=2026-03-02T11:00:00Z",
            400,
            "INVALID_REPLICATION_DATE",
        ),
    ],
)
def test_a_call_the_product_does_not_take_is_refused_in_its_words(bare, path, status, code):
    assert refusal(bare.get(path)) == (status, code)


def test_a_method_that_is_not_offered_is_refused(bare):
    assert refusal(bare.post(f"{API}/query", params={"q": "SELECT Id FROM Account"})) == (405, "METHOD_NOT_ALLOWED")


# Queries


def test_a_record_looks_as_documented(org, product):
    tell(product, an_account(ago(days=9)), an_opportunity(ago(days=8, seconds=-7)))
    tell(product, crm("opportunity.committed", ago(days=3), opportunity=OPPORTUNITY))
    answer = query(
        org, "select Id, Account.Name, amount, IsWon, CloseDate, LastStageChangeDate, ContractId FROM Opportunity"
    )
    assert answer == {
        "totalSize": 1,
        "done": True,
        "records": [
            {
                "attributes": {"type": "Opportunity", "url": f"{API}/sobjects/Opportunity/{OPPORTUNITY}"},
                "Id": OPPORTUNITY,
                "Account": {
                    "attributes": {"type": "Account", "url": f"{API}/sobjects/Account/{ACCOUNT}"},
                    "Name": "Northwind Ltd",
                },
                "Amount": 480000.0,
                "IsWon": True,
                "CloseDate": "2026-02-20",
                "LastStageChangeDate": "2026-02-27T12:00:00.000+0000",
                "ContractId": None,
            }
        ],
    }


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Amount > 150", "BC"),
        ("Amount >= 200 AND Amount < 300", "B"),
        ("Name = 'a'", "A"),
        ("Name != 'A'", "BC"),
        ("Name LIKE 'b%' OR Name LIKE '_'", "ABC"),
        ("Name IN ('a', 'C')", "AC"),
        ("Name NOT IN ('a', 'C')", "B"),
        ("NOT Name = 'A'", "BC"),
        ("(Name = 'A' OR Name = 'B') AND Amount > 150", "B"),
        ("CloseDate < 2026-02-02", "A"),
        ("AccountId = null", "C"),
        ("Account.Name = 'northwind ltd'", "AB"),
        ("CreatedDate > 2026-02-25T12:00:00.000+0000", "BC"),
        ("CreatedDate > 2026-02-25T13:00:00+01:00", "BC"),
        ("IsWon = FALSE", "ABC"),
        (f"Id = '{OPPORTUNITY[:15]}'", "A"),
    ],
)
def test_conditions_mean_what_they_mean_in_soql(org, product, where, found):
    tell(product, an_account(ago(days=9)))
    for number, name in enumerate("ABC", 1):
        told_at = ago(days=6 - number)
        words = {"name": name, "amount": Decimal(number * 100), "close_on": date(2026, 2, number)}
        words["account"] = None if name == "C" else ACCOUNT
        tell(product, an_opportunity(told_at, f"{OPPORTUNITY[:14]}{number}AAV", **words))
    assert (
        "".join(row["Name"] for row in rows(org, f"SELECT Name FROM Opportunity WHERE {where} ORDER BY Name")) == found
    )


def test_rows_are_ordered_and_cut(org, product):
    for number, amount in enumerate((None, 5, 9)):
        tell(product, an_opportunity(ago(days=5), f"{OPPORTUNITY[:14]}{number}AAV", amount=amount, name=f"N{number}"))

    def names(tail: str) -> list[str]:
        return [row["Name"] for row in rows(org, f"SELECT Name FROM Opportunity {tail}")]

    assert names("ORDER BY Amount") == ["N0", "N1", "N2"]
    assert names("ORDER BY Amount DESC NULLS LAST") == ["N2", "N1", "N0"]
    assert names("ORDER BY Amount DESC") == ["N0", "N2", "N1"]
    assert names("ORDER BY Name DESC LIMIT 1 OFFSET 1") == ["N1"]


def many(product: Product, count: int) -> None:
    for number in range(count):
        tell(product, an_account(ago(days=9, seconds=-(number // 3)), f"001{number:012d}AAV", f"C-{number:05d}"))


def test_pages_follow_each_other_until_done(org, product):
    many(product, 4100)
    soql = "SELECT Id FROM Account ORDER BY SystemModstamp, Id"
    first = query(org, soql, "queryAll")
    assert (first["totalSize"], first["done"], len(first["records"])) == (4100, False, 2000)
    assert first["nextRecordsUrl"].startswith(f"{API}/query/01g")
    second = org.get(first["nextRecordsUrl"]).json()
    third = org.get(second["nextRecordsUrl"]).json()
    assert third["done"] is True
    assert "nextRecordsUrl" not in third
    read = [row["Id"] for page in (first, second, third) for row in page["records"]]
    assert read == sorted(read)
    assert len(set(read)) == 4100


def test_the_batch_size_is_a_hint_within_bounds(org, product):
    many(product, 450)

    def size(hint: str) -> int:
        headers = {"Sforce-Query-Options": hint}
        return len(org.get(f"{API}/query", params={"q": "SELECT Id FROM Account"}, headers=headers).json()["records"])

    assert [size("batchSize=250"), size("batchSize=20"), size("batchSize=9000")] == [250, 200, 450]


def test_a_cursor_lapses_when_it_is_not_used(engine, org, product):
    many(product, 2100)
    url = query(org, "SELECT Id FROM Account")["nextRecordsUrl"]
    engine.seconds += 901
    org.headers["Authorization"] = f"Bearer {engine.issue_token('salesforce', 1e6)}"
    assert refusal(org.get(url)) == (400, "INVALID_QUERY_LOCATOR")


def test_keyset_pages_meet_without_gap_or_repetition(org, product):
    many(product, 500)
    read: list[str] = []
    after = ""
    while True:
        found = rows(org, f"SELECT Id, SystemModstamp FROM Account {after} ORDER BY SystemModstamp, Id LIMIT 200")
        read += [row["Id"] for row in found]
        if len(found) < 200:
            break
        at, last = found[-1]["SystemModstamp"].replace("+0000", "Z"), found[-1]["Id"]
        after = f"WHERE (SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > '{last}'))"
    assert len(read) == len(set(read)) == 500


def test_two_thousand_rows_come_in_less_than_a_tenth_of_a_second(org, product):
    many(product, 20_000)
    fields = "Id, Name, AccountNumber, BillingCountry, ERP_Customer_Id__c, CurrencyIsoCode, SystemModstamp, IsDeleted"
    since = "2026-02-21T12:30:00Z"
    soql = f"SELECT {fields} FROM Account WHERE SystemModstamp >= {since} ORDER BY SystemModstamp, Id LIMIT 2000"
    rows(org, soql)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        assert len(rows(org, soql, "queryAll")) == 2000
        took.append(time.perf_counter() - start)
    assert min(took) < 0.1


def test_a_row_is_readable_when_its_indexing_is_over(engine, org, product):
    engine.lag = 30.0
    tell(product, an_account(NOON - timedelta(seconds=20)))
    assert rows(org, "SELECT Id FROM Account") == []
    engine.at += timedelta(seconds=10)
    assert rows(org, "SELECT SystemModstamp FROM Account")[0]["SystemModstamp"] == "2026-03-02T11:59:40.000+0000"


# What happens, in the org's own records


def test_written_back_values_leave_their_history(org, product):
    at = ago(days=2)
    tell(
        product,
        an_opportunity(ago(days=8)),
        crm("opportunity.linked", ago(days=6), opportunity=OPPORTUNITY, contract_no="SOW-1"),
    )
    tell(product, crm("opportunity.committed", ago(days=5), opportunity=OPPORTUNITY))
    value = {"value": Decimal("520000"), "currency": "EUR", "amendment": "SOW-1-A1"}
    tell(product, crm("value.updated", at, opportunity=OPPORTUNITY, **value))
    tell(product, crm("crm.status_synced", ago(days=1), opportunity=OPPORTUNITY, status="Billing"))
    written = "2026-02-28T12:00:00.000+0000"
    assert changes(org, "OpportunityFieldHistory") == [
        ("StageName", "Proposal", "Closed Won", "2026-02-25T12:00:00.000+0000"),
        ("Amount", 480000.0, 520000.0, written),
        ("Last_Amendment__c", None, "SOW-1-A1", written),
        ("ERP_Status__c", None, "Billing", "2026-03-01T12:00:00.000+0000"),
    ]
    parent = rows(org, "SELECT Opportunity.Contract_Number__c FROM OpportunityFieldHistory LIMIT 1")[0]["Opportunity"]
    assert parent["Contract_Number__c"] == "SOW-1"


def test_what_is_deleted_shows_in_query_all_and_in_the_log_of_deletions(org, product):
    tell(product, an_opportunity(ago(days=8)), crm("opportunity.deleted", ago(days=1), opportunity=OPPORTUNITY))
    assert rows(org, "SELECT Id FROM Opportunity") == []
    assert rows(org, "SELECT IsDeleted FROM Opportunity", "queryAll")[0]["IsDeleted"] is True
    window = {"start": "2026-02-28T00:00:00+00:00", "end": "2026-03-02T12:00:00+00:00"}
    gone = org.get(f"{API}/sobjects/Opportunity/deleted/", params=window).json()
    assert gone["deletedRecords"] == [{"id": OPPORTUNITY, "deletedDate": "2026-03-01T12:00:00.000+0000"}]
    assert gone["latestDateCovered"] == "2026-03-02T12:00:00.000+0000"
    assert gone["earliestDateAvailable"] == "2026-02-15T12:00:00.000+0000"
    assert org.get(f"{API}/sobjects/Opportunity/updated/", params=window).json()["ids"] == []
    assert refusal(org.get(f"{API}/sobjects/Opportunity/{OPPORTUNITY}")) == (404, "ENTITY_IS_DELETED")


def test_a_merged_account_names_the_one_that_stayed(org, product):
    tell(product, an_account(ago(days=8)), an_account(ago(days=8), OTHER_ACCOUNT, "C-0078"))
    tell(product, crm("account.linked", ago(days=7), account=ACCOUNT, erp_customer="1207"))
    tell(product, crm("account.merged", ago(days=1), account=ACCOUNT, merged_account=OTHER_ACCOUNT))
    gone = rows(org, "SELECT MasterRecordId FROM Account WHERE IsDeleted = true", "queryAll")
    assert [row["MasterRecordId"] for row in gone] == [ACCOUNT]
    assert rows(org, "SELECT ERP_Customer_Id__c FROM Account")[0]["ERP_Customer_Id__c"] == "1207"


def test_a_project_is_made_activated_and_closed(org, product):
    tell(product, a_project(ago(days=8)), psa("project.activated", ago(days=5), project=PROJECT))
    tell(product, psa("project.closed", ago(days=1), project=PROJECT))
    row = rows(org, "SELECT Contract_Number__c, Line__c, CreatedDate, Partner_Entity_Project__c FROM pse__Proj__c")[0]
    assert (row["Contract_Number__c"], row["Line__c"]) == ("SOW-00001", None)
    assert (row["CreatedDate"], row["Partner_Entity_Project__c"]) == ("2026-02-22T12:00:00.000+0000", False)
    assert changes(org, "pse__Proj__History") == [
        ("pse__Is_Active__c", False, True, "2026-02-25T12:00:00.000+0000"),
        ("pse__Stage__c", "Planned", "In Progress", "2026-02-25T12:00:00.000+0000"),
        ("pse__Is_Active__c", True, False, "2026-03-01T12:00:00.000+0000"),
        ("pse__Stage__c", "In Progress", "Completed", "2026-03-01T12:00:00.000+0000"),
    ]
    budget = rows(org, "SELECT pse__Amount__c, Amendment_Number__c, pse__Project__r.Name FROM pse__Budget__c")[0]
    assert (budget["pse__Amount__c"], budget["Amendment_Number__c"]) == (480000.0, None)
    assert budget["pse__Project__r"]["Name"] == "ERP rollout"


def test_a_mirror_project_says_so_and_a_cancelled_one_too(org, product):
    mirror = a_project(ago(days=8))
    data = {**mirror.data, "mirror_of": "a0X5g0000000000AAV"}
    tell(product, Happening(mirror.at, "certinia", "mirror.project", "SOW-00001", "", data))
    tell(product, psa("project.cancelled", ago(days=2), project=PROJECT))
    row = rows(org, "SELECT Partner_Entity_Project__c, pse__Stage__c FROM pse__Proj__c")[0]
    assert (row["Partner_Entity_Project__c"], row["pse__Stage__c"]) == (True, "Cancelled")
    tell(product, psa("project.deleted", ago(days=1), project=PROJECT))
    assert rows(org, "SELECT Id FROM pse__Proj__c") == []


def test_a_milestone_is_planned_moved_completed_and_accepted(org, product):
    plan = {"milestone_id": MILESTONE, "project": PROJECT, "milestone": "SOW-00001-M01", "name": "Go-live"}
    plan |= {"target_on": date(2026, 2, 20), "amount": Decimal("60000"), "currency": "EUR"}
    tell(product, a_project(ago(days=9)), psa("milestone.planned", ago(days=8), **plan))
    tell(product, psa("milestone.moved", ago(days=7), milestone_id=MILESTONE, target_on=date(2026, 2, 25)))
    tell(product, psa("milestone.completed", ago(days=3), milestone_id=MILESTONE, project=PROJECT))
    tell(product, psa("milestone.accepted", ago(days=1), milestone_id=MILESTONE, project=PROJECT))
    soql = "SELECT Milestone_Number__c, pse__Actual_Date__c, pse__Approved_for_Billing__c FROM pse__Milestone__c"
    row = rows(org, soql)[0]
    assert list(row.values())[1:] == ["SOW-00001-M01", "2026-02-27", True]
    assert [(field, new) for field, _, new, _ in changes(org, "pse__Milestone__History")] == [
        ("pse__Target_Date__c", "2026-02-25"),
        ("pse__Status__c", "Completed"),
        ("pse__Status__c", "Approved"),
        ("pse__Approved__c", True),
    ]


def test_time_is_approved_on_the_header_and_billable_on_the_split(org, product):
    week = {"timecard": TIMECARD, "project": PROJECT, "period": "2026-02", "resource": "0035g0000000001AAV"}
    week |= {"week_end_on": date(2026, 2, 22), "hours": Decimal("37.5"), "submitted_at": ago(days=7)}
    tell(product, a_project(ago(days=9)), psa("time.approved", ago(days=5), **week))
    split = "SELECT pse__Timecard_Header__c, pse__Approved_for_Billing__c, pse__Total_Hours__c FROM pse__Timecard__c"
    assert list(rows(org, split)[0].values())[1:] == [TIMECARD, True, 37.5]
    tell(product, psa("time.rejected", ago(days=4), timecard=TIMECARD, project=PROJECT, period="2026-02"))
    assert rows(org, split)[0]["pse__Approved_for_Billing__c"] is False
    tell(product, psa("time.approved", ago(days=3), **week | {"hours": Decimal(30)}))
    approvals = [change for change in changes(org, "pse__Timecard_Header__History") if change[0] == "pse__Approved__c"]
    assert [(new, at[:10]) for _, _, new, at in approvals] == [
        (True, "2026-02-25"),
        (False, "2026-02-26"),
        (True, "2026-02-27"),
    ]
    header = rows(org, "SELECT CreatedDate, pse__Start_Date__c, pse__Total_Hours__c FROM pse__Timecard_Header__c")[0]
    assert list(header.values())[1:] == ["2026-02-23T12:00:00.000+0000", "2026-02-16", 30.0]


def test_expenses_change_requests_and_budgets_leave_their_approval_in_the_history(org, product):
    spent = {"report": REPORT, "project": PROJECT, "period": "2026-02", "resource": None, "submitted_at": ago(days=4)}
    money = {"amount": Decimal("812.40"), "currency": "EUR"}
    wish, change = f"{BUDGET[:14]}2AAV", f"{BUDGET[:14]}3AAV"
    tell(product, a_project(ago(days=9)), psa("expense.approved", ago(days=3), **spent, **money))
    asked = {"budget": wish, "project": PROJECT, "created_at": ago(days=6), "name": "Two more weeks"}
    tell(product, psa("change_request.approved", ago(days=2), **asked, **money))
    new = {"budget": change, "project": PROJECT, "amendment": "SOW-00001-A1"}
    tell(product, psa("budget.updated", ago(days=1), **new, **money))
    assert ("pse__Approved__c", False, True, "2026-02-27T12:00:00.000+0000") in changes(
        org, "pse__Expense_Report__History"
    )
    written = changes(org, "pse__Budget__History")
    assert ("pse__Approved__c", False, True, "2026-02-28T12:00:00.000+0000") in written
    assert written[-1] == ("pse__Amount__c", None, 812.4, "2026-03-01T12:00:00.000+0000")
    kinds = rows(org, "SELECT pse__Type__c, Amendment_Number__c FROM pse__Budget__c ORDER BY Id")
    assert [(row["pse__Type__c"], row["Amendment_Number__c"]) for row in kinds] == [
        ("Customer Purchase Order", None),
        ("Customer Purchase Order Change Request", None),
        ("Customer Purchase Order", "SOW-00001-A1"),
    ]


def test_an_assignment_of_an_amendment_names_it(org, product):
    words = {"assignment": ASSIGNMENT, "project": PROJECT, "resource": None, "role": "Architect", "rate": Decimal(180)}
    words |= {"start_on": date(2026, 2, 1), "end_on": date(2026, 6, 30), "currency": "EUR", "hours": Decimal(400)}
    tell(product, a_project(ago(days=9)), psa("resource.assigned", ago(days=8), **words))
    later = words | {"assignment": f"{ASSIGNMENT[:14]}2AAV", "amendment": "SOW-00001-A1"}
    tell(product, psa("resource.changed", ago(days=1), **later))
    found = rows(org, "SELECT pse__Role__c, Amendment_Number__c FROM pse__Assignment__c ORDER BY CreatedDate")
    assert [row["Amendment_Number__c"] for row in found] == [None, "SOW-00001-A1"]


def test_a_billing_event_is_released_and_then_invoiced(org, product):
    ready = {
        "event": EVENT,
        "project": PROJECT,
        "milestone": "SOW-00001-M01",
        "amount": Decimal(60000),
        "currency": "EUR",
    }
    tell(product, a_project(ago(days=9)), psa("invoice.ready", ago(days=2), **ready))
    tell(product, psa("invoice_status.synced", ago(days=1), event=EVENT, project=PROJECT, invoice="INV-00017"))
    assert changes(org, "pse__Billing_Event__History") == [
        ("pse__Is_Released__c", False, True, "2026-02-28T12:00:00.000+0000"),
        ("pse__Invoiced__c", False, True, "2026-03-01T12:00:00.000+0000"),
        ("pse__Invoice_Number__c", None, "INV-00017", "2026-03-01T12:00:00.000+0000"),
    ]


# One record, described, read and written


def test_an_object_is_described_with_its_references(bare):
    told_of = bare.get(f"{API}/sobjects/pse__Milestone__c/describe").json()
    assert (told_of["keyPrefix"], told_of["custom"], told_of["queryable"]) == ("a1M", True, True)
    project = next(field for field in told_of["fields"] if field["name"] == "pse__Project__c")
    assert (project["type"], project["referenceTo"], project["relationshipName"]) == (
        "reference",
        ["pse__Proj__c"],
        "pse__Project__r",
    )
    assert "Account" in {sobject["name"] for sobject in bare.get(f"{API}/sobjects").json()["sobjects"]}


def test_one_record_is_read_whole_or_in_part(org, product):
    tell(product, an_account(ago(days=8)))
    assert org.get(f"{API}/sobjects/Account/{ACCOUNT}").json()["AccountNumber"] == "C-0077"
    assert set(org.get(f"{API}/sobjects/Account/{ACCOUNT}?fields=Name").json()) == {"attributes", "Name"}
    assert refusal(org.get(f"{API}/sobjects/Account/{ACCOUNT}?fields=Nom")) == (400, "INVALID_FIELD")


def test_a_write_changes_the_record_its_history_and_the_log(engine, org, product):
    tell(product, an_opportunity(ago(days=8)))
    answer = org.patch(f"{API}/sobjects/Opportunity/{OPPORTUNITY}", json={"ERP_Status__c": "Billing"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert changes(org, "OpportunityFieldHistory") == [
        ("ERP_Status__c", None, "Billing", "2026-03-02T12:00:00.000+0000")
    ]
    assert engine.acts == [
        {
            "system": "salesforce",
            "act": "write",
            "item": OPPORTUNITY,
            "operation": "Opportunity:ERP_Status__c",
            "executed": True,
            "outcome": "done",
        }
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"Nonsense": 1}', "INVALID_FIELD"),
        ('{"SystemModstamp": "2026-01-01T00:00:00Z"}', "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ('{"Amount": "much"}', "JSON_PARSER_ERROR"),
        ("[1]", "JSON_PARSER_ERROR"),
        ("{", "JSON_PARSER_ERROR"),
    ],
)
def test_a_write_the_product_does_not_take_is_refused(org, product, body, code):
    tell(product, an_opportunity(ago(days=8)))
    assert refusal(org.patch(f"{API}/sobjects/Opportunity/{OPPORTUNITY}", content=body)) == (400, code)


def test_a_dropped_write_is_answered_like_a_good_one(engine, org, product):
    tell(product, an_opportunity(ago(days=8)))
    engine.misbehaviour.promise_lie("salesforce", "write_dropped")
    assert org.patch(f"{API}/sobjects/Opportunity/{OPPORTUNITY}", json={"ERP_Status__c": "Billing"}).status_code == 204
    assert rows(org, "SELECT ERP_Status__c FROM Opportunity")[0]["ERP_Status__c"] is None
    assert engine.acts[0]["executed"] is False
