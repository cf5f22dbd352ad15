import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors import registry
from collectors.base import Account, Credentials
from collectors.connectors.clm_ironclad import CONNECTOR
from collectors.connectors.ironclad.options import Options
from collectors.connectors.ironclad.records import obligation_events, record_events
from collectors.connectors.ironclad.workflows import approval_events, workflow_events
from collectors.http import Http
from collectors.options import OptionError
from collectors.sign_in import SignInSettingError
from models.errors import RetryLater, StopStream
from models.events import Event, UnreadableEventError
from tests.suites.connector import (
    NOW,
    Case,
    Cell,
    ConnectorSuite,
    Exchange,
    Excused,
    Suite,
    get,
    line,
    post,
    run,
)
from tests.suites.server import Asked, Reply, serving

API = "/public/api/v1"
SYSTEM = "clm"
OPTIONS = Options()
TIE = "2026-02-01T10:00:00.000Z"


def account(url: str, **options: Any) -> Account:
    by = Credentials("oauth2_client", client_id="reader", user="ana@firm.example", secret=lambda: "hidden")
    return Account(SYSTEM, "ironclad", "clm", url, by, options=options)


def pages(rows: list[Any], count: int | None = None) -> dict[str, Any]:
    return {"page": 0, "pageSize": 100, "count": len(rows) if count is None else count, "list": rows}


def a_workflow(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"w{number}",
        "ironcladId": f"IC-{number}",
        "title": "SOW",
        "template": "t1",
        "step": "Review",
        "status": "active",
        "created": "2026-02-01T09:00:00.000Z",
        "lastUpdated": "2026-02-03T10:00:00.000Z",
        "attributes": {"contractNumber": f"SOW-{number:05d}"},
        "approvals": {"state": "not_started"},
        "signatures": {"state": "not_started"},
        **more,
    }


def an_amendment_workflow(**more: Any) -> dict[str, Any]:
    attributes = {
        "contractNumber": "SOW-00001",
        "amendmentNumber": "SOW-00001-A1",
        "parentRecord": {"recordId": "r1", "readableId": "IC-11"},
        **more.pop("attributes", {}),
    }
    return a_workflow(9, attributes=attributes, **more)


def a_request(actor: str = "ana", **more: Any) -> dict[str, Any]:
    return {
        "startTime": "2026-02-02T08:00:00.000Z",
        "endTime": "2026-02-02T11:30:00.000Z",
        "status": "Approved",
        "actorId": actor,
        "actorType": "user",
        "role": "legal",
        "roleName": "Legal",
        **more,
    }


def held(kind: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"type": kind, "value": value, **more}


def a_record(number: int = 1, properties: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"r{number}",
        "ironcladId": f"IC-1{number}",
        "type": "statementOfWork",
        "name": "SOW",
        "lastUpdated": "2026-03-02T14:05:11.402Z",
        "properties": {
            "contractNumber": held("string", f"SOW-{number:05d}"),
            "agreementDate": held("date", "2026-02-27T16:20:00Z"),
            "executionStatus": held("string", "Executed"),
            **(properties or {}),
        },
        "attachments": {},
        "links": [],
        "source": {"type": "workflow", "workflowId": f"workflow:w{number}"},
        **more,
    }


def an_amendment(**more: Any) -> dict[str, Any]:
    properties = {
        "contractNumber": held("string", "SOW-00001"),
        "amendmentNumber": held("string", "SOW-00001-A1"),
        "changedFields": held("string", "value,end_on"),
        "contractValue": held("monetary_amount", {"amount": 250000, "currency": "EUR"}),
    }
    parent = {"parentId": "r1", "parentLinkType": "amendment"}
    return a_record(5, properties, type="amendment", **parent, **more)


def an_obligation(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"o{number}",
        "ironcladId": f"OB-{number}",
        "name": "Milestone",
        "lastUpdated": "2026-03-02T14:05:11.402Z",
        "properties": {
            "contractNumber": held("string", "SOW-00001"),
            "milestoneId": held("string", f"SOW-00001-M{number:02d}"),
            "dueDate": held("date", "2026-04-30T00:00:00Z"),
            "amount": held("monetary_amount", {"amount": 40000.50, "currency": "EUR"}),
        },
        **more,
    }


