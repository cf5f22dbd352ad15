"""Requests over real sockets: what goes out, what comes of every sort of answer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from collectors.answers import (
    FailingError,
    ForbiddenError,
    RejectedError,
    SignInRefusedError,
    StrayedError,
    ThrottledError,
    UnansweredError,
    UnreadableAnswerError,
)
from collectors.http import Http, Manners
from collectors.limits import Limiter
from collectors.sign_in import Session, SignIn, Static
from models.errors import Misconfigured, RetryLater, StopStream, ThroughlineError
from tests.suites.server import Asked, Reply, Served, serving

MANNERS = Manners(timeout_seconds=0.5)


class Clock:
    """Machine time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.waited: list[float] = []
        self.now = 50.0

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds


@contextmanager
def asking(
    answer: Callable[[Asked], Reply] | list[Reply], sign_in: SignIn | None = None, manners: Manners = MANNERS
) -> Iterator[tuple[Http, Served, Clock]]:
    left = list(answer) if isinstance(answer, list) else []
    give = answer if callable(answer) else (lambda _: left.pop(0) if len(left) > 1 else left[0])
    clock = Clock()
    pace = Limiter("acme", manners.requests_per_second, manners.at_once, clock.time, clock.sleep)
    with serving(give) as served:
        http = Http("acme", f"{served.url}/api/v1", sign_in, manners, limiter=pace)
        yield http, served, clock
        http.close()


def test_a_request_says_what_is_asked_below_the_base_address() -> None:
    with asking([Reply(json={"price": 12.5, "n": 3})], Static(lambda: "hush")) as (http, served, _):
        said = http.get("/things", {"since": "2026-01-01T00:00:00+00:00", "page": 2}, headers={"x-as": "ana"}).json()
        assert said == {"price": Decimal("12.5"), "n": 3}
        (asked,) = served.asked
        assert (asked.method, asked.path) == ("GET", "/api/v1/things")
        assert asked.params == {"since": "2026-01-01T00:00:00+00:00", "page": "2"}
        assert asked.headers["authorization"] == "Bearer hush"
        assert asked.headers["x-as"] == "ana"
        http.post("things", json={"q": "SELECT"})
        assert served.asked[1].body == b'{"q":"SELECT"}'
        assert served.asked[1].headers["content-type"] == "application/json"


def test_a_link_on_the_same_host_is_followed_as_it_is() -> None:
    with asking([Reply(json=1)]) as (http, served, _):
        http.get(f"{served.url}/elsewhere?page=2")
        http.get("/api/v1/things?page=%2F")
        assert [(asked.path, asked.query) for asked in served.asked] == [
            ("/elsewhere", "page=2"),
            ("/api/v1/things", "page=%2F"),
        ]


@pytest.mark.parametrize("link", ["http://other.example/api", "//other.example/x", "https://127.0.0.1/api/v1"])
def test_another_host_is_never_asked(link: str) -> None:
    with asking([Reply(json=1)]) as (http, served, _), pytest.raises(StrayedError, match="base_url"):
        http.get(link)
    assert served.asked == []


def test_a_redirect_is_not_followed() -> None:
    away = Reply(302, headers={"location": "http://127.0.0.1:1/"})
    with asking([away]) as (http, _, _), pytest.raises(StrayedError, match=r"acme: GET /api/v1/x answered 302"):
        http.get("/x")


@pytest.mark.parametrize(
    ("reply", "kind", "family", "told"),
    [
        (Reply(500, {"message": "boom"}), FailingError, RetryLater, "answered 500: boom; it is asked again later"),
        (Reply(502, body=b"<html>"), FailingError, RetryLater, "answered 502; it is asked again"),
        (Reply(503), FailingError, RetryLater, "answered 503"),
        (Reply(403, {"code": "FORBIDDEN", "message": "no"}), ForbiddenError, StopStream, "grant the right"),
        (Reply(404, {"message": "no such queue"}), RejectedError, StopStream, "answered 404: no such queue"),
        (
            Reply(400, [{"errorCode": "INVALID_FIELD", "message": "No such column"}]),
            RejectedError,
            StopStream,
            "No such",
        ),
        (
            Reply(400, {"title": "Bad", "o:errorDetails": [{"o:errorCode": "INVALID_PARAMETER", "detail": "Search"}]}),
            RejectedError,
            StopStream,
            "Bad; INVALID_PARAMETER; Search",
        ),
        (Reply(400, {"error": {"message": "bad query"}}), RejectedError, StopStream, "bad query"),
        (Reply(401, {"message": "who are you"}), SignInRefusedError, Misconfigured, r"who are you; correct \[systems"),
    ],
)
def test_an_answer_that_is_no_success_ends_in_its_family(
    reply: Reply, kind: type[Exception], family: type[ThroughlineError], told: str
) -> None:
    with asking([reply]) as (http, _, _), pytest.raises(kind, match=told) as raised:
        http.get("/x")
    assert isinstance(raised.value, family)
    assert str(raised.value).startswith("acme: GET /api/v1/x ")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(json={"rows": [1, 2, 3]}, cut=5),
        Reply(body=b'{"rows": [1, 2'),
        Reply(body=b"<html>maintenance</html>", headers={"content-type": "text/html; charset=utf-8"}),
        Reply(body=b""),
        Reply(body=b"{}", headers={"content-encoding": "gzip"}),
    ],
)
def test_a_cut_or_lying_body_is_asked_for_again_later(reply: Reply) -> None:
    with asking([reply]) as (http, _, _), pytest.raises(UnreadableAnswerError, match=r"acme: .*GET /api/v1/x"):
        http.get("/x").json()


