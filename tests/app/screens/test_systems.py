from datetime import UTC, date, datetime

from tests.app.looking import look, words
from tests.app.memory import FailingAsk, MemoryAsk
from tests.app.rows import a_stream, a_system


def an_ask() -> MemoryAsk:
    return MemoryAsk(
        systems=[
            a_system("boomi", a_stream("executions"), product="boomi", role="ipaas"),
            a_system("netsuite", a_stream("invoices", last_error="netsuite: 401 at sign-in"), a_stream("projects")),
            a_system("signer", product="push", role="clm"),
        ]
    )


def test_without_systems_the_page_says_how_to_list_the_first() -> None:
    page = look(MemoryAsk(), "systems")
    assert "No system is listed" in words(page)
    assert "[systems.netsuite-us]" in page.code[0].value
    assert page.code[0].proto.wrap_lines


def test_what_is_failing_comes_first_and_says_what_is_wrong() -> None:
    told = words(look(an_ask(), "systems"))
    assert "3 systems, 3 streams: 1 failing" in told
    assert "netsuite: 401 at sign-in".replace(":", "\\:").replace("-", "\\-") in told or "401 at sign" in told
    assert told.index("netsuite") < told.index("boomi")


def test_a_system_that_only_sends_offers_no_reading() -> None:
    page = look(an_ask(), "systems")
    assert sorted(one.key for one in page.button if one.key) == ["read-again-boomi", "read-again-netsuite"]
    assert "It only sends to us" in words(page)


def test_a_stream_is_read_again_after_a_dialog() -> None:
    ask = an_ask()
    page = look(ask, "systems")
    page.button(key="read-again-netsuite").click().run()
    page.selectbox(key="read_again_stream").set_value("projects")
    page.date_input(key="read_again_since").set_value(date(2026, 3, 1))
    page.text_input(key="read_again_reason").set_value("the role had no access")
    next(one for one in page.button if one.label == "Read it again").click().run()
    assert ask.read_anew == [
        ("netsuite", "projects", datetime(2026, 2, 28, 23, tzinfo=UTC), "the role had no access", "local")
    ]


def test_a_store_that_does_not_answer_is_said_in_plain_words() -> None:
    assert "The store does not answer" in words(look(FailingAsk(), "systems"))
