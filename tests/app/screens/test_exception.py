from tests.app.looking import links, look, words
from tests.app.memory import FailingAsk, MemoryAsk, ago
from tests.app.rows import a_journey, a_plan, a_process, an_action, an_event, an_exception
from tests.app.worlds import empty, many, one

FIRST = "exc_000000000000000000000001"


def a_store(*exceptions, **more) -> MemoryAsk:
    return MemoryAsk(processes=[a_process(journeys=1)], journeys=[a_journey()], exceptions=exceptions, **more)


def replaying(ask: MemoryAsk):
    """The page of the first exception with the dialog open. A dialog is open only while the page calls for it."""
    page = look(ask, "exception", id=FIRST)
    return next(one for one in page.button if one.label == "Replay").click().run()


def test_without_an_id_it_asks_for_one_and_an_unknown_one_is_told() -> None:
    assert "Which exception?" in words(look(one(), "exception"))
    assert "There is no exception “exc_9”" in words(look(empty(), "exception", id="exc_9"))


def test_a_failed_hand_over_says_what_happened_what_to_do_and_what_proves_it() -> None:
    page = look(one(), "exception", id=FIRST)
    told = words(page)
    assert page.title[0].value.replace("\\", "") == "Failed hand-over: SOW-2041"
    assert "A hand-over between two systems failed" in told
    assert "HTTP 400: Field 'Start date' is required [project: SOW-2041]" in told
    assert "run the operation again" in told
    assert "open for 26 hours" in told
    assert "ironclad-emea → certinia, 2 reports" in told
    assert ("Open journey SOW-2041", "journey", "key=SOW-2041") in links(page)
    assert "nobody yet" in page.table[0].value.to_string()


def test_a_settled_one_says_when_and_by_what_and_asks_for_nothing() -> None:
    row = an_exception(
        status="settled", settled_at=ago(hours=1), settled_by="a later attempt", age_seconds=90_000.0, owner=None
    )
    page = look(a_store(row), "exception", id=FIRST)
    told = words(page)
    assert "A hand-over between two systems failed." in told
    assert "It is settled since 20 Mar 2026 09:00 CET: a later attempt succeeded." in told
    assert "closed, with the evidence; it was open for 25 hours" in told
    for untrue in ("neither a later attempt", "What to do next", "Mend the cause"):
        assert untrue not in told
    assert "nobody yet" not in page.table[0].value.to_string()


def test_a_withdrawn_one_says_that_it_never_was_and_asks_for_nothing() -> None:
    told = words(look(a_store(an_exception(status="withdrawn")), "exception", id=FIRST))
    assert "Nothing: facts that came later show that it never was." in told
    assert "HTTP 400: Field 'Start date' is required" in told
    for untrue in ("A hand-over between two systems failed", "What to do next", "open for", "settled"):
        assert untrue not in told


def test_one_with_a_replay_under_way_says_to_wait() -> None:
    told = words(look(a_store(an_exception(status="acting"), actions=[an_action()]), "exception", id=FIRST))
    assert "Wait: an action on it is under way." in told
    assert "run the operation again" not in told


def test_an_unlinked_event_is_shown_as_it_came() -> None:
    row = an_exception(
        kind="unlinked", journey=None, contract=None, process=None, transaction_row=None, step=None,
        events=[an_event(keys={"erp/invoice": ["INV-9"]})],
    )  # fmt: skip
    page = look(a_store(row), "exception", id=FIRST)
    assert page.title[0].value == "Unlinked event: certinia"
    assert "erp/invoice **INV-9**" in words(page)


def test_a_contested_key_leads_to_every_contract_that_claims_it() -> None:
    row = an_exception(
        kind="link_conflict", journey=None, process=None, transaction_row=None, anchor=["SOW-1", "SOW-2"]
    )
    assert [query for _, to, query in links(look(a_store(row), "exception", id=FIRST)) if to == "journey"] == [
        "key=SOW-1",
        "key=SOW-2",
    ]


