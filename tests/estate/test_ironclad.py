"""The estate's Ironclad over a socket: what it answers, and what it refuses."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from estate.ironclad import Product
from estate.ironclad.signin import READ
from estate.ironclad.webhooks import signed_text
from tests.estate.engine import NOON, Engine, a_happening, ago, client, served, until

API = "/public/api/v1"
DRAFT, CHANGE = "65f0c2d1" + "0" * 16, "65f0c2d2" + "0" * 16
SOW, AMENDMENT = "0d1f6a52-6f0e-4f7e-9a35-1f4f6f5f0c11", "7a90c3de-0b1c-4a7a-8f55-2f9d1f2a9b02"
WORDS = {
    "customer": "C-0077",
    "customer_name": "Northwind Ltd",
    "value": Decimal("240000.50"),
    "currency": "EUR",
}
TERMS = {
    "payment_terms": "NET30",
    "billing_frequency": "MONTHLY",
    "rate_card": "RC-2026",
    "effective_on": date(2026, 3, 1),
    "expires_on": date(2026, 12, 31),
}
PLACE = {"contract_type": "fixed_fee", "entity": "DE01", "region": "EMEA", "practice": "Cloud", "opportunity": "006A"}


def drafted(engine_at: Any = None, **more: Any) -> Any:
    return a_happening(
        "ironclad",
        engine_at or ago(days=9),
        "contract.drafted",
        **{
            "workflow": DRAFT,
            "readable": "IC-1",
            "title": "SOW 1",
            "contract_no": "SOW-00001",
            **WORDS,
            **PLACE,
            **more,
        },
    )


def asked(approval: str, role: str, at: Any) -> Any:
    return a_happening(
        "ironclad",
        at,
        "approval.requested",
        workflow=DRAFT,
        approval=approval,
        role=role,
        role_name=role.title(),
        actor=f"u-{approval}",
        actor_name="Ana",
        actor_email="ana@northgate.example",
    )


def signed(at: Any = None, **more: Any) -> Any:
    return a_happening(
        "ironclad",
        at or ago(days=5),
        "contract.signed",
        **{
            "record": SOW,
            "readable": "IC-2041",
            "workflow": DRAFT,
            "title": "SOW 1",
            "contract_no": "SOW-00001",
            "lines": [
                {
                    "line": "SOW-00001-L1",
                    "contract_type": "fixed_fee",
                    "entity": "DE01",
                    "amount": Decimal("100.10"),
                    "currency": "EUR",
                }
            ],
            **WORDS,
            **TERMS,
            **PLACE,
            **more,
        },
    )


def amended(**more: Any) -> Any:
    return a_happening(
        "ironclad",
        ago(days=2),
        "amendment.signed",
        **{
            "record": AMENDMENT,
            "readable": "IC-2077",
            "workflow": CHANGE,
            "title": "Amendment 1",
            "contract_no": "SOW-00001",
            "amendment_no": "SOW-00001-A1",
            "parent_record": SOW,
            "parent_readable": "IC-2041",
            "changed_fields": "value",
            **WORDS,
            **TERMS,
            "value": Decimal(300000),
            **more,
        },
    )


def done(approval: str, at: Any) -> Any:
    return a_happening("ironclad", at, "approval.completed", workflow=DRAFT, approval=approval, role="legal")


def simply(what: str, at: Any, **data: Any) -> Any:
    return a_happening("ironclad", at, what, **data)


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


def sign_in(http: httpx.Client, **more: str) -> dict[str, Any]:
    asked = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "secret", **more}
    answer = http.post("/oauth/token", json=asked).raise_for_status().json()
    http.headers.update(
        {"Authorization": f"Bearer {answer['access_token']}", "x-as-user-email": "ana@northgate.example"}
    )
    return answer


def get(http: httpx.Client, path: str, **asked: Any) -> Any:
    return http.get(API + path, params=asked).raise_for_status().json()


def refused(answer: httpx.Response) -> tuple[int, str, str | None]:
    body = answer.json()
    assert body["message"]
    return answer.status_code, body["code"], body.get("param")


def tell(product: Product, *happenings: Any) -> None:
    for happening in happenings:
        product.apply(happening)


# Sign-in


def test_token_is_given_for_basic_as_for_body_and_names_asked_scopes(api: httpx.Client) -> None:
    basic = {"Authorization": "Basic " + base64.b64encode(b"client:secret").decode()}
    body = {"grant_type": "client_credentials", "scope": " ".join(READ)}
    answer = api.post("/oauth/token", json=body, headers=basic).json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 3600, " ".join(READ))
    assert "scope" not in sign_in(api)


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"grant_type": "client_credentials", "client_id": "client", "client_secret": "x"}, 401, "invalid_client"),
        ({"grant_type": "password", "client_id": "client", "client_secret": "secret"}, 400, "unsupported_grant_type"),
        ({"client_id": "client", "client_secret": "secret"}, 400, "unsupported_grant_type"),
        (
            {
                "grant_type": "client_credentials",
                "client_id": "client",
                "client_secret": "secret",
                "scope": "public.workflows.readSignStatus",
            },
            400,
            "invalid_scope",
        ),
        ({"grant_type": "client_credentials", "audience": "x"}, 400, "invalid_request"),
        ([], 400, "invalid_request"),
    ],
)
def test_token_is_refused_in_the_words_of_the_standard(api: httpx.Client, body: Any, status: int, error: str) -> None:
    answer = api.post("/oauth/token", json=body, headers={"Authorization": ""})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_token_request_must_be_json(api: httpx.Client) -> None:
    answer = api.post("/oauth/token", data={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_company_is_told_without_a_user(api: httpx.Client) -> None:
    del api.headers["x-as-user-email"]
    assert {"companyId", "companyName", "companyDisplayName", "entitlements"} == api.get(
        "/oauth/company-info"
    ).json().keys()


def test_token_ends_on_the_wall_clock(engine: Engine, api: httpx.Client) -> None:
    engine.seconds += 3599
    assert get(api, "/records")["count"] == 0
    engine.seconds += 1
    answer = api.get(f"{API}/records")
    assert refused(answer)[:2] == (401, "UNAUTHORIZED")
    assert answer.json()["message"] == "token has expired"


def test_unknown_token_is_refused(api: httpx.Client) -> None:
    for header in ("Bearer nonsense", "", "Basic abc"):
        answer = api.get(f"{API}/records", headers={"Authorization": header})
        assert refused(answer)[:2] == (401, "UNAUTHORIZED")


def test_client_credentials_must_say_for_whom(api: httpx.Client) -> None:
    del api.headers["x-as-user-email"]
    assert refused(api.get(f"{API}/records")) == (400, "MISSING_PARAM", "x-as-user-email")
    assert refused(api.get(f"{API}/records", headers={"x-as-user-email": "eve@x.example"}))[:2] == (403, "FORBIDDEN")
    assert api.get(f"{API}/records", headers={"x-as-user-id": "ana@northgate.example"}).status_code == 200


def test_token_without_the_scope_of_a_call_is_refused(api: httpx.Client) -> None:
    sign_in(api, scope="public.records.readRecords")
    assert api.get(f"{API}/records").status_code == 200
    assert refused(api.get(f"{API}/workflows"))[:2] == (403, "FORBIDDEN")


# Strictness


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/workflows", "status", "activ"),
        ("/workflows", "status", "active, completed"),
        ("/workflows", "sortField", "lastUpdated"),
        ("/workflows", "lastUpdated", "2026-03-01"),
        ("/workflows", "lastUpdated", "2026-03-01T00:00:00+00:00"),
        ("/workflows", "lastUpdated", "2026-13-01T00:00:00Z"),
        ("/workflows", "pageSize", "101"),
        ("/workflows", "pageSize", "0"),
        ("/workflows", "page", "-1"),
        ("/workflows", "hydrateEntities", "yes"),
        ("/workflows", "filter", "Equals([a],'b')"),
        ("/records", "sortField", "created"),
        ("/records", "sortDirection", "asc"),
        ("/records", "types", "nda"),
        ("/records", "limit", "10"),
        ("/records/ids", "pageSize", "10001"),
        ("/records/metadata", "page", "0"),
        ("/obligations", "lastUpdated", "2026-03-01T00:00:00.000Z"),
        ("/obligations", "sortField", "agreementDate"),
    ],
)
def test_what_is_not_documented_is_refused(api: httpx.Client, path: str, name: str, value: str) -> None:
    assert refused(api.get(API + path, params={name: value})) == (400, "INVALID_PARAM", name)


def test_parameter_given_twice_is_refused(api: httpx.Client) -> None:
    answer = api.get(f"{API}/records", params=[("page", "0"), ("page", "1")])
    assert refused(answer) == (400, "INVALID_PARAM", "page")


def test_unknown_paths_and_methods_are_not_found(api: httpx.Client) -> None:
    assert refused(api.get(f"{API}/contracts"))[:2] == (404, "NOT_FOUND")
    assert refused(api.post(f"{API}/records"))[:2] == (404, "NOT_FOUND")
    for path in ("/workflows/IC-9", "/workflows/IC-9/approval-requests", "/records/IC-9"):
        assert refused(api.get(API + path))[:2] == (404, "NOT_FOUND")


# Workflows


def test_draft_is_shown_with_its_attributes(product: Product, api: httpx.Client) -> None:
    tell(product, drafted())
    (row,) = get(api, "/workflows")["list"]
    assert row == get(api, f"/workflows/{DRAFT}") == get(api, "/workflows/IC-1")
    assert (row["step"], row["status"], row["isComplete"], row["isCancelled"]) == ("Create", "active", False, False)
    assert row["created"] == row["lastUpdated"] == "2026-02-21T12:00:00.000Z"
    assert row["attributes"] == {
        "contractNumber": "SOW-00001",
        "counterpartyName": "Northwind Ltd",
        "customerNumber": "C-0077",
        "contractType": "fixed_fee",
        "legalEntity": "DE01",
        "region": "EMEA",
        "practice": "Cloud",
        "opportunityId": "006A",
        "contractValue": {"currency": "EUR", "amount": 240000.5},
    }
    assert row["schema"]["contractValue"]["type"] == "monetary_amount"
    assert (row["approvals"], row["signatures"], row["recordIds"]) == (
        {"state": "not_started"},
        {"state": "not_started"},
        [],
    )


def test_approvals_have_their_times_for_good(product: Product, api: httpx.Client) -> None:
    tell(product, drafted(), asked("a1", "legal", ago(days=8)), asked("a2", "finance", ago(days=7)))
    tell(product, done("a1", ago(days=7) + timedelta(hours=1)))
    workflow = get(api, "/workflows/IC-1")
    assert (workflow["step"], workflow["approvals"]) == ("Review", {"state": "in_progress"})
    assert [role["id"] for role in workflow["roles"]] == ["finance", "legal"]
    first, second = get(api, f"/workflows/{DRAFT}/approval-requests")["list"]
    assert first == {
        "startTime": "2026-02-22T12:00:00.000Z",
        "endTime": "2026-02-23T13:00:00.000Z",
        "duration": 90_000_000,
        "aggregateDuration": 90_000_000,
        "status": "Approved",
        "actorId": "u-a1",
        "actorType": "user",
        "role": "legal",
        "roleName": "Legal",
        "approvalType": "workflow",
    }
    assert (second["status"], "endTime" in second) == ("Pending", False)
    detailed = get(api, f"/workflows/{DRAFT}/approval-requests", actorDetails="true", pageSize=1, page=1)
    assert detailed["count"] == 2
    assert detailed["list"][0]["actorDetails"] == {"userName": "Ana", "userEmail": "ana@northgate.example"}
    by_role = get(api, f"/workflows/{DRAFT}/approval-requests", requestType="role")["list"]
    assert [(item["role"], item["status"]) for item in by_role] == [("legal", "Approved"), ("finance", "Pending")]
    groups = get(api, f"/workflows/{DRAFT}/approvals")["approvalGroups"]
    assert [group["status"] for group in groups] == ["active", "approved"]


def test_approved_workflow_is_out_for_signature_and_then_completed(product: Product, api: httpx.Client) -> None:
    tell(product, drafted(), asked("a1", "legal", ago(days=8)), done("a1", ago(days=7)))
    for path in ("signatures", "sign-status"):
        assert refused(api.get(f"{API}/workflows/IC-1/{path}"))[:2] == (400, "INVALID_STATE")
    tell(product, simply("contract.approved", ago(days=7), workflow=DRAFT))
    assert get(api, "/workflows/IC-1/signatures")["signers"]
    assert get(api, "/workflows/IC-1")["approvals"] == {"state": "completed"}
    turns = get(api, "/workflows/IC-1/turn-history")["list"]
    assert [turn["turnParty"] for turn in turns] == ["internal", "counterparty"]
    tell(product, signed())
    assert refused(api.get(f"{API}/workflows/IC-1/signatures"))[:2] == (400, "INVALID_STATE")
    assert get(api, "/workflows")["list"] == []
    (row,) = get(api, "/workflows", status="completed,cancelled")["list"]
    assert (row["step"], row["isComplete"], row["recordIds"]) == ("Archive", True, [SOW])


def test_cancelled_draft_stays_visible_and_rejected_amendment_says_when(product: Product, api: httpx.Client) -> None:
    change = simply(
        "amendment.drafted",
        ago(days=3),
        workflow=CHANGE,
        readable="IC-2",
        title="A1",
        contract_no="SOW-00001",
        amendment_no="SOW-00001-A1",
        parent_record=SOW,
        parent_readable="IC-2041",
        **WORDS,
    )
    tell(product, drafted(), asked("a1", "legal", ago(days=8)), change)
    tell(product, simply("workflow.cancelled", ago(days=2), workflow=DRAFT))
    tell(product, simply("amendment.rejected", ago(days=1), workflow=CHANGE))
    rows = {row["id"]: row for row in get(api, "/workflows", status="cancelled")["list"]}
    assert rows.keys() == {DRAFT, CHANGE}
    assert rows[CHANGE]["attributes"]["parentRecord"] == {"recordId": SOW, "readableId": "IC-2041"}
    assert rows[CHANGE]["attributes"]["amendmentNumber"] == "SOW-00001-A1"
    assert rows[CHANGE]["attributes"]["rejectedOn"] == "2026-03-01T12:00:00.000Z"
    assert "rejectedOn" not in rows[DRAFT]["attributes"]
    (approval,) = get(api, f"/workflows/{DRAFT}/approval-requests")["list"]
    assert approval["status"] == "Workflow Canceled"
    assert rows[DRAFT]["template"] != rows[CHANGE]["template"]
    only = get(api, "/workflows", status="cancelled", template=rows[CHANGE]["template"])
    assert [row["id"] for row in only["list"]] == [CHANGE]


def test_last_updated_includes_its_own_instant_and_pages_hold_every_row_once(
    product: Product, api: httpx.Client
) -> None:
    for number in range(7):
        at = ago(days=9) + timedelta(hours=number)
        tell(product, drafted(at, workflow=f"{number:024x}", readable=f"IC-{number}"))
    found = get(api, "/workflows", lastUpdated="2026-02-21T15:00:00.000Z")
    assert found["count"] == 4
    pages = [get(api, "/workflows", page=page, pageSize=3) for page in range(4)]
    assert [len(page["list"]) for page in pages] == [3, 3, 1, 0]
    ids = [row["id"] for page in pages for row in page["list"]]
    assert (len(set(ids)), ids != sorted(ids)) == (7, True)
    assert {(page["pageSize"], page["count"]) for page in pages} == {(3, 7)}


# Records


def test_record_of_a_backdated_signature_keeps_both_days(product: Product, api: httpx.Client) -> None:
    tell(product, drafted(), signed(recorded_at=ago(days=3), retention_ratio=Decimal("0.05"), opportunity=None))
    row = get(api, f"/records/{SOW}")
    assert row == get(api, "/records/IC-2041")
    properties = row["properties"]
    assert properties["agreementDate"] == {"type": "date", "value": "2026-02-25T12:00:00Z"}
    assert properties["recordedDate"] == {"type": "date", "value": "2026-02-27T12:00:00Z"}
    assert properties["effectiveDate"] == {"type": "date", "value": "2026-03-01T00:00:00Z"}
    assert properties["contractValue"]["value"] == {"amount": 240000.5, "currency": "EUR"}
    assert properties["retentionRatio"] == {"type": "number", "value": 0.05}
    assert json.loads(properties["lines"]["value"])[0]["amount"] == "100.10"
    assert properties["executionStatus"]["value"] == "Executed"
    assert "opportunityId" not in properties
    assert row["lastUpdated"] == "2026-02-27T12:00:00.000Z"
    assert row["source"] == {"type": "workflow", "workflowId": f"workflow:{DRAFT}"}
    assert row["contractStatus"] == {"status": "inactive", "enhancedStatus": "executed"}
    assert "parentId" not in row


def test_each_change_of_a_record_has_its_own_last_updated_and_keeps_its_day(
    product: Product, api: httpx.Client
) -> None:
    at = ago(days=4)
    tell(product, drafted(), signed(), simply("contract.activated", at, record=SOW))
    before = get(api, f"/records/{SOW}")
    assert before["contractStatus"] == {
        "status": "active",
        "enhancedStatus": "active",
        "eventDate": "2026-02-26T12:00:00.000Z",
    }
    assert before["properties"]["activatedDate"]["value"] == "2026-02-26T12:00:00Z"
    tell(product, simply("record.corrected", at, record=SOW, signed_at=ago(days=6)))
    tell(product, simply("contract.superseded", at, record=SOW, by="SOW-00002"))
    tell(product, simply("contract.voided", at, record=SOW), simply("contract.terminated", at, record=SOW))
    after = get(api, f"/records/{SOW}")
    assert (before["lastUpdated"], after["lastUpdated"]) == ("2026-02-26T12:00:00.000Z", "2026-02-26T12:00:00.004Z")
    held = {name: after["properties"][name]["value"] for name in ("agreementDate", "executionStatus", "supersededBy")}
    assert held == {"agreementDate": "2026-02-24T12:00:00Z", "executionStatus": "Voided", "supersededBy": "SOW-00002"}
    for name in ("voidedDate", "terminatedDate", "supersededDate", "activatedDate"):
        assert after["properties"][name]["value"] == "2026-02-26T12:00:00Z"


def test_amendment_hangs_on_its_parent_which_keeps_the_original_value(product: Product, api: httpx.Client) -> None:
    tell(product, drafted(), signed(), amended())
    parent, child = get(api, f"/records/{SOW}"), get(api, f"/records/{AMENDMENT}")
    assert (child["parentId"], child["parentLinkType"], child["type"]) == (SOW, "amendment", "amendment")
    assert child["properties"]["amendmentNumber"]["value"] == "SOW-00001-A1"
    assert "contractStatus" not in child
    assert (parent["childIds"], parent["amendments"]) == ([AMENDMENT], ["IC-2077"])
    assert parent["properties"]["contractValue"] == {
        "type": "monetary_amount",
        "value": {"amount": 300000, "currency": "EUR"},
        "originalValue": {"amount": 240000.5, "currency": "EUR"},
    }
    assert "originalValue" not in parent["properties"]["paymentTerms"]
    assert parent["lastUpdated"] == "2026-02-28T12:00:00.000Z"


def test_records_are_listed_by_what_was_asked(product: Product, api: httpx.Client) -> None:
    master = simply(
        "msa.signed",
        ago(days=30),
        record="a" * 8,
        readable="IC-7",
        entity="DE01",
        title="MSA",
        payment_terms="NET30",
        rate_card="RC-2026",
        customer="C-0077",
        customer_name="Northwind Ltd",
        currency="EUR",
    )
    tell(product, master, drafted(), signed(), amended(), simply("contract.activated", ago(days=1), record=SOW))
    listed = [row["id"] for row in get(api, "/records")["list"]]
    assert listed == [AMENDMENT, SOW, "a" * 8]
    ascending = get(api, "/records", sortField="lastUpdated", sortDirection="ASC", lastUpdated="2026-02-28T12:00:00Z")
    assert [row["id"] for row in ascending["list"]] == [AMENDMENT, SOW]
    assert get(api, "/records/ids", types="amendment,masterAgreement") == {
        "page": 0,
        "pageSize": 10000,
        "count": 2,
        "list": [AMENDMENT, "a" * 8],
    }
    by_name = get(api, "/records", sortField="name", sortDirection="ASC", pageSize=1)
    assert (by_name["count"], by_name["list"][0]["name"]) == (3, "Amendment 1")
    assert get(api, "/records/metadata")["properties"]["contractValue"]["type"] == "monetary_amount"
    assert "contractNumber" not in get(api, "/records/IC-7")["properties"]


def test_obligation_is_moved_and_its_count_is_no_total(product: Product, api: httpx.Client) -> None:
    tell(product, drafted(), signed())
    for number in range(101):
        tell(
            product,
            simply(
                "obligation.recorded",
                ago(days=4),
                obligation=f"ob-{number:03}",
                readable=f"OB-{number}",
                record=SOW,
                contract_no="SOW-00001",
                milestone=f"SOW-00001-M{number:02}",
                due_on=date(2026, 5, 1),
                amount=Decimal(10),
                currency="EUR",
                name=f"Milestone {number:03}",
            ),
        )
    tell(product, simply("obligation.moved", ago(days=1), obligation="ob-005", due_on=date(2026, 6, 1)))
    first = get(api, "/obligations", sortField="lastUpdated", sortDirection="DESC", pageSize=100)
    assert (first["count"], len(first["list"]), first["list"][0]["id"]) == (100, 100, "ob-005")
    assert len(get(api, "/obligations", page=1, pageSize=100)["list"]) == 1
    assert first["list"][0]["properties"] == {
        "contractNumber": {"type": "string", "value": "SOW-00001"},
        "milestoneId": {"type": "string", "value": "SOW-00001-M05"},
        "dueDate": {"type": "date", "value": "2026-06-01T00:00:00Z"},
        "amount": {"type": "monetary_amount", "value": {"amount": 10, "currency": "EUR"}},
    }
    assert (first["list"][0]["parentReadableId"], first["list"][0]["parentRecordName"]) == ("IC-2041", "SOW 1")


# Weather


def test_index_lags_behind_what_was_written(engine: Engine, product: Product, api: httpx.Client) -> None:
    engine.lag = 30.0
    tell(product, drafted(NOON - timedelta(seconds=20)))
    assert get(api, "/workflows")["count"] == 0
    engine.lag = 0.0
    assert get(api, "/workflows")["count"] == 1


def test_bucket_of_workflows_holds_400_a_minute_and_records_have_their_own(engine: Engine, api: httpx.Client) -> None:
    for _ in range(400):
        api.get(f"{API}/workflows").raise_for_status()
    assert refused(api.get(f"{API}/workflows"))[:2] == (429, "TOO_MANY_REQUESTS")
    assert get(api, "/records")["count"] == 0
    engine.seconds += 60
    assert get(api, "/workflows")["count"] == 0


def test_outage_of_a_stream_leaves_the_others(engine: Engine, api: httpx.Client) -> None:
    engine.misbehaviour.break_down("ironclad", "records", 10)
    answer = api.get(f"{API}/records")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert api.get(f"{API}/workflows").status_code == 200
    engine.misbehaviour.break_down("ironclad", "", 10)
    assert {api.get(f"{API}/workflows").status_code, api.post("/oauth/token").status_code} == {503}


# Webhooks


class Door:
    """A target of webhooks, which answers as it is told and keeps what it received."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                door.received.append((dict(self.headers), body))
                self.send_response(door.answers.pop(0) if door.answers else 204)
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    thread = Thread(target=door.server.serve_forever, daemon=True)
    thread.start()
    yield door
    door.server.shutdown()
    door.server.server_close()
    thread.join()


