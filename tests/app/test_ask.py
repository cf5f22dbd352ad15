"""The ask in memory, on which pages are tried, against the one that answers from the store: the same shapes."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from actions.plan import Planner
from actions.products import Products
from app.ask import Ask, Question, filters
from app.queries import NoAnswersError, StoreAsk, answer_from, current
from collectors.account import Account
from collectors.connections import Connections
from models.actions import ActionOpenError
from models.events import micros
from models.questions import QuestionError
from models.store.engine import Pool, in_transaction
from models.store.spans import write_spans
from models.traces import Span, SpanKind, SpanStatus
from tests.actions.middleware import opened
from tests.app.memory import MemoryAsk
from tests.app.rows import a_plan, an_action
from tests.app.worlds import many, one
from tests.making import an_event, at, load, take

NOW = at(2_000)
PROCESS = "contract_to_cash"


class StoppedClock:
    def now(self):
        return NOW


@pytest.fixture
def stored(pool: Pool) -> StoreAsk:
    """A store with what the one in memory has: journeys, a failed hand-over that was mended, one that was not."""
    load(pool)
    sow, failed = {"contract": "SOW-1", "ironclad/record": "r1"}, {"operation": "bill/SOW-1", "flow": "billing"}
    take(
        pool,
        an_event("contract.signed", 1, source="ironclad", record="r1", keys=sow, attributes={
            "value": "120000", "currency": "EUR", "customer": "C-77", "entity": "DE01", "region": "EMEA",
            "practice": "Cloud", "contract_type": "fixed_fee", "payment_terms": "NET30"}),
        an_event("project.created", 30, source="certinia", keys=sow | {"certinia/project": "8841"}),
        an_event("project.activated", 130, source="certinia", keys={"certinia/project": "8841"}),
        an_event("invoice.posted", 140, source="netsuite", record="n1", keys=sow | {"invoice": "INV-9"},
                 attributes={"invoice": "INV-9", "amount": "10", "currency": "EUR", "payment_terms": "NET45"}),
        an_event("invoice.voided", 141, source="netsuite", record="n1", keys=sow, attributes={"invoice": "INV-9"}),
        an_event("transaction.failed", 160, source="boomi", keys=sow, attributes=failed | {
            "transaction": "T-1", "source_system": "certinia", "target_system": "netsuite", "attempt": 1,
            "error_class": "HTTP 400", "error_message": "no terms",
            "payload": {"contract": "SOW-1", "email": "ana@example.com"}}),
        an_event("transaction.failed", 20, source="boomi", keys=sow, attributes={"transaction": "T-0"}),
        an_event("transaction.succeeded", 25, source="boomi", keys=sow, attributes={"transaction": "T-0"}),
        an_event("contract.signed", 5, source="ironclad", keys={"contract": "SOW-2"}),
        an_event("invoice.posted", 6, source="netsuite", keys={"invoice": "I-404"}, attributes={"invoice": "I-404"}),
    )  # fmt: skip
    span = Span(
        trace_id=bytes(15) + b"t", span_id=bytes(7) + b"s", parent_id=None, name="bill", service="boomi",
        kind=SpanKind.SERVER, status=SpanStatus.ERROR, status_message="no terms", operation="bill/SOW-1", attempt=1,
        started_at=micros(at(160)), ended_at=micros(at(161)),
    )  # fmt: skip
    in_transaction(pool, lambda connection: write_spans(connection, [span], NOW))
    return StoreAsk(pool, StoppedClock(), ZoneInfo("Europe/Berlin"))


def shape(value):
    """What kind of thing something is: names and kinds, not values. None fits everything."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shape(value[0])] if value else []
    if isinstance(value, bool | str):
        return type(value).__name__.replace("StrEnum", "str")
    return None if value is None else "number" if isinstance(value, int | float | Decimal) else type(value).__name__


def differences(ours, theirs, where: str = "") -> list[str]:
    """Where two shapes differ; what is None or empty on one side fits."""
    if ours is None or theirs is None or ours == [] or theirs == []:
        return []
    if isinstance(ours, dict) and isinstance(theirs, dict):
        missing = [f"{where}.{name} is only in one" for name in ours.keys() ^ theirs.keys()]
        return missing + [
            line
            for name in ours.keys() & theirs.keys()
            for line in differences(ours[name], theirs[name], f"{where}.{name}")
        ]
    if isinstance(ours, list) and isinstance(theirs, list):
        return differences(ours[0], theirs[0], f"{where}[]")
    return [] if ours == theirs else [f"{where} is {ours} and {theirs}"]