def without(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def lacking(record: dict[str, Any], name: str) -> dict[str, Any]:
    return {**record, "properties": without(record["properties"], name)}


def many(make: Any, count: int, **more: Any) -> list[dict[str, Any]]:
    return [make(number, **more) for number in range(1, count + 1)]


DRAFTED = "contract.drafted w{0} 2026-02-01T09:00:00Z"
SIGNED = "contract.signed r{0} 2026-02-27T16:20:00Z"
TERMS = "keys.linked r{0} 2026-03-02T14:05:11.402Z"
LINKED_AT_TIE = "keys.linked r{0} 2026-02-01T10:00:00Z"
PLANNED = "keys.linked o{0} 2026-03-02T14:05:11.402Z"


def listed(path: str, rows: list[Any], *asks: str, count: int | None = None, lacks: str | tuple[str, ...] = ()) -> Any:
    return get(f"{API}{path}", pages(rows, count), *asks, lacks=lacks)


def asked_for(workflow: str, requests: list[Any]) -> Exchange:
    return get(f"{API}/workflows/{workflow}/approval-requests", pages(requests), always=True)


def _workflow_cells() -> list[Cell]:
    rejected = an_amendment_workflow(
        status="cancelled",
        attributes={"rejectedOn": "2026-02-20T10:00:00.000Z"},
        lastUpdated="2026-02-20T10:00:01.000Z",
    )
    drafts = many(a_workflow, 101)
    tied = many(a_workflow, 101, lastUpdated=TIE)
    every = "status=active,paused,completed,cancelled"
    return [
        Cell(
            "workflows",
            Case.ORDINARY,
            [listed("/workflows", [a_workflow(), rejected], every, "page=0", "pageSize=100", lacks="lastUpdated")],
            tells=[DRAFTED.format(1), "amendment.rejected w9 2026-02-20T10:00:00Z"],
        ),
        Cell(
            "workflows",
            Case.LAST_PAGE,
            [
                listed("/workflows", drafts[:100], "page=0", count=101),
                listed("/workflows", drafts[100:], "page=1", count=101),
            ],
            tells=[DRAFTED.format(number) for number in range(1, 102)],
        ),
        Cell(
            "workflows",
            Case.EMPTY_WINDOW,
            [listed("/workflows", [rejected], "lastUpdated=2026-02-20T09:55:01.000Z")],
            after=Case.ORDINARY,
        ),
        Cell(
            "workflows",
            Case.EQUAL_TIMES,
            # The row that was the last of the first page moved to the second, and is met twice.
            [
                listed("/workflows", tied[:100], "page=0", count=101),
                listed("/workflows", tied[99:], "page=1", count=101),
            ],
            tells=[DRAFTED.format(number) for number in range(1, 102)],
        ),
        Cell(
            "workflows",
            Case.NULLS,
            [listed("/workflows", [a_workflow(attributes={}), without(a_workflow(2), "attributes"), a_workflow(3)])],
            tells=[DRAFTED.format(3)],
        ),
        Cell(
            "workflows",
            Case.FIELD_GONE,
            [listed("/workflows", [without(a_workflow(), "created"), without(a_workflow(2), "lastUpdated")])],
            tells=[],
            unreadable=["created is missing", "lastUpdated is missing"],
        ),
        Cell(
            "workflows",
            Case.NEW_ENUM,
            [listed("/workflows", [a_workflow(status="dormant", step="Shred")])],
            tells=[DRAFTED.format(1)],
        ),
        Cell(
            "workflows",
            Case.WITHDRAWN,
            [listed("/workflows", [rejected])],
            tells=["amendment.rejected w9 2026-02-20T10:00:00Z"],
        ),
    ]


def _approval_cells() -> list[Cell]:
    done = a_workflow(approvals={"state": "completed"})
    two = [a_request(), a_request("bo", endTime="2026-02-02T15:00:00.000Z")]
    told = [
        "approval.requested w1:legal:ana:2026-02-02T08:00:00.000Z 2026-02-02T08:00:00Z",
        "approval.completed w1:legal:ana:2026-02-02T08:00:00.000Z 2026-02-02T11:30:00Z",
        "approval.requested w1:legal:bo:2026-02-02T08:00:00.000Z 2026-02-02T08:00:00Z",
        "approval.completed w1:legal:bo:2026-02-02T08:00:00.000Z 2026-02-02T15:00:00Z",
        "contract.approved w1 2026-02-02T15:00:00Z",
    ]
    quiet = many(a_workflow, 100, lastUpdated=TIE)
    last = a_workflow(101, approvals={"state": "in_progress"}, lastUpdated=TIE)
    asked_once = [
        "approval.requested w101:legal:ana:2026-02-02T08:00:00.000Z 2026-02-02T08:00:00Z",
        "approval.completed w101:legal:ana:2026-02-02T08:00:00.000Z 2026-02-02T11:30:00Z",
    ]
    again = {**done, "approvals": {"state": "in_progress"}, "lastUpdated": "2026-02-05T10:00:00.000Z"}
    pending = a_request(endTime=None, status="Pending", actorId=None)
    in_two = [
        listed("/workflows", quiet, "page=0", count=101),
        listed("/workflows", [last], "page=1", count=101),
        asked_for("w101", [a_request()]),
    ]
    return [
        Cell("approvals", Case.ORDINARY, [listed("/workflows", [done]), asked_for("w1", two)], tells=told),
        Cell("approvals", Case.LAST_PAGE, in_two, tells=asked_once),
        Cell("approvals", Case.EMPTY_WINDOW, [listed("/workflows", [done])], after=Case.ORDINARY),
        Cell("approvals", Case.EQUAL_TIMES, in_two, tells=asked_once),
        Cell(
            "approvals",
            Case.NULLS,
            [listed("/workflows", [{**done, "approvals": {"state": "in_progress"}}]), asked_for("w1", [pending])],
            tells=["approval.requested w1:legal::2026-02-02T08:00:00.000Z 2026-02-02T08:00:00Z"],
        ),
        Cell(
            "approvals",
            Case.FIELD_GONE,
            [listed("/workflows", [done]), asked_for("w1", [without(a_request(), "startTime")])],
            tells=[],
            unreadable=["startTime is missing"],
        ),
        Cell(
            "approvals",
            Case.NEW_ENUM,
            [
                listed("/workflows", [{**done, "approvals": {"state": "escalated"}}]),
                asked_for("w1", [a_request(status="Delegated")]),
            ],
            tells=told[:1],
        ),
        Cell(
            "approvals",
            Case.WITHDRAWN,
            # Sent back to review: both approved it then, and it is not approved now.
            [listed("/workflows", [again]), asked_for("w1", two)],
            after=Case.ORDINARY,
            tells=["-contract.approved w1 2026-02-05T10:00:00Z", *told[:4]],
        ),
    ]


def _record_cells(stream: str, rest: list[Exchange]) -> list[Cell]:
    """Cells of `records`, and of `record_ids`, which reads the same and tells nothing of it."""
    says = stream == "records"
    tied = many(a_record, 101, lastUpdated=TIE)
    msa = {**a_record(8), "type": "masterAgreement", "properties": {"counterpartyName": held("string", "Acme")}}
    bare = {
        "contractNumber": held("string", "SOW-00001"),
        "agreementDate": held("date", "2026-02-27T16:20:00Z"),
        "contractValue": None,
        "paymentTerms": held("string", ""),
        "effectiveDate": held("date", None),
    }
    later = [a_record(number, lastUpdated=f"2026-03-02T15:00:{number // 2:02d}.000Z") for number in range(1, 102)]
    both = [SIGNED.format(1), TERMS.format(1)]
    ordinary = [a_record(), an_amendment(), msa]
    sorting = ("sortField=lastUpdated", "sortDirection=ASC", "page=0")
    return [
        Cell(
            stream,
            Case.ORDINARY,
            [listed("/records", ordinary, *sorting, lacks="lastUpdated=2"), *_counted(rest, 3)],
            tells=[*both, "amendment.signed r5 2026-02-27T16:20:00Z"] if says else [],
        ),
        Cell(
            stream,
            Case.LAST_PAGE,
            [
                listed("/records", later[:100], "page=0", count=101, lacks="lastUpdated=2"),
                listed("/records", later[99:], "page=0", "lastUpdated=2026-03-02T15:00:49.999Z"),
                *_counted(rest, 101),
            ],
            tells=_told_by(later) if says else [],
        ),
        Cell(
            stream,
            Case.EMPTY_WINDOW,
            [listed("/records", ordinary, "lastUpdated=2026-03-02T14:00:11.402Z"), *_counted(rest, 3)],
            after=Case.ORDINARY,
        ),
        Cell(
            stream,
            Case.EQUAL_TIMES,
            [
                listed("/records", tied[:100], "page=0", count=101, lacks="lastUpdated=2"),
                listed("/records", tied[:100], "page=0", "lastUpdated=2026-02-01T09:59:59.999Z", count=101),
                listed("/records", tied[100:], "page=1", "lastUpdated=2026-02-01T09:59:59.999Z", count=101),
                *_counted(rest, 101),
            ],
            tells=_told_by(tied) if says else [],
        ),
        Cell(
            stream,
            Case.NULLS,
            [listed("/records", [{**without(a_record(), "source"), "properties": bare}]), *_counted(rest, 1)],
            tells=both if says else [],
        ),
        Cell(
            stream,
            Case.FIELD_GONE,
            [
                listed("/records", [without(a_record(), "lastUpdated"), lacking(a_record(2), "agreementDate")]),
                *_counted(rest, 2),
            ],
            tells=[],
            unreadable=["lastUpdated is missing", "agreementDate is missing"],
        ),
        Cell(
            stream,
            Case.NEW_ENUM,
            [
                listed("/records", [a_record(1, {"executionStatus": held("string", "Declined")}), a_record(2)]),
                *_counted(rest, 2),
            ],
            tells=[SIGNED.format(2), TERMS.format(2)] if says else [],
            unreadable=["executionStatus is 'Declined'"],
        ),
    ]


def _told_by(records: list[dict[str, Any]]) -> list[str]:
    return [line(event) for record in records for event in record_events(SYSTEM, record, OPTIONS)]


def _counted(rest: list[Exchange], count: int) -> list[Exchange]:
    return [listed("/records/ids", ["r1"], "pageSize=1", count=count, lacks="pageSize=10000")] if rest else []


IDS = [listed("/records/ids", [])]

VOIDED = a_record(
    1,
    {
        "executionStatus": held("string", "Voided"),
        "voidedDate": held("date", "2026-03-05T09:00:00Z"),
        "activatedDate": held("date", "2026-03-01T00:00:00Z"),
    },
    lastUpdated="2026-03-05T09:00:01.000Z",
)


def _obligation_cells() -> list[Cell | Excused]:
    older = an_obligation(3, lastUpdated="2026-03-01T08:00:00.000Z")
    bare = lacking(lacking(an_obligation(), "dueDate"), "amount")
    tied = [an_obligation(number, lastUpdated=TIE) for number in (1, 2, 3)]
    order = ("sortField=lastUpdated", "sortDirection=DESC")
    ends = listed("/obligations", [], "page=1", count=1)
    return [
        Cell(
            "obligations",
            Case.ORDINARY,
            [listed("/obligations", [an_obligation()], *order, "page=0"), ends],
            tells=[PLANNED.format(1)],
        ),
        Cell(
            "obligations",
            Case.LAST_PAGE,
            # The vendor's count ends at 100 and is no total.
            [
                listed("/obligations", [an_obligation(), an_obligation(2)], "page=0", count=2),
                listed("/obligations", [an_obligation(2), older], "page=1", count=2),
                listed("/obligations", [], "page=2", count=2),
            ],
            tells=[PLANNED.format(1), PLANNED.format(2), "keys.linked o3 2026-03-01T08:00:00Z"],
        ),
        Cell(
            "obligations",
            Case.EMPTY_WINDOW,
            [listed("/obligations", [an_obligation(), older], "page=0")],
            after=Case.ORDINARY,
        ),
        Cell(
            "obligations",
            Case.EQUAL_TIMES,
            [
                listed("/obligations", tied[:2], "page=0"),
                listed("/obligations", tied[1:], "page=1"),
                listed("/obligations", [], "page=2"),
            ],
            tells=[f"keys.linked o{number} 2026-02-01T10:00:00Z" for number in (1, 2, 3)],
        ),
        Cell(
            "obligations",
            Case.NULLS,
            [listed("/obligations", [bare, lacking(an_obligation(2), "milestoneId")], "page=0"), ends],
            tells=[PLANNED.format(1)],
        ),
        Cell(
            "obligations",
            Case.FIELD_GONE,
            [listed("/obligations", [without(an_obligation(), "lastUpdated")], "page=0"), ends],
            tells=[],
            unreadable=["lastUpdated is missing"],
        ),
        Excused("obligations", Case.NEW_ENUM, "no word for a state is read"),
        Excused("obligations", Case.WITHDRAWN, "it shows no step, and a deletion leaves no trace"),
    ]


SUITE = Suite(
    connector=CONNECTOR,
    account=account,
    login=(post("/oauth/token", {"access_token": "t1", "expires_in": 3600, "token_type": "Bearer"}),),
    expired=Reply(401, {"code": "UNAUTHORIZED", "message": "token has expired"}),
    throttled=Reply(429, {"code": "TOO_MANY_REQUESTS", "message": "slow down"}),
    vendor_error=Reply(400, {"code": "INVALID_PARAM", "message": "'page' must be an integer", "param": "page"}),
    vendor_says="'page' must be an integer",
    cells=(
        *_workflow_cells(),
        *_approval_cells(),
        *_record_cells("records", []),
        Cell(
            "records",
            Case.WITHDRAWN,
            [listed("/records", [VOIDED])],
            after=Case.ORDINARY,
            tells=[
                SIGNED.format(1),
                "contract.activated r1 2026-03-01T00:00:00Z",
                "-contract.signed r1 2026-03-05T09:00:00Z",
                "-contract.activated r1 2026-03-05T09:00:00Z",
            ],
        ),
        *_obligation_cells(),
        *_record_cells("record_ids", IDS),
        Cell(
            "record_ids",
            Case.WITHDRAWN,
            [
                listed("/records", []),
                listed("/records/ids", ["r5"], "pageSize=1", count=2, lacks="pageSize=10000"),
                listed("/records/ids", ["r5", {"id": "r8"}], "pageSize=10000"),
                get(f"{API}/records/r1", Reply(404, {"code": "NOT_FOUND", "message": "Record r1 was not found."})),
            ],
            after=Case.ORDINARY,
            tells=["-contract.signed r1 2026-03-02T14:05:11.402Z"],
        ),
    ),
)


class TestIronclad(ConnectorSuite):
    suite = SUITE


def told(events: list[Event], type: str) -> Event:
    (found,) = [event for event in events if event.type == type]
    return found


def test_a_signed_contract_says_its_terms_and_what_it_hangs_on() -> None:
    record = a_record(
        1,
        {
            "contractValue": held(
                "monetary_amount",
                {"amount": 240000, "currency": "EUR"},
                originalValue={"amount": 200000, "currency": "EUR"},
            ),
            "recordedDate": held("date", "2026-03-01T08:00:00Z"),
            "effectiveDate": held("date", "2026-03-01T00:00:00Z"),
            "expirationDate": held("date", "2027-02-28T00:00:00Z"),
            "customerNumber": held("string", "C-0077"),
            "legalEntity": held("string", "DE01"),
            "paymentTerms": held("string", "NET45", originalValue="NET30"),
            "retentionRatio": held("number", 0.05),
            "opportunityId": held("string", "006A"),
            "lines": held("string", '[{"line": "SOW-00001-L1", "contract_type": "fixed_fee", "amount": 1.10}]'),
        },
    )
    signed = told(record_events(SYSTEM, record, OPTIONS), "contract.signed")
    assert signed.keys == {"contract": ("SOW-00001",), "clm/record": ("r1", "w1"), "salesforce/opportunity": ("006A",)}
    assert signed.recorded_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert signed.attributes == {
        "value": "200000",  # before the amendments that are rolled up into it
        "currency": "EUR",
        "customer": "C-0077",
        "entity": "DE01",
        "payment_terms": "NET30",
        "retention_ratio": "0.05",
        "start_on": "2026-03-01",
        "effective_on": "2026-03-01",
        "end_on": "2027-02-28",
        "lines": [{"line": "SOW-00001-L1", "contract_type": "fixed_fee", "amount": "1.1"}],
    }


def test_each_line_of_a_contract_is_known_from_its_signature() -> None:
    lines = '[{"line": "SOW-00001-L1"}, {"line": "SOW-00001-L2"}]'
    events = record_events(SYSTEM, a_record(1, {"lines": held("string", lines)}), OPTIONS)
    assert [event.attributes["line"] for event in events if "line" in event.attributes] == [
        "SOW-00001-L1",
        "SOW-00001-L2",
    ]


def test_a_later_version_of_a_record_is_ordered_after_the_earlier_one() -> None:
    before = told(record_events(SYSTEM, a_record(), OPTIONS), "contract.signed")
    corrected = a_record(1, {"agreementDate": held("date", "2026-02-26T10:00:00Z")}, lastUpdated="2026-03-04T00:00:00Z")
    after = told(record_events(SYSTEM, corrected, OPTIONS), "contract.signed")
    assert after.id != before.id
    assert (before.sequence or "") < (after.sequence or "")


def test_a_void_is_ordered_after_what_the_same_version_says() -> None:
    signed, _, void, _ = record_events(SYSTEM, VOIDED, OPTIONS)
    assert (signed.type, void.type, void.retracts) == ("contract.signed", "contract.signed", True)
    assert (signed.sequence or "") < (void.sequence or "")


def test_an_amendment_names_its_contract_its_fields_and_its_whole_new_value() -> None:
    (signed,) = record_events(SYSTEM, an_amendment(), OPTIONS)
    assert signed.keys == {"contract": ("SOW-00001",), "amendment": ("SOW-00001-A1",), "clm/record": ("r5", "w5")}
    assert signed.attributes == {
        "amendment": "SOW-00001-A1",
        "value": "250000",
        "currency": "EUR",
        "changed_fields": "value,end_on",
    }


def test_an_amendment_without_numbers_is_joined_by_the_record_that_it_amends() -> None:
    record = lacking(lacking(an_amendment(), "contractNumber"), "amendmentNumber")
    (signed,) = record_events(SYSTEM, record, OPTIONS)
    assert signed.keys == {"amendment": ("IC-15",), "clm/record": ("r1", "r5", "w5")}


def test_a_contract_that_has_no_number_yet_waits_under_its_record() -> None:
    signed = told(record_events(SYSTEM, lacking(a_record(), "contractNumber"), OPTIONS), "contract.signed")
    assert signed.keys == {"clm/record": ("r1", "w1")}


def test_records_that_are_no_contract_of_ours_say_nothing() -> None:
    nda = {**lacking(a_record(), "contractNumber"), "type": "nda"}
    assert record_events(SYSTEM, nda, OPTIONS) == []


def test_an_approval_of_an_amendment_has_the_amendment_as_its_subject() -> None:
    workflow = an_amendment_workflow(approvals={"state": "completed"})
    events = approval_events(SYSTEM, workflow, [a_request()], OPTIONS)
    assert [event.type for event in events] == ["approval.requested", "approval.completed", "amendment.approved"]
    assert {event.attributes["amendment"] for event in events} == {"SOW-00001-A1"}
    assert {event.keys["amendment"] for event in events} == {("SOW-00001-A1",)}


def test_an_approval_is_the_same_event_whatever_else_changes_on_its_workflow() -> None:
    early = approval_events(SYSTEM, a_workflow(), [a_request()], OPTIONS)
    late = approval_events(SYSTEM, a_workflow(lastUpdated="2026-03-03T10:00:00.000Z"), [a_request()], OPTIONS)
    assert early == late


def test_a_draft_that_gets_its_number_later_is_another_event() -> None:
    unnumbered = workflow_events(SYSTEM, a_workflow(attributes={}), OPTIONS)
    (numbered,) = workflow_events(SYSTEM, a_workflow(), OPTIONS)
    assert (unnumbered, numbered.type) == ([], "contract.drafted")


def test_without_a_property_for_it_an_amendment_is_rejected_by_its_last_change() -> None:
    options = dataclasses.replace(OPTIONS, rejected_on="")
    (rejected,) = workflow_events(SYSTEM, an_amendment_workflow(status="cancelled"), options)
    assert rejected.occurred_at == datetime(2026, 2, 3, 10, tzinfo=UTC)


def test_a_planned_milestone_is_a_link_with_its_day_and_amount() -> None:
    (planned,) = obligation_events(SYSTEM, an_obligation(), OPTIONS)
    assert planned.type == "keys.linked"
    assert planned.keys == {"contract": ("SOW-00001",), "milestone": ("SOW-00001-M01",)}
    assert planned.attributes == {
        "milestone": "SOW-00001-M01",
        "planned_on": "2026-04-30",
        "amount": "40000.5",
        "currency": "EUR",
    }


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"contractValue": held("monetary_amount", 240000)}, "properties.contractValue"),
        ({"contractValue": held("monetary_amount", {"amount": "much", "currency": "EUR"})}, "data.attributes.value"),
        ({"agreementDate": held("date", "27/02/2026")}, "properties.agreementDate is '27/02/2026'"),
        ({"customerNumber": held("string", 77)}, "properties.customerNumber is 77"),
        ({"customerNumber": "C-0077"}, "properties.customerNumber is 'C-0077'"),
        ({"lines": held("string", "{}")}, "properties.lines is no JSON array of lines"),
    ],
)
def test_a_record_that_cannot_be_told_says_which_property(properties: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnreadableEventError, match=reason.replace("[", r"\[")):
        record_events(SYSTEM, a_record(1, properties), OPTIONS)