def test_lines_of_a_document_are_read_as_words() -> None:
    lines = [{"amount": "43333.33", "period": "2025-10"}, {"amount": "1.00"}]
    row = an_exception(transaction_row=None, events=[an_event(attributes={"lines": lines, "note": {"by": None}})])
    told = words(look(a_store(row), "exception", id=FIRST))
    assert "lines **amount 43333.33, period 2025-10; amount 1.00**" in told
    assert "note **by cleared**" in told


def test_one_of_several_contracts_from_the_same_cause_is_offered_by_a_contract() -> None:
    page = look(a_store(an_exception(), an_exception(2, journey=None, system=None)), "exception", id=FIRST)
    assert page.button(key=f"turn-id-exc_{2:024d}").label == ":blue[SOW\\-2041 · open for 2\\.1 days]"


def test_what_is_open_from_the_same_cause_is_offered() -> None:
    page = look(many(), "exception", id=FIRST)
    assert "Open from the same cause" in words(page)
    other = "exc_000000000000000000000040"
    page.button(key=f"turn-id-{other}").click().run()
    assert page.query_params["id"] == other
    assert ("All of them", "exceptions", "process=contract_to_cash&fingerprint=failed") in links(page)


def test_a_store_that_is_away_is_told_without_a_traceback() -> None:
    assert "The store does not answer" in words(look(FailingAsk(), "exception", id=FIRST))


def test_a_failed_hand_over_is_replayed_in_two_clicks() -> None:
    ask = a_store(an_exception(), plans=[a_plan()])
    page = replaying(ask)
    shown = page.table[-1].value.to_string()
    for told in ("RerunDocument of gcr", "boomi", "certinia", "SOW", "120", "nothing"):
        assert told in shown
    page.text_input[0].input("the start date is there now")
    next(one for one in page.button if one.label == "Send it again").click().run()
    assert ask.asked_for == [(FIRST, "the start date is there now", "local")]
    assert [one.label for one in page.button if one.label == "Send it again"] == []


def test_what_stands_already_is_shown_and_not_sent() -> None:
    standing = [{"step": "project.created", "subject": "", "system": "certinia", "record": "certinia/a0X1",
                 "at": "2026-03-19T09:00:00+00:00", "withdrawn_at": None}]  # fmt: skip
    page = replaying(a_store(an_exception(), plans=[a_plan(standing=standing, is_allowed=False)]))
    assert "project.created stands already in certinia: certinia/a0X1" in words(page)
    assert next(one for one in page.button if one.label == "Send it again").disabled


def test_a_system_that_is_away_does_not_stop_the_wish() -> None:
    product = {"is_possible": None, "told": "boomi could not be asked: no connection", "standing": ""}
    page = replaying(a_store(an_exception(), plans=[a_plan(product=product)]))
    assert "boomi could not be asked" in words(page)
    assert not next(one for one in page.button if one.label == "Send it again").disabled


def test_a_refusal_is_told_on_the_page() -> None:
    ask = a_store(an_exception(), plans=[a_plan()])
    ask.refusal = "project.created of the same journey failed as well and comes first"
    page = replaying(ask)
    next(one for one in page.button if one.label == "Send it again").click().run()
    assert "comes first" in words(page)


def test_a_replay_under_way_is_shown_and_not_offered_again() -> None:
    page = look(a_store(an_exception(status="acting"), actions=[an_action()]), "exception", id=FIRST)
    assert "was sent; its effect is not seen yet" in words(page)
    assert [one.label for one in page.button if one.label == "Replay"] == []


def test_what_came_of_a_replay_stays_on_the_page() -> None:
    told = {"told": "it failed again: no such customer", "at": "2026-03-20T08:00:00+00:00"}
    page = look(a_store(an_exception(), actions=[an_action(status="failed", result=told)]), "exception", id=FIRST)
    assert "it failed again: no such customer" in words(page)
    assert [one.label for one in page.button if one.label == "Replay"] == ["Replay"]
