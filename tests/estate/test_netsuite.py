"""The estate's NetSuite over a socket: what it answers, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from estate.netsuite import Product
from tests.estate.engine import NOON, Engine, a_happening, ago, client, private_key, served, until

REST = "/services/rest"
TOKEN = f"{REST}/auth/oauth2/v1/token"
QUERY = f"{REST}/query/v1/suiteql"
RECORDS = f"{REST}/record/v1"
PAGE = "Invalid search query. Detailed unprocessed description follows. "
MOMENT = "'YYYY-MM-DD HH24:MI:SS'"


def simply(what: str, at: Any, **data: Any) -> Any:
    return a_happening("netsuite", at, what, **data)


def customer(key: str = "10", number: str = "C-0077", **more: Any) -> Any:
    data = {"name": "Northwind Ltd", "entity": "DE01", "currency": "EUR", "terms": "NET30", "email": "ap@nw.example"}
    return simply("customer.created", ago(days=30), customer_id=key, customer=number, country="DE", **{**data, **more})


def job(key: str = "20", at: Any = None, **more: Any) -> Any:
    data = {
        "number": f"P-{key}",
        "name": "Rollout",
        "customer_id": "10",
        "contract_no": "SOW-00001",
        "line": "SOW-00001-L1",
        "entity": "DE01",
        "currency": "EUR",
        "start_on": date(2026, 3, 1),
        "end_on": None,
    }
    return simply("project.created", at or ago(days=20), job=key, **{**data, **more})


def invoice(key: str = "30", at: Any = None, **more: Any) -> Any:
    lines = [
        {"job": "20", "contract_no": "SOW-00001", "line": "SOW-00001-L1", "amount": Decimal("900.50")},
        {"job": "20", "contract_no": "SOW-00002", "line": "SOW-00002-L1", "amount": Decimal("99.50")},
    ]
    data = {
        "number": f"INV-{key}",
        "customer_id": "10",
        "entity": "DE01",
        "currency": "EUR",
        "total": Decimal(1000),
        "due_on": date(2026, 3, 20),
        "terms": "NET30",
        "operation": "SOW-00001-M01",
        "milestone": "SOW-00001-M01",
        "lines": lines,
    }
    return simply("invoice.posted", at or ago(days=10), invoice=key, **{**data, **more})


def payment(key: str, amount: Decimal, at: Any, settles: list[str]) -> Any:
    applies = [{"invoice": "30", "number": "INV-30", "amount": amount}]
    about = {"number": f"PYMT-{key}", "customer_id": "10", "entity": "DE01", "currency": "EUR", "total": amount}
    return simply("payment.applied", at, payment=key, applies=applies, settles=settles, **about)


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def product(engine: Engine) -> Product:
    return Product(engine)


@pytest.fixture
def api(product: Product) -> Iterator[httpx.Client]:
    with served(product) as address, client(address) as http:
        sign_in(http)
        yield http


def assertion(http: httpx.Client, *, key: Any = None, header: Any = None, **claims: Any) -> str:
    now = int(time.time())
    said = {
        "iss": "client",
        "scope": "rest_webservices",
        "aud": f"{str(http.base_url).rstrip('/')}{TOKEN}",
        "iat": now,
        "exp": now + 300,
    }
    head = {"typ": "JWT", "alg": "PS256", "kid": "certificate", **(header or {})}
    return jwt.encode(head, {**said, **claims}, jose_key(key or private_key()), algorithms=[head["alg"]])


@cache
def jose_key(key: Any) -> ECKey | RSAKey:
    """A key as it signs assertions; checking it takes long, so that it is read once."""
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    kind = ECKey if isinstance(key, ec.EllipticCurvePrivateKey) else RSAKey
    return kind.import_key(key.private_bytes(pem, form, serialization.NoEncryption()))


def ask_token(http: httpx.Client, text: str, **more: str) -> httpx.Response:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    form = {"grant_type": "client_credentials", "client_assertion_type": kind, "client_assertion": text, **more}
    return http.post(TOKEN, data=form)


def sign_in(http: httpx.Client) -> dict[str, Any]:
    answer = ask_token(http, assertion(http)).raise_for_status().json()
    http.headers["Authorization"] = f"Bearer {answer['access_token']}"
    return answer


def ask(http: httpx.Client, q: Any, headers: Any = None, **asked: Any) -> httpx.Response:
    return http.post(QUERY, json={"q": q}, params=asked, headers={"Prefer": "transient", **(headers or {})})


def rows(http: httpx.Client, q: str, **asked: Any) -> list[dict[str, Any]]:
    answer = ask(http, q, **asked)
    assert answer.status_code == 200, answer.text
    return [{name: value for name, value in item.items() if name != "links"} for item in answer.json()["items"]]


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code, and what is said; the body is the documented one."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/vnd.oracle.resource+json; type=error"
    assert (body["status"], bool(body["type"]), bool(body["title"])) == (answer.status_code, True, True)
    (detail,) = body["o:errorDetails"]
    return answer.status_code, detail["o:errorCode"], detail["detail"]


def tell(product: Product, *happenings: Any) -> None:
    for happening in happenings:
        product.apply(happening)


# Sign-in


def test_token_is_given_for_a_signed_assertion_and_ends_on_the_wall_clock(engine: Engine, api: httpx.Client) -> None:
    assert sign_in(api).keys() == {"access_token", "expires_in", "token_type"}
    engine.seconds += 3599
    assert ask(api, "SELECT dummy FROM DUAL").status_code == 200
    engine.seconds += 1
    answer = ask(api, "SELECT dummy FROM DUAL")
    assert refused(answer)[:2] == (401, "INVALID_LOGIN")
    assert "invalid_token" in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    ("header", "claims"),
    [
        ({"alg": "RS256"}, {}),
        ({"kid": "other"}, {}),
        ({"typ": "at+jwt"}, {}),
        ({}, {"iss": "stranger"}),
        ({}, {"aud": "https://elsewhere.example/token"}),
        ({}, {"scope": "suite_analytics"}),
        ({}, {"scope": ["rest_webservices", "everything"]}),
        ({}, {"exp": int(time.time()) - 5, "iat": int(time.time()) - 65}),
        ({}, {"exp": int(time.time()) + 3600, "iat": int(time.time())}),
        ({}, {"iat": int(time.time()) + 900, "exp": int(time.time()) + 960}),
        ({}, {"iat": "today"}),
    ],
)
def test_assertion_that_does_not_fit_is_refused(api: httpx.Client, header: Any, claims: Any) -> None:
    answer = ask_token(api, assertion(api, header=header, **claims))
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_assertion_of_another_key_or_none_is_refused(api: httpx.Client) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    for text in (assertion(api, key=other, header={"alg": "ES256"}), "nonsense", ""):
        assert ask_token(api, text).json() == {"error": "invalid_client"}


def test_certificate_may_hold_an_elliptic_key_and_several_scopes_are_told_by_comma(engine: Engine) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
    engine.kept = type(engine.kept)(**{**dictionary(engine.kept), "public_key_pem": public})
    with served(Product(engine)) as address, client(address) as http:
        text = assertion(http, key=key, header={"alg": "ES256"}, scope="rest_webservices,restlets")
        assert ask_token(http, text).status_code == 200


def dictionary(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"client_assertion_type": "jwt"}, "invalid_request"),
        ({"client_secret": "x"}, "invalid_request"),
    ],
)
def test_token_request_must_be_the_documented_form(api: httpx.Client, more: Any, error: str) -> None:
    answer = ask_token(api, assertion(api), **more)
    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert api.post(TOKEN, json={}).json() == {"error": "invalid_request"}


def oauth_1(http: httpx.Client, secret: str = "secret", at: int | None = None, **more: str) -> dict[str, str]:
    fields = {
        "oauth_consumer_key": "client",
        "oauth_token": "token",
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(at or int(time.time())),
        "oauth_nonce": f"n{time.monotonic_ns()}",
        "oauth_version": "1.0",
    }
    query = {"limit": "5", "offset": "0"}
    pairs = sorted((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in {**fields, **query}.items())
    address = quote(f"{str(http.base_url).rstrip('/')}{QUERY}", safe="")
    base = f"POST&{address}&{quote('&'.join(f'{name}={value}' for name, value in pairs), safe='')}"
    signature = base64.b64encode(hmac.new(f"{secret}&{secret}".encode(), base.encode(), hashlib.sha256).digest())
    fields |= {"realm": "1234567", "oauth_signature": signature.decode(), **more}
    return {
        "Authorization": "OAuth " + ", ".join(f'{name}="{quote(value, safe="")}"' for name, value in fields.items())
    }


def test_signed_request_needs_no_token_and_counts_once(api: httpx.Client) -> None:
    def status(headers: dict[str, str]) -> int:
        return ask(api, "SELECT dummy FROM DUAL", headers, limit=5, offset=0).status_code

    headers = oauth_1(api)
    assert [status(headers), status(headers)] == [200, 401]
    assert status(oauth_1(api, secret="other")) == 401
    assert status(oauth_1(api, at=int(time.time()) - 600)) == 401
    assert status(oauth_1(api, realm="1234567_SB1")) == 401


# Strictness


def test_query_needs_its_headers_and_its_body(api: httpx.Client) -> None:
    answer = ask(api, "SELECT dummy FROM DUAL", {"Prefer": "respond-async"})
    assert refused(answer)[:2] == (400, "INVALID_HEADER")
    assert answer.json()["o:errorDetails"][0]["o:errorHeader"] == "Prefer"
    del api.headers["Authorization"]
    assert refused(ask(api, "SELECT dummy FROM DUAL"))[:2] == (401, "INVALID_LOGIN")
    sign_in(api)
    prefer = {"Prefer": "transient"}
    plain = api.post(QUERY, content='{"q": "SELECT 1 FROM DUAL"}', headers={**prefer, "Content-Type": "text/plain"})
    assert refused(plain)[:2] == (415, "INVALID_HEADER")
    for body in ({}, {"q": 1}, {"q": "SELECT 1 FROM DUAL", "params": []}, []):
        assert refused(api.post(QUERY, json=body, headers=prefer))[:2] == (400, "INVALID_CONTENT")


@pytest.mark.parametrize(
    ("name", "value"),
    [("limit", "1001"), ("limit", "0"), ("limit", "ten"), ("offset", "-1"), ("offset", "7"), ("page", "1")],
)
def test_paging_is_strict(api: httpx.Client, name: str, value: str) -> None:
    answer = ask(api, "SELECT id FROM customer", **{"limit": "5", name: value})
    assert refused(answer)[:2] == (400, "INVALID_PARAMETER")
    assert answer.json()["o:errorDetails"][0]["o:errorQueryParam"] == name


def test_only_a_hundred_thousand_rows_can_be_reached(api: httpx.Client) -> None:
    assert ask(api, "SELECT id FROM customer", limit=1000, offset=99_000).status_code == 200
    assert refused(ask(api, "SELECT id FROM customer", limit=1000, offset=100_000))[:2] == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize(
    "q",
    [
        "DELETE FROM customer",
        "",
        "SELECT id FROM customer; SELECT 1 FROM DUAL",
        "SELECT id FROM customer -- all",
        "SELECT id FROM customer LIMIT 5",
        "SELECT id FROM customer WHERE id = :id",
        "SELECT id FROM customer WHERE id = ?",
        "SELECT id FROM customers",
        "SELECT nothing FROM customer",
        "SELECT c.nothing FROM customer c",
        "SELECT rowid FROM customer",
        "SELECT entity__df FROM transaction",
        "SELECT name FROM sqlite_master",
        'SELECT name FROM "sqlite_master"',
        'SELECT "nothing" FROM customer',
        "SELECT strftime('%Y', 'now') FROM DUAL",
        "SELECT id FROM customer WHERE id == 1",
        "SELECT * FROM transaction",
        "SELECT t.* FROM transaction t",
        "SELECT id FROM customer WHERE lastmodifieddate >= '2026-01-15'",
        "SELECT id FROM customer WHERE '2026-01-15' <= datecreated",
        "SELECT id FROM customer WHERE datecreated BETWEEN '2026-01-15' AND '2026-01-16'",
        "SELECT TO_TIMESTAMP('2026-01-15', 'YYYY-Q') FROM DUAL",
        "SELECT TO_DATE('2026-01-15') FROM DUAL",
        "SELECT BUILTIN.CURRENCY(currency) FROM customer",
        "SELECT BUILTIN.DF(currency FROM customer",
        "SELECT BUILTIN.DF() FROM customer",
        "SELECT id FROM customer FETCH FIRST 5 ROWS",
        "SELECT id FROM FETCH FIRST",
    ],
)
def test_query_that_is_none_is_refused_in_the_products_words(api: httpx.Client, q: str) -> None:
    answer = ask(api, q)
    assert refused(answer)[:2] == (400, "INVALID_PARAMETER")
    assert answer.json()["o:errorDetails"][0]["o:errorQueryParam"] == "q"
    assert refused(answer)[2].startswith(PAGE)


def test_missing_column_is_named(api: httpx.Client) -> None:
    assert "'custbody_x'" in refused(ask(api, "SELECT custbody_x FROM transaction"))[2]
    assert "'invoices'" in refused(ask(api, "SELECT id FROM invoices"))[2]


def test_other_calls_are_not_found_and_limits_are_for_administrators(api: httpx.Client) -> None:
    assert refused(api.get(f"{REST}/system/v1/governanceLimits"))[:2] == (403, "INSUFFICIENT_PERMISSION")
    assert refused(api.get(QUERY))[:2] == (404, "NOT_FOUND")
    assert refused(api.get(f"{RECORDS}/salesOrder"))[:2] == (404, "NOT_FOUND")


# SuiteQL


def test_values_are_words_and_nulls_are_left_out(product: Product, api: httpx.Client) -> None:
    tell(product, customer(), job(), invoice())
    q = (
        "SELECT t.id, t.tranid, t.externalid, t.entity, t.status, BUILTIN.DF(t.status) AS Status_Text,"
        " t.approvalstatus, TO_CHAR(t.trandate,'YYYY-MM-DD') AS trandate, t.foreigntotal, t.otherrefnum, t.posting,"
        f" t.voided, TO_CHAR(t.lastmodifieddate,{MOMENT}) AS lastmod, t.createddate FROM transaction t"
        f" WHERE t.type='CustInvc' AND t.lastmodifieddate >= TO_TIMESTAMP('2026-02-20 12:00:00',{MOMENT})"
        " ORDER BY t.lastmodifieddate, t.id"
    )
    assert rows(api, q) == [
        {
            "id": "30",
            "tranid": "INV-30",
            "externalid": "SOW-00001-M01",
            "entity": "10",
            "status": "A",
            "status_text": "Invoice : Open",
            "approvalstatus": "2",
            "trandate": "2026-02-20",
            "foreigntotal": "1000",
            "posting": "T",
            "voided": "F",
            "lastmod": "2026-02-20 12:00:00",
            "createddate": "2/20/2026",
        }
    ]


def test_nameless_expressions_are_numbered_and_functions_do_what_they_say(product: Product, api: httpx.Client) -> None:
    tell(
        product, customer(), job(), invoice(), invoice("31", operation="SOW-00001-M02", lines=[], total=Decimal("0.10"))
    )
    q = "SELECT COUNT(*), MAX(foreigntotal) AS most, SUM(foreigntotal), NVL(otherrefnum, 'none') FROM transaction"
    assert rows(api, q) == [{"expr1": "2", "most": "1000", "expr2": "1000.1", "expr3": "none"}]
    q = f"SELECT TO_CHAR(SYSDATE,{MOMENT}) FROM DUAL"
    assert rows(api, q) == [{"expr1": "2026-03-02 12:00:00"}]
    assert rows(api, "SELECT TO_CHAR(TO_DATE('02-Mar-2026', 'DD-MON-YYYY'), 'MM/DD/YYYY') AS day FROM DUAL") == [
        {"day": "03/02/2026"}
    ]
    assert rows(api, "SELECT id FROM customer WHERE companyname LIKE 'north%'") == []
    assert rows(api, "SELECT id FROM customer WHERE companyname LIKE 'North%'") == [{"id": "10"}]
    assert rows(api, "SELECT 'it''s' AS said FROM customer") == [{"said": "it's"}]


def test_dates_are_compared_in_time_and_by_key(product: Product, api: httpx.Client) -> None:
    for number in range(6):
        tell(product, job(str(20 + number), ago(days=20) + timedelta(seconds=number // 2), contract_no=None))
    at = f"TO_TIMESTAMP('2026-02-10 12:00:01',{MOMENT})"
    q = f"SELECT id FROM job WHERE lastmodifieddate > {at} OR (lastmodifieddate = {at} AND id > 22) ORDER BY id"
    assert [row["id"] for row in rows(api, q)] == ["23", "24", "25"]
    assert rows(api, "SELECT id FROM job ORDER BY id DESC FETCH FIRST 2 ROWS ONLY") == [{"id": "25"}, {"id": "24"}]


def test_pages_follow_has_more(product: Product, api: httpx.Client) -> None:
    for number in range(5):
        tell(product, customer(str(number), f"C-{number}"))
    pages = [ask(api, "SELECT id FROM customer ORDER BY id", limit=2, offset=offset).json() for offset in (0, 2, 4)]
    assert [[item["id"] for item in page["items"]] for page in pages] == [["0", "1"], ["2", "3"], ["4"]]
    assert [(page["count"], page["hasMore"], page["offset"], page["totalResults"]) for page in pages] == [
        (2, True, 0, 5),
        (2, True, 2, 5),
        (1, False, 4, 5),
    ]
    links = [{link["rel"]: link["href"] for link in page["links"]} for page in pages]
    assert [set(each) for each in links] == [
        {"self", "next", "last"},
        {"self", "next", "last", "first", "previous"},
        {"self", "first", "previous"},
    ]
    follow = api.post(
        links[0]["next"], json={"q": "SELECT id FROM customer ORDER BY id"}, headers={"Prefer": "transient"}
    )
    assert follow.json()["items"] == pages[1]["items"]


# Rows


def history(http: httpx.Client, kind: int = -7, key: int = 20) -> list[dict[str, str]]:
    return rows(
        http,
        f"SELECT field, oldvalue, newvalue, TO_CHAR(date,'YYYY-MM-DD') AS day FROM systemnote"
        f" WHERE recordtypeid = {kind} AND recordid = {key} ORDER BY date, id",
    )


def test_customer_is_made_validated_changed_and_merged(product: Product, api: httpx.Client) -> None:
    tell(product, customer(), customer("11", "C-0078"), job("20", customer_id="11"), invoice(customer_id="11"))
    tell(product, simply("customer.validated", ago(days=9), customer_id="10"))
    tell(product, simply("customer.updated", ago(days=8), customer_id="10", changed={"terms": "NET45", "email": "x@y"}))
    merged = {"customer_id": "10", "merged_id": "11", "merged_customer": "C-0078"}
    tell(product, simply("customer.merged", ago(days=7), **merged))
    q = (
        "SELECT id, externalid, companyname, email, isinactive, BUILTIN.DF(terms) AS terms, custentity_merged_from,"
        f" BUILTIN.DF(subsidiary) AS entity, BUILTIN.DF(currency) AS money, TO_CHAR(datecreated,{MOMENT}) AS created,"
        f" TO_CHAR(custentity_validated_on,{MOMENT}) AS validated, TO_CHAR(lastmodifieddate,{MOMENT}) AS changed"
        " FROM customer"
    )
    assert rows(api, q) == [
        {
            "id": "10",
            "externalid": "C-0077",
            "companyname": "Northwind Ltd",
            "email": "x@y",
            "isinactive": "F",
            "terms": "NET45",
            "custentity_merged_from": "11",
            "entity": "DE01",
            "money": "EUR",
            "created": "2026-01-31 12:00:00",
            "validated": "2026-02-21 12:00:00",
            "changed": "2026-02-23 12:00:00",
        }
    ]
    deleted = (
        "SELECT recordid, type, BUILTIN.DF(recordtypeid) AS kind, TO_CHAR(deleteddate,'YYYY-MM-DD') AS day"
        " FROM deletedrecord"
    )
    assert rows(api, deleted) == [{"recordid": "11", "type": "customer", "kind": "Customer", "day": "2026-02-23"}]
    assert rows(api, "SELECT parent FROM job") == [{"parent": "10"}]
    assert rows(api, "SELECT entity FROM transaction") == [{"entity": "10"}]
    notes = [(note["field"], note.get("oldvalue"), note["newvalue"]) for note in history(api, -2, 10)]
    assert notes[1:] == [
        ("TERMS", "NET30", "NET45"),
        ("EMAIL", "ap@nw.example", "x@y"),
        ("CUSTENTITY_MERGED_FROM", None, "11"),
    ]


def test_history_of_a_project_keeps_every_step(product: Product, api: httpx.Client) -> None:
    tell(product, customer(), job())
    tell(product, simply("rate_card.synced", ago(days=19), job="20", rate_card="RC-1", amendment=None))
    schedule = {"job": "20", "schedule": "40", "total": Decimal(1000), "currency": "EUR"}
    tell(product, simply("billing_schedule.created", ago(days=18), frequency="monthly", **schedule))
    tell(product, simply("revenue_schedule.created", ago(days=17), job="20", schedule="50"))
    tell(product, simply("billing_schedule.updated", ago(days=16), amendment="SOW-00001-A1", **schedule))
    tell(product, simply("revenue_schedule.updated", ago(days=15), job="20", schedule="50", amendment="SOW-00001-A1"))
    tell(product, simply("rate_card.synced", ago(days=14), job="20", rate_card="RC-2", amendment="SOW-00001-A1"))
    tell(product, simply("billing_schedule.updated", ago(days=13), amendment="SOW-00001-A2", **schedule))
    tell(product, simply("billing_schedule.deleted", ago(days=12), job="20"))
    tell(product, simply("project.cancelled", ago(days=11), job="20"))
    assert [(note["field"], note.get("oldvalue"), note.get("newvalue"), note["day"][8:]) for note in history(api)] == [
        ("BILLINGRATECARD", None, "RC-1", "11"),
        ("BILLINGSCHEDULE", None, "40", "12"),
        ("CUSTENTITY_REVENUE_SCHEDULE", None, "50", "13"),
        ("CUSTENTITY_BILLING_AMENDMENT", None, "SOW-00001-A1", "14"),
        ("CUSTENTITY_REVENUE_AMENDMENT", None, "SOW-00001-A1", "15"),
        ("BILLINGRATECARD", "RC-1", "RC-2", "16"),
        ("CUSTENTITY_RATE_AMENDMENT", None, "SOW-00001-A1", "16"),
        ("CUSTENTITY_BILLING_AMENDMENT", "SOW-00001-A1", "SOW-00001-A2", "17"),
        ("BILLINGSCHEDULE", "40", None, "18"),
        ("ENTITYSTATUS", "In Progress", "Not Awarded", "19"),
    ]
    q = (
        "SELECT billingschedule, BUILTIN.DF(billingschedule) AS named, BUILTIN.DF(billingratecard) AS card,"
        f" BUILTIN.DF(entitystatus) AS status, TO_CHAR(lastmodifieddate,{MOMENT}) AS changed, custentity_mirror"
        " FROM job"
    )
    assert rows(api, q) == [
        {"card": "RC-2", "status": "Not Awarded", "changed": "2026-02-19 12:00:00", "custentity_mirror": "F"}
    ]


def test_deleted_project_goes_with_its_history_and_mirror_says_so(product: Product, api: httpx.Client) -> None:
    tell(product, customer(), job(), simply("mirror.project", ago(days=19), **job("21").data))
    tell(product, simply("rate_card.synced", ago(days=19), job="20", rate_card="RC-1", amendment=None))
    tell(product, simply("project.deleted", ago(days=18), job="20"))
    assert rows(api, "SELECT id, custentity_mirror FROM job") == [{"id": "21", "custentity_mirror": "T"}]
    assert history(api) == []
    assert rows(api, "SELECT recordid, recordtypeid, type, name FROM deletedrecord") == [
        {"recordid": "20", "recordtypeid": "-7", "type": "job", "name": "Rollout"}
    ]


def test_external_id_is_nobody_elses(product: Product, api: httpx.Client) -> None:
    tell(product, customer(), job(), job("21", number="P-20"), invoice(), invoice("31"))
    assert rows(api, "SELECT id, externalid FROM job ORDER BY id") == [{"id": "20", "externalid": "P-20"}, {"id": "21"}]
    q = "SELECT id, externalid, custbody_operation FROM transaction ORDER BY id"
    assert [(row.get("externalid"), row["custbody_operation"]) for row in rows(api, q)] == [
        ("SOW-00001-M01", "SOW-00001-M01"),
        (None, "SOW-00001-M01"),
    ]


def test_invoice_has_lines_for_each_project_and_contract(product: Product, api: httpx.Client) -> None:
    tell(product, customer(), job(), invoice(retainage="held", period="2026-02"))
    q = (
        "SELECT linesequencenumber AS number, mainline, entity, custcol_contract_no AS contract,"
        " foreignamount AS amount FROM transactionline WHERE transaction = 30 ORDER BY linesequencenumber"
    )
    assert [tuple(row.values()) for row in rows(api, q)] == [
        ("0", "T", "10", "1000"),
        ("1", "F", "20", "SOW-00001", "900.5"),
        ("2", "F", "20", "SOW-00002", "99.5"),
    ]
    q = "SELECT custbody_retainage AS kept, custbody_intercompany AS mirrored, custbody_period AS period"
    q += " FROM transaction"
    assert rows(api, q) == [{"kept": "held", "mirrored": "F", "period": "2026-02"}]


MONEY = (
    "SELECT status, foreignamountunpaid AS unpaid, voided, TO_CHAR(custbody_settled_on,'DD') AS settled,"
    " TO_CHAR(custbody_voided_on,'DD') AS ended, TO_CHAR(lastmodifieddate,'DD') AS changed FROM transaction WHERE id = "
)


def test_partial_payments_settle_an_invoice_and_one_that_is_reversed_opens_it(
    product: Product, api: httpx.Client
) -> None:
    tell(product, customer(), job(), invoice(), simply("invoice.sent", ago(days=9), invoice="30"))
    tell(product, payment("60", Decimal("400.10"), ago(days=8), []))
    assert rows(api, MONEY + "30") == [{"status": "A", "unpaid": "599.9", "voided": "F", "changed": "22"}]
    tell(product, payment("61", Decimal("599.90"), ago(days=7), ["30"]))
    assert rows(api, MONEY + "30") == [{"status": "B", "voided": "F", "settled": "23", "changed": "23"}]
    applies = [{"invoice": "30", "number": "INV-30", "amount": Decimal("599.90")}]
    tell(product, simply("payment.reversed", ago(days=6), payment="61", applies=applies, unsettles=["30"]))
    assert rows(api, MONEY + "30") == [{"status": "A", "unpaid": "599.9", "voided": "F", "changed": "24"}]
    assert rows(api, MONEY + "61") == [{"status": "V", "voided": "T", "ended": "24", "changed": "24"}]
    q = (
        "SELECT previousdoc, nextdoc, linktype, nexttype, foreignamount AS amount FROM nexttransactionlinelink"
        " ORDER BY nextdoc"
    )
    assert [tuple(row.values()) for row in rows(api, q)] == [
        ("30", "60", "Payment", "CustPymt", "400.1"),
        ("30", "61", "Payment", "CustPymt", "599.9"),
    ]


def test_void_keeps_the_invoice_and_a_credit_points_at_it(product: Product, api: httpx.Client) -> None:
    tell(product, customer(), job(), invoice(), invoice("31", operation="SOW-00001-M02", number="INV-31"))
    tell(product, simply("invoice.voided", ago(days=9), invoice="30"))
    credit = {"invoice": "31", "credit": "70", "number": "CM-70", "amount": Decimal(1000), "currency": "EUR"}
    tell(product, simply("invoice.credited", ago(days=8), **credit))
    tell(product, simply("invoice.disputed", ago(days=7), invoice="31"))
    tell(product, simply("dispute.resolved", ago(days=6), invoice="31"))
    assert rows(api, MONEY + "30") == [{"status": "V", "voided": "T", "ended": "21", "changed": "21"}]
    assert rows(api, MONEY + "31") == [{"status": "B", "voided": "F", "changed": "24"}]
    q = (
        "SELECT type, tranid, createdfrom, entity, foreigntotal, BUILTIN.DF(createdfrom) AS source"
        " FROM transaction WHERE type = 'CustCred'"
    )
    assert rows(api, q) == [
        {
            "type": "CustCred",
            "tranid": "CM-70",
            "createdfrom": "31",
            "entity": "10",
            "foreigntotal": "1000",
            "source": "Invoice #INV-31",
        }
    ]
    q = (
        "SELECT TO_CHAR(custbody_disputed_on,'DD') AS a, TO_CHAR(custbody_dispute_resolved_on,'DD') AS b"
        " FROM transaction WHERE id = 31"
    )
    assert rows(api, q) == [{"a": "23", "b": "24"}]


def test_charge_is_held_and_released(product: Product, api: httpx.Client) -> None:
    held = {"charge": "80", "job": "20", "period": "2026-02", "amount": Decimal(5), "currency": "EUR"}
    tell(product, customer(), job(), simply("billing.held", ago(days=9), **held))
    q = (
        "SELECT stage, use, billto, project, custcol_contract_no AS contract, custcol_period AS period,"
        " TO_CHAR(createddate,'DD') AS created, TO_CHAR(custcol_released_on,'DD') AS released FROM charge"
    )
    row = {
        "use": "Actual",
        "billto": "10",
        "project": "20",
        "contract": "SOW-00001",
        "period": "2026-02",
        "created": "21",
    }
    assert rows(api, q) == [{"stage": "HOLD_FOR_BILLING", **row}]
    tell(product, simply("billing.released", ago(days=8), charge="80"))
    assert rows(api, q) == [{"stage": "READY_FOR_BILLING", **row, "released": "22"}]


# Records


def test_records_have_camel_case_and_real_types(product: Product, api: httpx.Client) -> None:
    tell(product, customer(), job(), invoice())
    schedule = {"job": "20", "schedule": "40", "total": Decimal("1000.5"), "currency": "EUR", "frequency": "MONTHLY"}
    tell(product, simply("billing_schedule.created", ago(days=18), **schedule))
    found = api.get(f"{RECORDS}/job/eid:P-20").json()
    assert found == api.get(f"{RECORDS}/job/20").json()
    assert found["links"] == [{"rel": "self", "href": f"{api.base_url}services/rest/record/v1/job/20"}]
    assert (found["parent"]["id"], found["parent"]["refName"]) == ("10", "Northwind Ltd")
    assert (found["entityStatus"]["id"], found["entityStatus"]["refName"]) == ("2", "In Progress")
    assert (found["startDate"], found["dateCreated"], found["isInactive"]) == (
        "2026-03-01",
        "2026-02-10T12:00:00Z",
        False,
    )
    assert "projectedEndDate" not in found
    assert api.get(f"{RECORDS}/customer/10").json()["creditHoldOverride"] == {"id": "AUTO", "refName": "Auto"}
    billed = api.get(f"{RECORDS}/invoice/30").json()
    assert (billed["total"], billed["amountRemaining"], billed["status"]["id"]) == (1000, 1000, "A")
    plain = api.get(f"{RECORDS}/billingSchedule/40").json()
    assert (plain["initialAmount"], plain["frequency"]["id"], "items" in plain["recurrence"]) == (
        1000.5,
        "MONTHLY",
        False,
    )
    whole = api.get(f"{RECORDS}/billingSchedule/40", params={"expandSubResources": "true"}).json()
    assert whole["recurrence"]["items"][0]["units"] == {"id": "MONTH"}
    assert whole["milestone"]["items"] == []


def test_records_that_are_not_there_and_wrong_questions_are_refused(api: httpx.Client) -> None:
    for name in ("99", "eid:nobody", "abc"):
        assert refused(api.get(f"{RECORDS}/job/{name}"))[:2] == (404, "NONEXISTENT_ID")
    for params in ({"fields": "id"}, {"expandSubResources": "yes"}):
        assert refused(api.get(f"{RECORDS}/job/20", params=params))[:2] == (400, "INVALID_PARAMETER")


@pytest.mark.parametrize(
    ("q", "found"),
    [
        (None, ["10", "11"]),
        ('externalId IS "C-0077"', ["10"]),
        ('externalId IS_NOT "C-0077"', ["11"]),
        ('companyName START_WITH "South" AND isInactive IS false', ["11"]),
        ('companyName CONTAIN "wind"', ["10"]),
        ('companyName ENDWITH "Inc"', ["11"]),
        ('lastModifiedDate ON_OR_AFTER "2/1/2026"', ["11"]),
        ('lastModifiedDate AFTER "2/1/2026"', []),
        ('lastModifiedDate ON "1/31/2026"', ["10"]),
        ('lastModifiedDate BEFORE "2/1/2026"', ["10"]),
        ('lastModifiedDate ON_OR_BEFORE "2/1/2026"', ["10", "11"]),
        ("parent EMPTY", ["10", "11"]),
        ("email EMPTY_NOT", ["10"]),
        ("currency EQUAL 1", ["10", "11"]),
    ],
)
def test_collection_gives_ids_by_a_filter(product: Product, api: httpx.Client, q: str | None, found: list[str]) -> None:
    other = customer("11", "C-0078", name="Southwick Inc", email=None)
    tell(
        product,
        customer(),
        type(other)(ago(days=29), *(getattr(other, name) for name in ("system", "what")), None, "", other.data),
    )
    answer = api.get(f"{RECORDS}/customer", params={"q": q} if q else {}).json()
    assert [item["id"] for item in answer["items"]] == found
    assert (answer["totalResults"], answer["hasMore"]) == (len(found), False)
    assert all(item.keys() == {"id", "links"} for item in answer["items"])


@pytest.mark.parametrize(
    "q",
    [
        "externalId",
        'nothing IS "x"',
        "externalId IS x",
        'lastModifiedDate ON_OR_AFTER "2026-02-01"',
        'lastModifiedDate CONTAIN "2"',
        'isInactive IS "false"',
        'externalId LIKE "C%"',
    ],
)
def test_filter_that_does_not_fit_is_refused(api: httpx.Client, q: str) -> None:
    assert refused(api.get(f"{RECORDS}/customer", params={"q": q}))[:2] == (400, "INVALID_PARAMETER")


# Weather


def test_index_lags_behind_what_was_written(engine: Engine, product: Product, api: httpx.Client) -> None:
    engine.lag = 30.0
    tell(
        product,
        type(customer())(NOON - timedelta(seconds=20), "netsuite", "customer.created", None, "", customer().data),
    )
    assert rows(api, "SELECT id FROM customer") == []
    engine.lag = 0.0
    assert rows(api, "SELECT id FROM customer") == [{"id": "10"}]


def test_sixth_request_at_a_time_is_refused(product: Product, api: httpx.Client) -> None:
    """Five requests are kept waiting where rows are read; one more is one too many."""
    with ThreadPoolExecutor(5) as threads:
        with product._reading:
            held = [threads.submit(ask, api, "SELECT dummy FROM DUAL") for _ in range(5)]
            until(lambda: product._at_work == 5)
            assert refused(ask(api, "SELECT dummy FROM DUAL"))[:2] == (429, "CONCURRENCY_LIMIT_EXCEEDED")
        assert [one.result().status_code for one in held] == [200] * 5
    assert ask(api, "SELECT dummy FROM DUAL").status_code == 200


def test_outage_of_a_stream_leaves_the_others(engine: Engine, product: Product, api: httpx.Client) -> None:
    tell(product, customer(), job())
    engine.misbehaviour.break_down("netsuite", "payments", 10)
    assert refused(ask(api, "SELECT id FROM transaction WHERE type = 'CustPymt'"))[:2] == (503, "SERVICE_UNAVAILABLE")
    assert ask(api, "SELECT id FROM transaction WHERE type = 'CustInvc'").status_code == 200
    engine.misbehaviour.break_down("netsuite", "billing_schedules", 10)
    assert refused(api.get(f"{RECORDS}/billingSchedule"))[0] == 503
    engine.misbehaviour.break_down("netsuite", "", 10)
    assert {ask(api, "SELECT id FROM job").status_code, api.post(TOKEN).status_code} == {503}