# Reading


def read_all(cell: Cell, cursor: Any = None, learned: dict[str, str] | None = None) -> list[str]:
    found = run(SUITE, cell, cursor=cursor, learned=learned)
    assert found.error is None
    assert found.unmatched == []
    return [line(event) for event in found.events]


def test_a_row_that_moves_to_an_earlier_page_is_met_in_another_pass() -> None:
    rows = many(a_workflow, 102)
    found = read_all(
        Cell(
            "workflows",
            Case.LAST_PAGE,
            [
                listed("/workflows", rows[:100], "page=0", count=102),
                # While we paged, workflow 1 was changed and comes last now; 101 came to stand on the first page.
                listed("/workflows", [rows[101], rows[0]], "page=1", count=102),
                listed("/workflows", rows[1:101], "page=0", count=102),
                listed("/workflows", [rows[101], rows[0]], "page=1", count=102),
            ],
        )
    )
    assert sorted(found) == sorted(DRAFTED.format(number) for number in range(1, 103))


def test_a_count_that_promises_more_than_there_is_does_not_keep_us_for_ever() -> None:
    rows = many(a_workflow, 101)
    first, second = (
        get(f"{API}/workflows", pages(some, 150), asks, always=True)
        for some, asks in ((rows[:100], "page=0"), (rows[100:], "page=1"))
    )
    found = run(SUITE, Cell("workflows", Case.LAST_PAGE, [first, second]))
    assert found.error is None
    assert len(found.asked) == 4