def test_webhook_points_at_what_changed_and_is_signed(product: Product, api: httpx.Client, door: Door) -> None:
    tell(product, drafted())
    made = api.post(f"{API}/webhooks", json={"events": ["workflow_launched"], "targetURL": door.address})
    assert made.status_code == 201
    tell(product, drafted(NOON, workflow=CHANGE, readable="IC-2"), asked("a1", "legal", NOON))
    ((headers, body),) = until(lambda: door.received)
    assert json.loads(body) == {
        "companyID": "5f3c9a1e7b2d4c0008a1b100",
        "payload": {"event": "workflow_launched", "workflowID": CHANGE},
        "timestamp": "2026-03-02T12:00:00.000Z",
        "webhookID": made.json()["id"],
    }
    said = json.loads(headers["X-Ironclad-Webhook-Verification"])
    key = serialization.load_pem_public_key(api.get(f"{API}/webhooks/verification-key").content)
    text = signed_text(said["nonce"], headers["X-Ironclad-Webhook-Event-Id"], body)
    key.verify(base64.b64decode(said["signature"]), text, padding.PKCS1v15(), hashes.SHA256())
    assert (said["signAlgorithm"], said["encoding"]) == ("RSA-SHA256", "base64")


def test_refused_webhook_is_tried_again_and_410_ends_it(product: Product, api: httpx.Client, door: Door) -> None:
    product.webhooks._retry_seconds = (0.0, 0.0)
    door.answers = [500, 204, 410]
    (hook,) = [api.post(f"{API}/webhooks", json={"events": ["*"], "targetURL": door.address}).json()]
    tell(product, drafted(NOON))
    until(lambda: len(door.received) == 2)
    assert len({headers["X-Ironclad-Webhook-Event-Id"] for headers, _ in door.received}) == 1
    tell(product, asked("a1", "legal", NOON))
    until(lambda: get(api, "/webhooks")["list"][0]["status"] == "disabledBySystem")
    assert api.delete(f"{API}/webhooks/{hook['id']}").status_code == 204
    assert get(api, "/webhooks")["list"] == []
    assert refused(api.delete(f"{API}/webhooks/{hook['id']}"))[:2] == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({"targetURL": "https://x.example"}, "MISSING_PARAM", "events"),
        ({"events": ["*"]}, "MISSING_PARAM", "targetURL"),
        ({"events": ["signed"], "targetURL": "https://x.example"}, "INVALID_PARAM", "events"),
        ({"events": ["*"], "targetURL": "x.example"}, "INVALID_PARAM", "targetURL"),
        ({"events": ["*"], "targetURL": "https://taken.example"}, "INVALID_PARAM", "targetURL"),
        ({"events": ["*"], "targetURL": "https://x.example", "url": ""}, "INVALID_PARAM", "url"),
        ([], "INVALID_PARAM", "body"),
    ],
)
def test_registration_is_strict(api: httpx.Client, body: Any, code: str, param: str) -> None:
    api.post(f"{API}/webhooks", json={"events": ["*"], "targetURL": "https://taken.example"}).raise_for_status()
    assert refused(api.post(f"{API}/webhooks", json=body)) == (400, code, param)
