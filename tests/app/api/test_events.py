import gzip
import json
import socket
import threading
import tracemalloc
import zlib

import httpx
import pytest

from app.api.body import LIMIT
from tests.app.api.test_problems import assert_problem

SIGNED = {
    "specversion": "1.0", "source": "clm", "id": "1", "type": "contract.signed", "time": "2026-03-02T10:15:00Z",
    "data": {"keys": {"contract": "SOW-1"}, "attributes": {"value": "12.5", "currency": "EUR"}},
}  # fmt: skip


def event(number: int = 1, **changed: object) -> dict:
    data = {"keys": {"contract": f"SOW-{number}"}, "attributes": {"value": "12.5", "currency": "EUR"}}
    return {**SIGNED, "id": str(number), "data": data, **changed}


def attribute(name: str, value: object) -> dict:
    return event(9, data={"keys": {"contract": "SOW-9"}, "attributes": {name: value}})


def post(api, body: object, content_type: str = "application/json", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.client.post("/api/v1/events", content=content, headers={"Content-Type": content_type, **headers})


def taken(answer: httpx.Response) -> tuple[int, int, list[int]]:
    assert answer.status_code == 200, answer.text
    said = answer.json()
    return said["accepted"], said["duplicates"], [one["index"] for one in said["quarantined"]]


def count(api, table: str) -> int:
    with api.pool.connection() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_an_event_is_a_journey_right_after_the_answer(api) -> None:
    assert taken(post(api, SIGNED)) == (1, 0, [])
    row = api.client.get("/api/v1/journeys/SOW-1").json()
    assert row["value"] == {"amount": "12.50", "currency": "EUR"}
    assert row["first_at"] == "2026-03-02T10:15:00Z"
    assert taken(post(api, SIGNED)) == (0, 1, [])


@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json",
        "application/cloudevents-batch+json",
        "application/json",
        "application/json; charset=utf-8",
        'APPLICATION/JSON;charset="UTF-8"',
    ],
)
def test_events_come_alone_or_in_an_array_under_every_media_type(api, content_type) -> None:
    assert taken(post(api, event(1), content_type)) == (1, 0, [])
    assert taken(post(api, [event(1), event(2), event(2)], content_type)) == (1, 2, [])
    assert taken(post(api, [], content_type)) == (0, 0, [])


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "", "application/json; charset=utf-16", "json"]
)
def test_another_media_type_is_415(shared_api, content_type) -> None:
    answer = post(shared_api, SIGNED, content_type)
    assert_problem(answer, 415)
    assert "application/cloudevents+json" in answer.headers["accept-post"]


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "compress"])
def test_another_packing_is_415(shared_api, encoding) -> None:
    assert_problem(post(shared_api, SIGNED, **{"Content-Encoding": encoding}), 415)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b" ",
            b"nonsense",
            b"5",
            b'"x"',
            b"null",
            b"true",
            b"{",
            b"[",
            b"[1,",
            b"[1 2]",
            b"[1]]",
            b"[1]x",
            b"{}x",
        ),
        *(b"[NaN]", b'[{"a": NaN}]', b'[{"a": Infinity}]', b'{"a": -Infinity}', b"[01]", b"[1.]", b'["a\x00b"]', b"[}"),
        *(b'["\\x"]', b"\xff\xfe[\x00]\x00", b"[" * 50, b'[{"a":"b}]', b'[{"a":"\\ud800"}, NaN]', b"[,]", b'{"a" 1}'),
        b"[" * 200_000,
    ],
)
def test_what_is_no_json_of_events_is_400_and_nothing_is_kept(shared_api, body) -> None:
    before = count(shared_api, "quarantine")
    assert_problem(post(shared_api, body), 400)
    assert count(shared_api, "quarantine") == before