def test_a_pass_that_was_stopped_goes_on_counting_where_it_was() -> None:
    rows = many(a_workflow, 102)
    whole = [
        listed("/workflows", rows[:100], "page=0", count=102),
        listed("/workflows", [rows[101], rows[0]], "page=1", count=102),
        listed("/workflows", rows[1:101], "page=0", count=102),
        listed("/workflows", [rows[101], rows[0]], "page=1", count=102),
    ]
    first = run(SUITE, Cell("workflows", Case.LAST_PAGE, whole))
    cursor, learned = first.states[0]
    assert DRAFTED.format(101) in read_all(Cell("workflows", Case.LAST_PAGE, whole[1:]), cursor, learned)


def test_approvals_of_many_workflows_are_written_ten_at_a_time() -> None:
    rows = many(a_workflow, 25, approvals={"state": "in_progress"})
    asked = [asked_for(row["id"], [a_request()]) for row in rows]
    cell = Cell("approvals", Case.ORDINARY, [listed("/workflows", rows), *asked])
    found = run(SUITE, cell)
    assert [len(page.events) for page in found.pages] == [20, 20, 10]
    cursor, learned = found.states[0]
    rest = run(SUITE, cell, cursor=cursor, learned=learned)
    assert len(rest.events) == 30
    assert not any("/w1/" in one.path for one in rest.asked)