def questions(ask: Ask, key: str, exception_id: str) -> dict:
    """Every question that pages ask, with its answer."""
    open_ = Question(filters({"status": ["open"]}), "opened_at")
    return {
        "processes": ask.processes(),
        "freshness": ask.freshness(PROCESS),
        "figures": ask.figures(PROCESS, NOW - timedelta(days=365), NOW - timedelta(days=730)),
        "trend": ask.trend(PROCESS, "activation_latency", "month", None),
        "standing": ask.standing(PROCESS),
        "journeys": ask.journeys(PROCESS, "", Question()),
        "journey": ask.journey(key),
        "events": ask.events(key, ""),
        "transactions": ask.transactions(key),
        "spans of an operation": ask.spans(
            next(one["operation"] for one in ask.transactions(key) if one["span_count"])
        ),
        "samples": ask.rows(PROCESS, "activation_latency", None, Question(filters({"part": "finished"}))),
        "spans": ask.rows(PROCESS, "recovery_time", None, Question(filters({"part": "finished"}), "-seconds")),
        "exceptions": ask.exceptions(PROCESS, open_),
        "exception": ask.exception(exception_id),
        "exception_counts": ask.exception_counts(PROCESS),
        "causes": ask.causes(PROCESS, open_),
        "keys": ask.keys(key),
        "terms": sorted(ask.terms(key).values(), key=lambda told: -len(told["held"])),
    }


def test_the_ask_in_memory_has_the_shapes_of_the_one_that_reads_the_store(stored) -> None:
    failed = stored.exceptions(PROCESS, Question(filters({"kind": "failed", "status": "open"})))["items"][0]
    theirs = questions(stored, "SOW-1", failed["id"])
    ours = questions(one(), "SOW-2041", "exc_" + "1".zfill(24))
    # What belongs to a table of names: a map by system is no record with fixed names.
    for answers in (ours, theirs):
        answers["terms"] = [
            {"agreed": told["agreed"], "held": sorted(told["held"].values())} for told in answers["terms"]
        ]
        answers["events"]["items"] = [
            row | {"keys": sorted(row["keys"].items())[:1], "attributes": []} for row in answers["events"]["items"]
        ]
    assert differences(shape(ours), shape(theirs)) == []
    empty = [
        name for name, answer in theirs.items() if answer in (None, [], {}) or answer == {"items": [], "next": None}
    ]
    assert empty == []


def test_what_is_asked_for_has_the_shapes_of_the_store(stored, pool) -> None:
    connections = Connections([Account("boomi", "middleware", "ipaas", base_url="http://127.0.0.1:9")], at, opened)
    ask = StoreAsk(pool, StoppedClock(), ZoneInfo("UTC"), Planner(pool, StoppedClock(), Products(connections)))
    failed = ask.exceptions(PROCESS, Question(filters({"kind": "failed", "status": "open"})))["items"][0]["id"]
    plan = ask.plan(failed)
    assert differences(shape(a_plan()), shape(plan)) == []
    assert plan["product"]["is_possible"] is None, "nobody answers there"
    assert ask.plan("exc_nobody") is None
    ask.replay(failed, "it is mended", "ana")
    (action,) = ask.actions(failed)
    assert differences(shape(an_action(status="requested", counts={"requested": 1}, result=None)), shape(action)) == []
    with pytest.raises(ActionOpenError):
        ask.replay(failed, "once more", "ana")


def test_both_find_one_by_the_beginning_of_any_key(stored) -> None:
    assert [row["key"] for row in stored.journeys(PROCESS, "88", Question())["items"]] == ["SOW-1"]
    assert [row["key"] for row in stored.journeys(PROCESS, "INV-9", Question())["items"]] == ["SOW-1"]
    assert [row["key"] for row in stored.journeys(PROCESS, "SOW-", Question())["items"]] == ["SOW-1", "SOW-2"]
    assert stored.journeys(PROCESS, "84", Question())["items"] == []
    assert [row["key"] for row in one().journeys(PROCESS, "P-2", Question())["items"]] == ["SOW-2041"]