_BAD = [
    ("a number in the place of an event", b"5"),
    ("null in the place of an event", b"null"),
    ("nothing in it", b"{}"),
    ("another version", event(9, specversion="0.3")),
    ("no version", {name: value for name, value in SIGNED.items() if name != "specversion"}),
    ("no id", {name: value for name, value in SIGNED.items() if name != "id"}),
    ("no time", {name: value for name, value in SIGNED.items() if name != "time"}),
    ("an empty source", event(9, source="")),
    ("a source of another type", event(9, source=5)),
    ("a time without zone", event(9, time="2026-03-02T10:15:00")),
    ("a day for a time", event(9, time="2026-03-02")),
    ("a time that never was", event(9, time="2026-02-30T10:15:00Z")),
    ("an unknown type", event(9, type="contract.signde")),
    ("keys of another type", event(9, data={"keys": ["SOW-1"]})),
    ("a key of another type", event(9, data={"keys": {"contract": 5}})),
    ("an amount that is none", attribute("amount", "1.2.3")),
    ("NaN in quotes", attribute("amount", "NaN")),
    ("a number beyond all numbers", json.dumps(attribute("amount", 7)).replace("7}", "1e400}").encode()),
    ("a number in quotes beyond all numbers", attribute("value", "1e400")),
    ("a currency that is none", attribute("currency", "Euro")),
    ("a list for an attribute", attribute("customer", ["C-1"])),
    ("half a surrogate pair", b'{"a":"\\ud800"}'),
    ("half a surrogate pair in the middle", json.dumps(attribute("customer", "\ud83d!")).encode()),
    ("half a surrogate pair in a key", json.dumps(event(9, data={"keys": {"contract": "x\udc00"}})).encode()),
    ("a null character", attribute("customer", "a\0b")),
    ("a null character in a key", event(9, data={"keys": {"contract": "a\0b"}})),
    ("text that is not UTF-8", json.dumps(attribute("customer", "QQ")).encode().replace(b"QQ", b"\xff\xfe")),
    ("nesting without end", b'{"a":' + b"[" * 3_000 + b"]" * 3_000 + b"}"),
    ("a text without end", attribute("customer", "x" * 200_000)),
    ("a key without end", event(9, data={"keys": {"contract": "x" * 5_000}})),
]


@pytest.mark.parametrize(("what", "bad"), _BAD, ids=[what for what, _ in _BAD])
def test_a_bad_event_costs_itself_and_not_its_neighbours(api, what, bad) -> None:
    raw = bad if isinstance(bad, bytes) else json.dumps(bad).encode()
    body = b"[" + b", ".join([json.dumps(event(1)).encode(), raw, json.dumps(event(2)).encode(), raw]) + b"]"
    answer = post(api, body)
    assert taken(answer) == (2, 0, [1, 3])
    reasons = {one["reason"] for one in answer.json()["quarantined"]}
    assert len(reasons) == 1
    assert len(reasons.pop()) > 10
    assert [row["key"] for row in api.client.get("/api/v1/journeys").json()["items"]] == ["SOW-1", "SOW-2"]
    (row,) = api.client.get("/api/v1/quarantine").json()["items"]
    assert (row["stream"], row["count"]) == ("events", 2)
    assert taken(post(api, body)) == (0, 2, [1, 3])
    assert [one["count"] for one in api.client.get("/api/v1/quarantine").json()["items"]] == [4]


def test_a_bad_event_by_itself_is_quarantined_too(api) -> None:
    answer = post(api, attribute("amount", "1.2.3"))
    assert answer.json()["quarantined"] == [
        {"index": 0, "reason": "data.attributes.amount is '1.2.3'; a decimal such as '120000.00' is wanted"}
    ]
    (row,) = api.client.get("/api/v1/quarantine").json()["items"]
    assert (row["source"], row["count"]) == ("clm", 1)
    assert "1.2.3" in row["excerpt"]


def test_an_event_whose_source_cannot_be_read_is_from_unknown(api) -> None:
    post(api, [{"source": 5}, {"source": "x" * 5_000}, {"source": "crm"}])
    rows = api.client.get("/api/v1/quarantine?sort=source").json()["items"]
    assert sorted(row["source"] for row in rows) == ["crm", "unknown", "unknown"]


def test_excerpts_of_quarantined_events_are_masked(api) -> None:
    post(api, event(9, time="never", data={"attributes": {"iban": "DE89370400440532013000", "email": "a@b.de"}}))
    (row,) = api.client.get("/api/v1/quarantine").json()["items"]
    assert "DE89" not in str(row)
    assert "a@b.de" not in str(row)


def test_a_body_may_be_packed_with_gzip_in_one_or_several_parts(api) -> None:
    first, second = json.dumps([event(1)])[:-1].encode(), b"," + json.dumps(event(2)).encode() + b"]"
    packed = gzip.compress(first) + gzip.compress(second)
    assert taken(post(api, packed, **{"Content-Encoding": "gzip"})) == (2, 0, [])
    assert taken(post(api, gzip.compress(json.dumps(event(3)).encode()), **{"Content-Encoding": "X-GZIP"})) == (
        1,
        0,
        [],
    )