def test_records_that_come_unsorted_are_read_by_page() -> None:
    rows = many(a_record, 100)
    rows[3]["lastUpdated"] = "2026-03-09T00:00:00.000Z"
    last = a_record(101)
    found = run(
        SUITE,
        Cell(
            "records",
            Case.LAST_PAGE,
            [listed("/records", rows, "page=0", count=101), listed("/records", [last], "page=1", count=101)],
        ),
    )
    assert found.unmatched == []
    assert SIGNED.format(101) in [line(event) for event in found.events]


def test_what_a_record_says_no_more_is_taken_back_by_its_newer_version() -> None:
    ended = {"terminatedDate": held("date", "2026-03-03T00:00:00Z")}
    first = run(SUITE, Cell("records", Case.ORDINARY, [listed("/records", [a_record(1, ended)])]))
    active = a_record(lastUpdated="2026-03-04T00:00:00.000Z", contractStatus={"status": "active"})
    found = read_all(Cell("records", Case.WITHDRAWN, [listed("/records", [active])]), *first.states[-1])
    assert found[0] == "-contract.terminated r1 2026-03-04T00:00:00Z"


def test_a_property_that_is_merely_gone_takes_nothing_back() -> None:
    ends = {name: held("date", "2026-03-03T00:00:00Z") for name in ("terminatedDate", "activatedDate")}
    first = run(SUITE, Cell("records", Case.ORDINARY, [listed("/records", [a_record(1, ends)])]))
    later = a_record(lastUpdated="2026-03-04T00:00:00.000Z")
    found = read_all(Cell("records", Case.WITHDRAWN, [listed("/records", [later])]), *first.states[-1])
    assert not [one for one in found if one.startswith("-")]


