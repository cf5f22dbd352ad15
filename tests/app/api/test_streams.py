import pytest

from models.store import streams
from models.store.engine import in_transaction
from models.store.streams import Expected, Step
from tests.app.api.test_problems import assert_problem
from tests.making import at

PATH = "/api/v1/systems/crm/streams/accounts/read_again"


@pytest.fixture
def read(api):  # type: ignore[no-untyped-def]
    """A stream that was read up to somewhere."""

    def work(connection) -> None:  # type: ignore[no-untyped-def]
        streams.expect(connection, [Expected("crm", "accounts", 60.0)])
        claimed = streams.claim(connection, [("crm", "accounts")])
        assert claimed is not None
        streams.advance(connection, claimed, Step({"newest": "2026-03-30"}, at(1)))
        streams.release(connection, claimed, seconds=600, is_well=True)

    in_transaction(api.pool, work)
    return api


def test_a_stream_is_read_again_from_its_beginning(read) -> None:
    answer = read.client.post(PATH)
    assert answer.status_code == 200
    assert answer.json()["name"] == "crm"
    (stream,) = answer.json()["streams"]
    assert (stream["cursor"], stream["watermark"]) == (None, "2026-03-02T01:00:00Z")
    assert in_transaction(read.pool, lambda connection: streams.claim(connection, [("crm", "accounts")])) is not None
    (line,) = read.client.get("/api/v1/audit").json()["items"]
    assert (line["verb"], line["object"], line["reason"]) == ("read_again", "crm/accounts", "from the beginning")


def test_a_stream_is_read_again_from_an_instant(read) -> None:
    body = {"from": "2026-03-05", "reason": "they restored a backup"}
    (stream,) = read.client.post(PATH, json=body).json()["streams"]
    assert stream["cursor"] == {"newest": "2026-03-04T23:00:00+00:00"}  # a day begins in the zone of the reports
    (line,) = read.client.get("/api/v1/audit").json()["items"]
    assert line["reason"] == "they restored a backup; from 2026-03-04T23:00:00+00:00"


def test_what_cannot_be_read_again_is_a_problem(read) -> None:
    assert_problem(read.client.post(PATH.replace("accounts", "nothing")), 404)
    assert_problem(read.client.post(PATH, json={"from": "yesterday"}), 400)
    assert_problem(read.client.post(PATH, json={"since": "2026-03-05"}), 400)
    assert_problem(read.client.post(PATH, content=b"{", headers={"content-type": "application/json"}), 400)
    assert_problem(read.client.post(PATH, content=b"{}", headers={"content-type": "text/plain"}), 415)
    assert_problem(read.client.post(PATH, json={"reason": "x" * 1001}), 400)