@pytest.mark.parametrize(
    "body",
    [
        b"not gzip",
        gzip.compress(b"[]", mtime=0)[:-4],
        gzip.compress(b"[]", mtime=0) + b"more",
        gzip.compress(b"", mtime=0) * 101,
        zlib.compress(b"[]"),
    ],
    ids=["text", "cut short", "more behind it", "too many parts", "zlib"],
)
def test_what_is_not_gzip_is_400(shared_api, body) -> None:
    assert_problem(post(shared_api, body, **{"Content-Encoding": "gzip"}), 400)


@pytest.mark.parametrize("size", [LIMIT + 1, 40 * 1024 * 1024])
def test_a_body_over_the_limit_is_413(shared_api, size) -> None:
    assert_problem(post(shared_api, b"[" + b" " * (size - 2) + b"]"), 413)


def test_a_body_of_exactly_the_limit_is_read(shared_api) -> None:
    assert taken(post(shared_api, b"[" + b" " * (LIMIT - 2) + b"]")) == (0, 0, [])


def test_a_body_over_the_limit_is_413_when_its_length_is_not_told(shared_api) -> None:
    chunks = (b" " * 2**20 for _ in range(40))
    answer = shared_api.client.post("/api/v1/events", content=chunks, headers={"Content-Type": "application/json"})
    assert_problem(answer, 413)


def test_a_gzip_bomb_is_413_and_costs_no_memory(shared_api) -> None:
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = b" " * 2**20
    bomb = b"".join(packing.compress(zeros) for _ in range(500)) + packing.flush()
    assert len(bomb) < 2**20
    tracemalloc.start()
    answer = post(shared_api, bomb, **{"Content-Encoding": "gzip"})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert_problem(answer, 413)
    assert peak < 120 * 2**20


@pytest.mark.timeout(300)
def test_an_array_of_200_000_events_is_taken_while_others_are_answered(api) -> None:
    small = [
        f'{{"specversion":"1.0","source":"s","id":"{number}","type":"contract.signed",'
        f'"time":"2026-03-02T10:15:00Z","data":{{"keys":{{"contract":"C{number // 100}"}}}}}}'
        for number in range(200_000)
    ]
    small[150_000] = "{}"
    body = f"[{','.join(small)}]".encode()
    assert len(body) < LIMIT
    answers: list[httpx.Response] = []
    sending = threading.Thread(
        target=lambda: answers.append(httpx.post(
            f"http://127.0.0.1:{api.port}/api/v1/events", content=body, timeout=280,
            headers={"Content-Type": "application/json"}))
    )  # fmt: skip
    sending.start()
    slowest = 0.0
    while sending.is_alive():
        slowest = max(slowest, api.client.get("/healthz").elapsed.total_seconds())
        sending.join(0.1)
    assert taken(answers[0]) == (199_999, 0, [150_000])
    assert slowest < 5
    assert count(api, "event") == 199_999


def test_a_sender_that_goes_away_in_the_middle_leaves_nothing(api) -> None:
    with socket.create_connection(("127.0.0.1", api.port)) as connection:
        connection.sendall(
            b"POST /api/v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 1000\r\n\r\n[" + json.dumps(event(1)).encode()
        )
    assert api.client.get("/healthz").status_code == 200
    assert count(api, "event") == 0


def test_the_first_answer_is_given_again_for_the_same_idempotency_key(api) -> None:
    first = post(api, [event(1), {}], **{"Idempotency-Key": "k1"})
    again = post(api, [event(1), {}], **{"Idempotency-Key": "k1"})
    other = post(api, [event(1), {}], **{"Idempotency-Key": "k2"})
    assert taken(first) == (1, 0, [1])
    assert again.content == first.content
    assert again.headers["content-type"] == "application/json"
    assert taken(other) == (0, 1, [1])
    assert [row["count"] for row in api.client.get("/api/v1/quarantine").json()["items"]] == [2]


def test_an_idempotency_key_of_another_request_is_422(api) -> None:
    post(api, event(1), **{"Idempotency-Key": "k1"})
    assert_problem(post(api, event(2), **{"Idempotency-Key": "k1"}), 422)
    assert_problem(post(api, event(2), **{"Idempotency-Key": "k" * 256}), 400)
    assert count(api, "event") == 1


def test_a_request_that_could_not_be_answered_may_come_again_under_its_key(api, monkeypatch) -> None:
    rules = api.service.rules
    monkeypatch.setattr(api.service, "rules", None)
    assert_problem(post(api, event(1), **{"Idempotency-Key": "k1"}), 500)
    monkeypatch.setattr(api.service, "rules", rules)
    assert taken(post(api, event(1), **{"Idempotency-Key": "k1"})) == (1, 0, [])