def test_a_contract_number_that_goes_is_reported_and_takes_nothing_back() -> None:
    cell = Cell("records", Case.ORDINARY, [listed("/records", [{**a_record(), "type": "other"}])])
    cursor, learned = run(SUITE, cell).states[-1]
    bare = {**lacking(a_record(lastUpdated="2026-03-04T00:00:00.000Z"), "contractNumber"), "type": "other"}
    found = run(SUITE, Cell("records", Case.FIELD_GONE, [listed("/records", [bare])]), cursor=cursor, learned=learned)
    assert found.events == []
    assert "contractNumber is missing, which this record had before" in found.reasons[0]


def test_a_record_that_a_short_list_of_ids_forgets_is_not_taken_for_deleted() -> None:
    first = run(SUITE, next(cell for cell in SUITE.declared() if str(cell) == "record_ids-ordinary"))
    exchanges = [
        listed("/records", []),
        listed("/records/ids", ["r5"], "pageSize=1", count=2, lacks="pageSize=10000"),
        listed("/records/ids", ["r5", "r8"], "pageSize=10000"),
        get(f"{API}/records/r1", a_record()),
    ]
    cursor, learned = first.states[-1]
    found = run(SUITE, Cell("record_ids", Case.WITHDRAWN, exchanges), cursor=cursor, learned=learned)
    assert (found.error, found.events) == (None, [])


