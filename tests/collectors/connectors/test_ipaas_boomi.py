"""Boomi: recorded exchanges, what documents tell, and re-runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.acts import Item, Outcome, Preflight
from collectors.base import Account, Credentials
from collectors.connectors.boomi.documents import BoomiOptions, document_events
from collectors.connectors.boomi.platform import tracked, whole
from collectors.connectors.boomi.rerun import Rerun, UncertainError
from collectors.connectors.ipaas_boomi import CONNECTOR
from collectors.http import Http
from collectors.limits import Limiter
from collectors.options import OptionError
from models.errors import RetryLater
from tests.suites.connector import Case, Cell, ConnectorSuite, DictMemory, Excused, Suite, get, line, post
from tests.suites.server import Asked, Reply, Served, serving

BASE = "/api/rest/v1/acme"
EXECUTIONS, DOCUMENTS = "/ExecutionRecord/query", "/GenericConnectorRecord/query"


class SmallPages(CONNECTOR):
    """One execution a page, so that each can be gone on from."""

    executions_a_page = 1


def an_account(url: str) -> Account:
    return Account("boomi", "boomi", "ipaas", url, Credentials("basic", user="BOOMI_TOKEN.a@b", secret=lambda: "token"))


def an_execution(number: int, minute: int, **fields: Any) -> dict[str, Any]:
    return {
        "@type": "ExecutionRecord",
        "executionId": f"execution-{number}",
        "executionTime": f"2026-03-02T08:{minute:02d}:00Z",
        "recordedDate": f"2026-03-02T08:{minute:02d}:30Z",
        "status": "COMPLETE",
        "executionType": "exec_sched",
        "processName": "project-sync",
        "inboundDocumentCount": ["Long", 1],
        "inboundErrorDocumentCount": ["Long", 0],
        "message": "",
    } | fields


def a_document(number: int, minute: int, labels: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    values = {"ContractKey": "SOW-00001", "Operation": f"project-sync:{number}", "TargetSystem": "netsuite"}
    named = values if labels is None else labels
    return {
        "@type": "GenericConnectorRecord",
        "id": f"gcr-{number}",
        "executionId": f"execution-{number}",
        "connectionName": "ironclad",
        "dateProcessed": f"2026-03-02T08:{minute:02d}:10Z",
        "status": "SUCCESS",
        "retryable": True,
        "startShape": True,
        "size": ["Long", 1],
        "trackedFields": {"trackedField": [{"name": name, "value": value} for name, value in named.items()]},
    } | fields


def page(*rows: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    return {"@type": "QueryResult", "numberOfResults": len(rows), "result": list(rows)} | (
        {"queryToken": token} if token else {}
    )


def documents(number: int, *rows: dict[str, Any]) -> Any:
    return post(DOCUMENTS, page(*rows), f'"execution-{number}"')


def worked(number: int, minute: int) -> str:
    return f"transaction.succeeded gcr-{number} 2026-03-02T08:{minute:02d}:10Z"


SUITE = Suite(
    connector=SmallPages,
    account=an_account,
    base_path=BASE,
    throttled=Reply(503, {"error": {"message": "Account acme exceeded 10 requests per second"}}),
    vendor_error=Reply(400, {"error": {"message": "Invalid property for query filter: x"}}),
    vendor_says="Invalid property for query filter",
    cells=(
        Cell(
            "executions",
            Case.ORDINARY,
            [
                post(EXECUTIONS, page(an_execution(1, 10)), '"recordedDate"'),
                documents(1, a_document(1, 10), a_document(2, 11, startShape=False)),
            ],
            tells=[worked(1, 10)],
        ),
        Cell(
            "executions",
            Case.LAST_PAGE,
            [
                post(EXECUTIONS, page(an_execution(1, 10), an_execution(2, 20), token="EX1=="), '"recordedDate"'),
                post("/ExecutionRecord/queryMore", page(an_execution(3, 30)), "EX1=="),
                post(DOCUMENTS, page(a_document(1, 10), token="GC1=="), '"execution-1"'),
                post("/GenericConnectorRecord/queryMore", page(a_document(11, 11)), "GC1=="),
                documents(2, a_document(2, 20)),
                documents(3, a_document(3, 30)),
            ],
            tells=[worked(1, 10), worked(11, 11), worked(2, 20), worked(3, 30)],
        ),
        Cell(
            "executions",
            Case.EMPTY_WINDOW,
            [post(EXECUTIONS, page(), "GREATER_THAN_OR_EQUAL", "2026-03-02T08:05:30Z")],
            after=Case.ORDINARY,
        ),
        Cell(
            "executions",
            Case.EQUAL_TIMES,
            [
                post(EXECUTIONS, page(an_execution(1, 10), an_execution(2, 10), token="EX1=="), '"recordedDate"'),
                post("/ExecutionRecord/queryMore", page(an_execution(3, 10)), "EX1=="),
                *(documents(number, a_document(number, 10)) for number in (1, 2, 3)),
            ],
            tells=[worked(1, 10), worked(2, 10), worked(3, 10)],
        ),
        Cell(
            "executions",
            Case.NULLS,
            [
                post(EXECUTIONS, page(an_execution(1, 10, message=None, status="ERROR", processName=None))),
                documents(1, a_document(1, 10, connectionName=None, trackedFields=None, status="ERROR")),
            ],
            tells=["transaction.failed gcr-1 2026-03-02T08:10:10Z"],
        ),
        Cell(
            "executions",
            Case.FIELD_GONE,
            [
                post(EXECUTIONS, page(an_execution(1, 10), an_execution(2, 20, recordedDate=None))),
                documents(1, a_document(1, 10), {"startShape": True, **a_document(2, 11), "dateProcessed": None}),
            ],
            tells=[worked(1, 10)],
            unreadable=["dateProcessed is missing", "recordedDate is missing"],
        ),
        Cell(
            "executions",
            Case.NEW_ENUM,
            [
                post(EXECUTIONS, page(an_execution(1, 10, status="PONDERED", executionType="exec_pondered"))),
                documents(1, a_document(1, 10), a_document(2, 11, status="PONDERED")),
            ],
            tells=[worked(1, 10)],
            unreadable=["status is 'PONDERED'; SUCCESS or ERROR is wanted"],
        ),
        Excused("executions", Case.WITHDRAWN, "an attempt is never taken back; a re-run is another execution"),
        Excused("executions", Case.TOKEN_EXPIRED, "tokens of the platform API do not lapse with time"),
    ),
)


class TestBoomi(ConnectorSuite):
    suite = SUITE


OPTIONS = BoomiOptions()


def heard(run: dict[str, Any], *rows: dict[str, Any], attempt: int = 1) -> Any:
    return document_events("boomi", run, list(rows), attempt, OPTIONS)


def test_a_document_names_operation_flow_systems_and_contract() -> None:
    (event,) = heard(an_execution(1, 10), a_document(1, 10), attempt=2).events
    assert event.keys == {"contract": ("SOW-00001",), "transaction": ("gcr-1",)}
    assert event.attributes == {
        "transaction": "gcr-1",
        "operation": "project-sync:1",
        "flow": "project-sync",
        "source_system": "ironclad",
        "target_system": "netsuite",
        "attempt": "2",
    }


@pytest.mark.parametrize(
    ("message", "error_class", "rest"),
    [
        ("RATE_CARD_UNKNOWN: no such card", "RATE_CARD_UNKNOWN", "no such card"),
        ("INVALID_KEY_OR_REF: Invalid entity", "INVALID_KEY_OR_REF", "Invalid entity"),
        ("ERP rejected rate card", None, "ERP rejected rate card"),
        ("Error: it broke", None, "Error: it broke"),
    ],
)
def test_a_failed_document_tells_the_code_and_the_words(message: str, error_class: str | None, rest: str) -> None:
    (event,) = heard(an_execution(1, 10), a_document(1, 10, status="ERROR", errorMessage=message)).events
    assert event.type == "transaction.failed"
    assert (event.attributes.get("error_class"), event.attributes["error_message"]) == (error_class, rest)
    assert event.attributes["retryable"] == "true"


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("SOW-00001-L1", "line"),
        ("SOW-00001-M02", "milestone"),
        ("SOW-00001-A1", "amendment"),
        ("2026-03", "period"),
        ("INV-2041", "invoice"),
    ],
)
def test_a_subject_is_known_by_its_form(subject: str, kind: str) -> None:
    (event,) = heard(an_execution(1, 10), a_document(1, 10, {"Subject": subject})).events
    assert event.attributes[kind] == subject


def test_a_document_without_a_contract_names_no_key_that_others_share() -> None:
    (event,) = heard(an_execution(1, 10), a_document(1, 10, {})).events
    assert event.keys == {"transaction": ("gcr-1",)}


def test_several_contracts_are_several_keys() -> None:
    (event,) = heard(an_execution(1, 10), a_document(1, 10, {"ContractKey": "SOW-2; SOW-1"})).events
    assert event.keys["contract"] == ("SOW-1", "SOW-2")


def test_an_execution_that_failed_before_it_had_a_document_is_an_attempt() -> None:
    run = an_execution(1, 10, status="ABORTED", message="the runtime went down", inboundDocumentCount=["Long", 0])
    assert [line(event) for event in heard(run).events] == ["transaction.failed execution-1 2026-03-02T08:10:30Z"]


def test_failures_that_are_counted_and_not_listed_are_said() -> None:
    run = an_execution(1, 10, inboundErrorDocumentCount=["Long", 1])
    (unreadable,) = heard(run, a_document(1, 10)).unreadable
    assert "inboundErrorDocumentCount is above" in unreadable.reason
    (unreadable,) = heard(an_execution(1, 10, inboundDocumentCount=["Long", 10_001]), a_document(1, 10)).unreadable
    assert "only so many documents are reported" in unreadable.reason


def test_longs_come_in_three_forms_and_tracked_fields_in_two() -> None:
    assert [whole(value) for value in (["Long", 3], 4, "5", None, [])] == [3, 4, 5, 0, 0]
    assert tracked({"trackedFields": {"trackedField": {"name": "A", "value": " b "}}}) == {"A": "b"}
    assert tracked({"trackedFields": {"trackedField": [{"name": "A", "value": None}, "x"]}}) == {}


@contextmanager
def connected(*exchanges: Any, seconds: float = 1_000.0) -> Iterator[tuple[Any, Served]]:
    """The connector with a server that gives these answers, each once, and time that passes only by waiting."""
    left = list(exchanges)
    clock = [seconds]

    def answer(asked: Asked) -> Reply:
        found = next((one for one in left if one.answers(asked, BASE)), None)
        if found is None:
            return Reply(404, {"error": {"message": f"no answer to {asked.path} {asked.text}"}})
        if not found.always:
            left.remove(found)
        return found.reply

    def sleep(waited: float) -> None:
        clock[0] += waited

    with serving(answer) as served:
        account = an_account(served.url + BASE)
        pace = Limiter("boomi", 9.0, 4, lambda: clock[0], sleep)
        http = Http("boomi", account.base_url, CONNECTOR.sign_in(account), CONNECTOR.manners, limiter=pace)
        connector = CONNECTOR(account, http, lambda: datetime(2026, 3, 31, 12, tzinfo=UTC))
        connector.rerun = Rerun(http, "boomi", OPTIONS, sleep, lambda: clock[0])
        try:
            yield connector, served
        finally:
            http.close()


def test_an_empty_execution_is_not_asked_for_documents() -> None:
    with connected(post(EXECUTIONS, page(an_execution(1, 10, inboundDocumentCount=["Long", 0])))) as (boomi, served):
        (read,) = boomi.read("executions", None, DictMemory())
    assert (list(read.events), len(served.asked)) == ([], 1)


def test_an_execution_that_counts_nothing_is_asked_for_documents() -> None:
    uncounted = an_execution(1, 10)
    del uncounted["inboundDocumentCount"]
    with connected(post(EXECUTIONS, page(uncounted)), documents(1, a_document(1, 10))) as (boomi, _):
        (read,) = boomi.read("executions", None, DictMemory())
    assert [line(event) for event in read.events] == [worked(1, 10)]


def test_tests_and_parts_of_executions_are_left_out() -> None:
    kinds = ("test_manual", "test_sub_process", "sub_process", "fiber")
    runs = [an_execution(number, 10, executionType=kind) for number, kind in enumerate(kinds)]
    with connected(post(EXECUTIONS, page(*runs))) as (boomi, _):
        (read,) = boomi.read("executions", None, DictMemory())
    assert (list(read.events), read.cursor["running"]) == ([], {})


def test_what_is_running_is_asked_for_again_and_holds_the_watermark() -> None:
    running = an_execution(1, 10, status="INPROCESS", recordedDate=None)
    with connected(post(EXECUTIONS, page(running, an_execution(2, 20))), documents(2, a_document(2, 20))) as (boomi, _):
        (first,) = boomi.read("executions", None, DictMemory())
    assert first.cursor["running"] == {"execution-1": "2026-03-02T08:10:00Z"}
    assert first.watermark == datetime(2026, 3, 2, 8, 10, tzinfo=UTC)
    ended = an_execution(1, 10, recordedDate="2026-03-02T08:15:00Z")
    again = (
        post(EXECUTIONS, page(), '"recordedDate"'),
        post(EXECUTIONS, page(ended), '"executionId"', "execution-1"),
        documents(1, a_document(1, 10)),
    )
    with connected(*again) as (boomi, served):
        (second,) = boomi.read("executions", first.cursor, DictMemory())
    assert [line(event) for event in second.events] == [worked(1, 10)]
    assert second.cursor["running"] == {}
    assert second.watermark == datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert len(served.asked) == 3


def test_a_running_execution_that_the_platform_forgot_is_forgotten() -> None:
    cursor = {"running": {"execution-1": "2026-03-02T08:10:00Z"}}
    with connected(post(EXECUTIONS, page(), '"recordedDate"'), post(EXECUTIONS, page(), '"executionId"')) as (boomi, _):
        (read,) = boomi.read("executions", cursor, DictMemory())
    assert read.cursor["running"] == {}


def test_a_re_run_counts_on_from_what_it_re_runs() -> None:
    first = an_execution(1, 10)
    second = an_execution(2, 20, executionType="retry_sched", originalExecutionId="execution-1")
    third = an_execution(3, 30, executionType="retry_manual", originalExecutionId="execution-2")
    answers = (
        post(EXECUTIONS, page(third), '"recordedDate"'),
        documents(3, a_document(3, 30)),
        post(EXECUTIONS, page(third), '"originalExecutionId"', "execution-2"),
        post(EXECUTIONS, page(second), '"executionId"', "execution-2"),
        post(EXECUTIONS, page(an_execution(9, 15), second), '"originalExecutionId"', "execution-1"),
        post(EXECUTIONS, page(first), '"executionId"', "execution-1"),
    )
    with connected(*answers) as (boomi, _):
        (read,) = boomi.read("executions", None, DictMemory())
    assert [event.attributes["attempt"] for event in read.events] == ["4"]


def test_a_query_token_that_is_gone_is_asked_for_again_later() -> None:
    answers = (
        post(EXECUTIONS, page(an_execution(1, 10), token="EX1==")),
        documents(1, a_document(1, 10)),
        post("/ExecutionRecord/queryMore", Reply(400, {"error": {"message": "Invalid query token"}})),
    )
    with connected(*answers) as (boomi, _), pytest.raises(RetryLater, match="no longer knows its query token"):
        list(boomi.read("executions", None, DictMemory()))


def test_the_check_names_tracked_fields_that_are_not_there() -> None:
    labels = [{"label": label} for label in ("ContractKey", "Operation", "Amendment", "Subject", "SourceSystem")]
    answers = (
        post(EXECUTIONS, page(an_execution(1, 10))),
        documents(1, a_document(1, 10)),
        post("/CustomTrackedField/query", page(*labels)),
    )
    with connected(*answers) as (boomi, _):
        checked = boomi.check("executions")
    assert not checked.is_readable
    assert "no tracked field TargetSystem. Define it (Settings" in checked.told


def test_the_check_says_where_to_grant_what_is_missing() -> None:
    refused = Reply(403, {"error": {"message": "User is not authorized to access account acme"}})
    with connected(post(EXECUTIONS, refused)) as (boomi, _):
        checked = boomi.check("executions")
    assert not checked.is_readable
    assert "User is not authorized" in checked.told
    assert "'API Access'" in checked.told


def test_an_option_that_does_not_exist_names_itself() -> None:
    given = Account("boomi", "boomi", "ipaas", "http://127.0.0.1:9", options={"contract": "X"})
    with pytest.raises(OptionError, match=r"systems\.boomi\.options\.contract is no option"):
        CONNECTOR(given, Http("boomi", given.base_url), lambda: datetime(2026, 3, 31, tzinfo=UTC))


ITEM = Item("gcr-1", "project-sync:1", datetime(2026, 3, 2, 8, 10, tzinfo=UTC))
FAILED = a_document(1, 10, status="ERROR", errorMessage="no such card")


def get_document(row: dict[str, Any] | Reply) -> Any:
    return get("/GenericConnectorRecord/gcr-1", row)


def the_execution(**fields: Any) -> Any:
    return post(EXECUTIONS, page(an_execution(1, 10, status="ERROR", **fields)), '"property":"executionId"')


def its_retries(*rows: dict[str, Any]) -> Any:
    return post(EXECUTIONS, page(*rows), '"property":"originalExecutionId"', "execution-1")


def a_retry(**fields: Any) -> dict[str, Any]:
    return an_execution(2, 20, executionType="retry_sched", originalExecutionId="execution-1") | fields


def rerun_of(number: int, operation: str, status: str) -> Any:
    return documents(number, a_document(number, 20, {"Operation": operation}, status=status))


@pytest.mark.parametrize(
    ("answers", "looked"),
    [
        (
            [get_document(FAILED), the_execution(), its_retries()],
            Preflight(
                True, "RerunDocument of gcr-1 of execution-1, by the version of project-sync that is deployed now"
            ),
        ),
        (
            [get_document(Reply(404, {"error": {"message": "not found"}}))],
            Preflight(False, "document gcr-1 is no longer on the Boomi runtime, or that is offline"),
        ),
        (
            [get_document(FAILED | {"retryable": False}), the_execution()],
            Preflight(False, "document gcr-1 cannot be re-run: Boomi marks it as not retryable"),
        ),
        (
            [get_document(FAILED), the_execution(executionType="sub_process")],
            Preflight(False, "document gcr-1 cannot be re-run: its execution is of the type sub_process"),
        ),
        (
            [get_document(FAILED), post(EXECUTIONS, page())],
            Preflight(False, "document gcr-1 cannot be re-run: its execution execution-1 is gone"),
        ),
    ],
)
def test_a_preflight_says_what_would_be_sent_or_why_not(answers: list[Any], looked: Preflight) -> None:
    with connected(*answers) as (boomi, _):
        assert boomi.rerun.preflight(ITEM) == looked


def test_a_preflight_finds_a_re_run_under_way_or_that_worked() -> None:
    running = its_retries(a_retry(status="INPROCESS"))
    with connected(get_document(FAILED), the_execution(), running) as (boomi, _):
        assert boomi.rerun.preflight(ITEM).standing.startswith("execution-2 is re-running documents of execution-1")
    done = (its_retries(a_retry()), rerun_of(2, "project-sync:1", "SUCCESS"))
    with connected(get_document(FAILED), the_execution(), *done) as (boomi, _):
        standing = boomi.rerun.preflight(ITEM).standing
        assert standing == "gcr-2 of execution-2 (retry_sched) succeeded with the same operation"
    again = post(EXECUTIONS, page(an_execution(3, 30, executionType="retry_manual")), "execution-2")
    later = (its_retries(a_retry()), rerun_of(2, "project-sync:1", "ERROR"), again)
    with connected(get_document(FAILED), the_execution(), *later, rerun_of(3, "project-sync:1", "SUCCESS")) as (
        boomi,
        _,
    ):
        assert boomi.rerun.preflight(ITEM).standing.startswith("gcr-3 of execution-3 (retry_manual) succeeded")
    for operation, status in (("project-sync:1", "ERROR"), ("project-sync:7", "SUCCESS")):
        none = post(EXECUTIONS, page(), '"originalExecutionId"', "execution-2")
        other = (its_retries(a_retry()), rerun_of(2, operation, status), none)
        with connected(get_document(FAILED), the_execution(), *other) as (boomi, _):
            assert boomi.rerun.preflight(ITEM).standing == ""


TAKEN = post("/RerunDocument", {"@type": "RerunDocument", "requestId": "executionrecord-7", "recordUrl": "x"})
ASYNC = "/ExecutionRecord/async/executionrecord-7"


def async_answer(answer: Any) -> Any:
    return get(ASYNC, answer)


def test_a_re_run_is_sent_once_for_one_document_and_its_execution_awaited() -> None:
    ready = {"responseStatusCode": 200, "numberOfResults": 1, "result": [a_retry()]}
    waiting = async_answer(Reply(202, {"responseStatusCode": 202}))
    with connected(get_document(FAILED), TAKEN, waiting, async_answer(ready)) as (boomi, served):
        sent = boomi.rerun.send(ITEM, "key")
    assert sent == (Outcome.ACCEPTED, "execution-2 re-ran it: COMPLETE", "execution-2")
    (asked,) = [one for one in served.asked if one.path.endswith("/RerunDocument")]
    assert '"originalExecutionId":"execution-1"' in asked.text
    assert '"SelectedDocuments":{"Document":[{"genericConnectorRecordId":"gcr-1"}]}' in asked.text


def test_a_re_run_whose_execution_is_not_seen_is_taken_all_the_same() -> None:
    never = get(ASYNC, Reply(202, {"responseStatusCode": 202}), always=True)
    with connected(get_document(FAILED), TAKEN, never) as (boomi, _):
        sent = boomi.rerun.send(ITEM, "key")
    assert (sent.outcome, sent.reference) == (Outcome.ACCEPTED, "executionrecord-7")


def test_a_re_run_that_boomi_refuses_did_nothing() -> None:
    gone = post("/RerunDocument", Reply(410, {"error": {"message": "The documents have been purged"}}))
    with connected(get_document(FAILED), gone) as (boomi, _):
        sent = boomi.rerun.send(ITEM, "key")
    assert sent.outcome is Outcome.REFUSED
    assert "have been purged" in sent.told


def test_an_answer_that_says_nothing_leaves_a_re_run_unknown() -> None:
    for reply in (Reply(500, {"error": {"message": "oops"}}), Reply(200, {}), Reply(200, body=b"<xml", cut=2)):
        with connected(get_document(FAILED), post("/RerunDocument", reply)) as (boomi, _):
            assert boomi.rerun.send(ITEM, "key").outcome is Outcome.UNKNOWN


def test_a_re_run_that_is_throttled_away_was_never_sent() -> None:
    busy = post("/RerunDocument", Reply(503, {"error": {"message": "10 requests per second"}}))
    with connected(get_document(FAILED), busy) as (boomi, served), pytest.raises(RetryLater):
        boomi.rerun.send(ITEM, "key")
    assert len([one for one in served.asked if one.path.endswith("/RerunDocument")]) == 1


def test_a_sending_nobody_saw_the_end_of_is_looked_up() -> None:
    since = datetime.fromtimestamp(1_000, UTC)
    done = (its_retries(a_retry()), rerun_of(2, "project-sync:1", "ERROR"))
    with connected(get_document(FAILED), *done) as (boomi, _):
        assert boomi.rerun.look_up(ITEM, "key", since) == (
            Outcome.ACCEPTED,
            "execution-2 re-runs it: COMPLETE",
            "execution-2",
        )
    with connected(get_document(FAILED), its_retries()) as (boomi, _), pytest.raises(UncertainError):
        boomi.rerun.look_up(ITEM, "key", since)
    with connected(get_document(FAILED), its_retries(), seconds=1_301) as (boomi, _):
        assert boomi.rerun.look_up(ITEM, "key", since) is None


def test_only_a_replay_is_offered() -> None:
    with connected() as (boomi, _):
        assert list(boomi.acts()) == ["replay"]