@pytest.mark.parametrize("sort", ["key", "-last_at", "last_at", "first_at", "-first_at"])
def test_both_turn_pages_in_every_order_on_offer(stored, sort) -> None:
    for ask in (stored, many()):
        first = ask.journeys(PROCESS, "", Question((), sort, "", 1))
        second = ask.journeys(PROCESS, "", Question((), sort, first["next"], 1))
        assert len(first["items"]) == len(second["items"]) == 1
        assert first["items"][0]["key"] != second["items"][0]["key"]


@pytest.mark.parametrize("sort", ["opened_at", "-opened_at", "-severity", "-settled_at"])
def test_both_sort_exceptions_in_every_order_on_offer(stored, sort) -> None:
    for ask in (stored, one()):
        assert ask.exceptions(PROCESS, Question((), sort))["items"]


@pytest.mark.parametrize("sort", ["-seconds", "seconds", "-finished_at", "started_at"])
def test_the_store_sorts_the_rows_of_figures_in_every_order_on_offer(stored, sort) -> None:
    for figure in ("activation_latency", "recovery_time", "exception_aging"):
        question = Question(filters({"part": "finished"}), sort)
        assert stored.rows(PROCESS, figure, None, question)["items"], figure


def test_a_number_and_the_rows_it_opens_agree(stored) -> None:
    (latency,) = [row for row in stored.figures(PROCESS, None, None) if row["name"] == "activation_latency"]
    for part in ("finished", "running", "omitted"):
        rows = stored.rows(PROCESS, "activation_latency", None, Question(filters({"part": part}), "", "", 500))
        assert len(rows["items"]) == latency[part]
    for group in stored.standing(PROCESS):
        wanted = filters({"state": group["state"], "step": group["step"] or ""})
        assert len(stored.journeys(PROCESS, "", Question(wanted, "", "", 500))["items"]) == group["count"]
    for group in stored.exception_counts(PROCESS):
        wanted = tuple((name, group[name] or "") for name in ("kind", "status", "severity", "system"))
        assert len(stored.exceptions(PROCESS, Question(wanted, "", "", 500))["items"]) == group["count"]


def test_exceptions_of_no_journey_are_shown_with_every_process(stored) -> None:
    kinds = {row["kind"] for row in stored.exceptions(PROCESS, Question())["items"]}
    assert kinds == {"failed", "unlinked"}


def test_behind_a_step_out_of_order_is_what_showed_it(stored, pool) -> None:
    take(pool, an_event("project.created", 7, source="certinia", keys={"contract": "SOW-3"}))
    take(pool, an_event("contract.signed", 8, source="ironclad", keys={"contract": "SOW-3"}))
    (row,) = stored.exceptions(PROCESS, Question(filters({"kind": "premature"})))["items"]
    assert [event["at"] for event in stored.exception(row["id"])["events"]] == [at(7)]


def test_the_change_of_a_figure_is_to_the_window_before_of_the_same_length(stored) -> None:
    (before,) = [row for row in stored.figures(PROCESS, at(131), at(0)) if row["name"] == "activation_latency"]
    assert before["value"] is None
    assert before["previous"] == 129 * 3_600


def test_a_process_that_is_not_loaded_is_a_question_nobody_can_answer(stored) -> None:
    with pytest.raises(QuestionError, match="process"):
        stored.figures("nothing", None, None)
    assert stored.rows(PROCESS, "nothing", None, Question()) == {"items": [], "next": None}


def test_two_stores_do_not_share_what_is_kept(stored, pool) -> None:
    class Later:
        def now(self):
            return NOW + timedelta(days=100)

    other = StoreAsk(pool, Later(), ZoneInfo("UTC"))
    ours, theirs = (ask.exceptions(PROCESS, Question())["items"][0]["age_seconds"] for ask in (stored, other))
    assert theirs - ours == 100 * 86_400


def test_pages_that_nobody_answers_say_how_to_start_them(monkeypatch) -> None:
    monkeypatch.setattr("app.queries._answering", [])
    with pytest.raises(NoAnswersError, match="throughline up"):
        current()
    asked = MemoryAsk()
    answer_from(asked)
    assert current() is asked


def test_empty_filters_ask_for_nothing() -> None:
    assert filters({"state": [], "step": "", "kind": "failed", "status": ["open", "owned"]}) == (
        ("kind", "failed"),
        ("status", "open"),
        ("status", "owned"),
    )