def test_an_answer_without_its_list_is_asked_for_again_later() -> None:
    found = run(SUITE, Cell("records", Case.ORDINARY, [get(f"{API}/records", {"page": 0})]))
    assert isinstance(found.error, RetryLater)
    assert "`list` and `count`" in str(found.error)


def test_the_watermark_is_the_beginning_of_the_read() -> None:
    found = run(SUITE, next(cell for cell in SUITE.declared() if str(cell) == "records-ordinary"))
    assert found.pages[-1].watermark == NOW


def test_requests_name_the_user_whose_rights_count() -> None:
    found = run(SUITE, next(cell for cell in SUITE.declared() if str(cell) == "workflows-ordinary"))
    assert found.asked[0].headers["x-as-user-email"] == "ana@firm.example"


# Settings and checks


def opened(url: str, **options: Any) -> tuple[Any, Http]:
    held_by = account(url, **options)
    http = Http(SYSTEM, url, CONNECTOR.sign_in(held_by), CONNECTOR.manners)
    return CONNECTOR(held_by, http, lambda: NOW), http


def checked(stream: str, answer: Any, **options: Any) -> Any:
    def serve(asked: Asked) -> Reply:
        if asked.path == "/oauth/token":
            return Reply(json={"access_token": "t", "expires_in": 3600})
        return answer(asked)

    with serving(serve) as served:
        connector, http = opened(served.url, **options)
        try:
            return connector.check(stream)
        finally:
            http.close()