def test_silence_is_no_answer() -> None:
    with asking([Reply(silent=True)]) as (http, _, _), pytest.raises(UnansweredError, match=r"within 0\.5 s"):
        http.get("/x")


def test_a_refused_connection_is_no_answer() -> None:
    with serving(lambda _: Reply()) as served:
        url = served.url
    http = Http("acme", url)
    with pytest.raises(UnansweredError, match="no connection to 127"):
        http.get("/x")
    http.close()


def test_a_read_is_repeated_after_the_pause_that_is_asked_for() -> None:
    slow = Reply(429, {"message": "slow"}, headers={"retry-after": "2"})
    with asking([slow, slow, Reply(json=7)]) as (http, served, clock):
        assert http.get("/x").json() == 7
        assert len(served.asked) == 3
        assert sum(clock.waited) == pytest.approx(4)


def test_a_read_is_repeated_ever_more_slowly_where_no_pause_is_named() -> None:
    with asking([Reply(429)]) as (http, served, clock), pytest.raises(ThrottledError) as raised:
        http.get("/x")
    assert len(served.asked) == 4
    assert raised.value.wait_seconds is None
    assert len(clock.waited) == 3
    assert clock.waited[0] < clock.waited[1] < clock.waited[2]


def test_a_long_pause_is_left_to_the_runner_and_kept_by_everybody() -> None:
    with asking([Reply(429, headers={"retry-after": "120"}), Reply(json=1)]) as (http, served, clock):
        with pytest.raises(ThrottledError) as raised:
            http.get("/x")
        assert raised.value.wait_seconds == 120
        with pytest.raises(ThrottledError, match="asks for a pause of 120 s"):
            http.get("/y")
        assert len(served.asked) == 1, "the other stream did not ask"
        clock.now += 120
        assert http.get("/y").json() == 1


def test_what_changes_something_is_not_repeated() -> None:
    with asking([Reply(429, headers={"retry-after": "1"})]) as (http, served, _):
        with pytest.raises(ThrottledError):
            http.post("/rerun", json={})
        assert len(served.asked) == 1
    with asking([Reply(429, headers={"retry-after": "1"}), Reply(json=1)]) as (http, served, _):
        http.post("/query", json={}, is_read=True)
        assert len(served.asked) == 2


def test_statuses_that_are_answers_are_given_back() -> None:
    with asking([Reply(404)]) as (http, _, _):
        assert http.get("/x", allow=(404,)).status == 404


def test_a_product_may_mean_something_else_by_a_status() -> None:
    manners = replace(
        MANNERS,
        judge=lambda answer: (
            ThrottledError(f"{answer.place}: quota", wait_seconds=900) if answer.status == 403 else None
        ),
    )
    with asking([Reply(403)], manners=manners) as (http, served, _):
        for _ in range(2):
            with pytest.raises(ThrottledError) as raised:
                http.get("/x")
            assert raised.value.wait_seconds == pytest.approx(900)
        assert len(served.asked) == 1


class Numbered(Session):
    """Tokens t1, t2, ..."""

    count = 0

    def begin(self, send, system: str) -> tuple[str, float | None]:  # type: ignore[no-untyped-def]
        self.count += 1
        return f"t{self.count}", 3600.0


def test_a_refused_token_is_renewed_once() -> None:
    sign_in = Numbered()

    def answer(asked: Asked) -> Reply:
        return Reply(json=1) if asked.headers["authorization"] == "Bearer t2" else Reply(401, {"message": "expired"})

    with asking(answer, sign_in) as (http, served, _):
        assert http.get("/x").json() == 1
        assert http.post("/y").status == 200
        assert [asked.headers["authorization"] for asked in served.asked] == ["Bearer t1", "Bearer t2", "Bearer t2"]
        sign_in.count = 7
        sign_in.forget({"authorization": "Bearer t2"})
        with pytest.raises(SignInRefusedError):
            http.get("/x")
        assert len(served.asked) == 5


def test_threads_renew_a_token_once_between_them() -> None:
    sign_in = Numbered()

    def answer(asked: Asked) -> Reply:
        return Reply(401) if asked.headers["authorization"] == "Bearer t1" else Reply(json=1)

    with asking(answer, sign_in) as (http, _, _):
        threads = [threading.Thread(target=http.get, args=("/x",)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sign_in.count == 2


def test_no_message_holds_a_secret_or_a_parameter() -> None:
    with asking([Reply(400, {"message": "bad"})], Static(lambda: "hush")) as (http, _, _):
        with pytest.raises(RejectedError) as raised:
            http.get("/x", {"email": "ana@example.org"})
        assert "hush" not in str(raised.value)
        assert "ana@" not in str(raised.value)


def test_the_clock_of_the_system_is_compared_with_ours() -> None:
    with asking([Reply(json=1, headers={"date": "Mon, 02 Mar 2026 10:00:00 GMT"})]) as (http, _, _):
        assert http.skew is None
        http.get("/x")
        assert http.skew is not None