CATALOGUE = {"properties": {name: {"type": "string"} for name in ("contractNumber", "agreementDate")}}


def _answers(asked: Asked) -> Reply:
    return Reply(json=CATALOGUE if asked.path.endswith("/metadata") else pages([{"id": "x1"}]))


@pytest.mark.parametrize("stream", [one.name for one in CONNECTOR.streams])
def test_a_stream_that_can_be_read_is_told_so(stream: str) -> None:
    assert checked(stream, _answers) == (stream, True, "one was read")


def test_a_check_names_the_property_that_the_tenant_does_not_have() -> None:
    found = checked("records", _answers, contract_number="sowNumber")
    assert not found.is_readable
    assert "'sowNumber' (contract_number)" in found.told
    assert "[systems.clm.options]" in found.told


def test_the_scope_for_the_key_of_webhooks_is_asked_for() -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(json={"access_token": "t", "token_type": "Bearer", "expires_in": 3600, "list": [], "count": 0})

    with serving(answer) as served:
        by = Credentials("oauth2_client", client_id="c", user="u@acme.com", secret=lambda: "s")
        account = Account("ironclad", "ironclad", "clm", served.url, by)
        with registry.opened(account, lambda: NOW) as connector:
            connector.http.get("/public/api/v1/webhooks/verification-key")
    assert "public.webhooks.readWebhooks" in served.asked[0].text


def test_a_check_names_the_scope_that_is_missing() -> None:
    refusal = Reply(403, {"code": "FORBIDDEN", "message": "The access token lacks the scope."})
    found = checked("approvals", lambda asked: refusal)
    assert not found.is_readable
    assert "public.workflows.readApprovals" in found.told


def test_a_check_of_deletions_names_the_path_that_is_not_there() -> None:
    found = checked("record_ids", lambda asked: Reply(404, {"code": "NOT_FOUND", "message": "no such route"}))
    assert not found.is_readable
    assert "record_ids_path" in found.told


def test_a_list_that_is_not_found_stops_that_stream_alone() -> None:
    missing = [get(f"{API}/records", pages([])), get(f"{API}/records/ids", Reply(404, {"code": "NOT_FOUND"}))]
    found = run(SUITE, Cell("record_ids", Case.ORDINARY, missing))
    assert isinstance(found.error, StopStream)


def test_an_unknown_option_is_named_with_those_allowed() -> None:
    with pytest.raises(OptionError, match=r"systems.clm.options.contract_no is no option .* contract_number"):
        opened("http://127.0.0.1:1", contract_no="x")


@pytest.mark.parametrize(
    "by",
    [Credentials("basic", user="u"), Credentials("oauth2_client", client_id="c"), Credentials("oauth1", client_id="c")],
)
def test_sign_ins_that_ironclad_does_not_know_are_refused(by: Credentials) -> None:
    with pytest.raises(SignInSettingError, match=r"systems\.clm\.auth"):
        CONNECTOR.sign_in(Account(SYSTEM, "ironclad", "clm", "http://x", by))


def test_a_page_says_which_needed_fields_its_records_have() -> None:
    rows = many(a_record, 10)
    full = run(SUITE, Cell("records", Case.ORDINARY, [listed("/records", rows)])).pages[0].fields
    assert set(full) == {"id", "lastUpdated", "properties", "properties.contractNumber", "properties.agreementDate"}
    renamed = [lacking(row, "agreementDate") for row in rows]
    left = run(SUITE, Cell("records", Case.FIELD_GONE, [listed("/records", renamed)])).pages[0].fields
    assert set(full) - set(left) == {"properties.agreementDate"}
    assert run(SUITE, Cell("records", Case.ORDINARY, [listed("/records", rows[:9])])).pages[0].fields == []
