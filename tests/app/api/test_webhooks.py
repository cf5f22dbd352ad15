"""Webhooks over real HTTP, with the key fetched from a product that answers."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from collectors.account import Credentials
from collectors.base import Account
from collectors.connections import Connections
from models.store import streams
from models.store.engine import in_transaction
from models.store.streams import Expected
from tests.app.api.conftest import Api
from tests.app.api.test_problems import assert_problem
from tests.collectors.intake.signing import BODY, Company

STREAMS = ("workflows", "approvals", "records", "obligations", "record_ids")


class Ironclad:
    """Answers with the company's key, counting how often."""

    def __init__(self) -> None:
        self.company = Company()
        self.asked: list[str] = []
        self.is_away = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                body = outer.company.pem().encode()
                # Of a client with credentials of its own Ironclad wants to know for whom it asks.
                is_named = self.headers.get("x-as-user-email") == "ops@firm.example"
                self.send_response(500 if outer.is_away else 200 if is_named else 400)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def account(self) -> Account:
        address = f"http://127.0.0.1:{self.server.server_port}"
        by = Credentials(kind="token", user="ops@firm.example", secret=lambda: "t")
        return Account("ironclad-emea", "ironclad", "clm", base_url=address, credentials=by)

    def stop(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def ironclad(api: Api) -> Iterator[Ironclad]:
    """A product that the interface knows, with streams that were just polled."""
    product = Ironclad()
    accounts = [product.account(), Account("boomi-prod", "boomi", "ipaas", base_url="http://127.0.0.1:1")]
    api.service.connections = Connections(accounts, lambda: datetime.now(UTC))
    expected = [Expected("ironclad-emea", name, 3600.0, None) for name in STREAMS]
    in_transaction(api.pool, lambda connection: streams.expect(connection, expected))
    with api.pool.connection() as connection:
        connection.execute("UPDATE stream SET next_poll_at = clock_timestamp() + interval '1 hour', is_hinted = false")
    yield product
    api.service.connections.close()
    product.stop()


def due(api: Api) -> set[str]:
    with api.pool.connection() as connection:
        soon = datetime.now(UTC) + timedelta(minutes=1)
        return {row[0] for row in connection.execute("SELECT stream FROM stream WHERE next_poll_at < %s", [soon])}


def post(api: Api, ironclad: Ironclad, event_id: str = "e-1", body: bytes = BODY):
    return api.client.post("/webhooks/ironclad-emea", content=body, headers=ironclad.company.headers(event_id, body))


def test_a_signed_webhook_has_its_streams_read_at_once_and_is_no_event(api: Api, ironclad: Ironclad) -> None:
    answer = post(api, ironclad)
    assert (answer.status_code, answer.json()) == (200, {"hinted": ["workflows", "approvals", "records"]})
    assert due(api) == {"workflows", "approvals", "records"}
    with api.pool.connection() as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone() == (0,)


def test_a_repetition_is_answered_and_does_nothing(api: Api, ironclad: Ironclad) -> None:
    first = post(api, ironclad)
    with api.pool.connection() as connection:
        connection.execute("UPDATE stream SET next_poll_at = clock_timestamp() + interval '1 hour'")
    assert post(api, ironclad).json() == first.json()
    assert due(api) == set()
    assert post(api, ironclad, "e-2").status_code == 200
    assert due(api) == {"workflows", "approvals", "records"}
    assert ironclad.asked == ["/public/api/v1/webhooks/verification-key"]


def test_what_is_unsigned_forged_or_of_nobody_is_refused(api: Api, ironclad: Ironclad) -> None:
    assert_problem(api.client.post("/webhooks/ironclad-emea", content=BODY), 401)
    forged = Company().headers()
    assert_problem(api.client.post("/webhooks/ironclad-emea", content=BODY, headers=forged), 403)
    for system in ("nobody", "boomi-prod", "x" * 5000):
        assert_problem(api.client.post(f"/webhooks/{system}", content=BODY, headers=forged), 404)
    assert_problem(api.client.get("/webhooks/ironclad-emea"), 405)
    assert_problem(api.client.post("/webhooks/ironclad-emea", content=bytes(2**20 + 1)), 413)
    assert due(api) == set()


def test_a_new_key_is_fetched_but_not_as_often_as_forgers_want(api: Api, ironclad: Ironclad) -> None:
    assert post(api, ironclad).status_code == 200
    ironclad.company = Company()
    hooks = api.service.webhooks._verifier("ironclad-emea")
    assert_problem(post(api, ironclad, "e-2"), 403)
    assert len(ironclad.asked) == 1
    hooks._fetched_at -= 61  # type: ignore[attr-defined]
    assert post(api, ironclad, "e-3").status_code == 200
    for number in range(3):
        assert_problem(
            api.client.post("/webhooks/ironclad-emea", content=BODY, headers=Company().headers(f"f-{number}")), 403
        )
    assert len(ironclad.asked) == 2


def test_while_the_key_cannot_be_had_the_webhook_is_to_come_again(api: Api, ironclad: Ironclad) -> None:
    ironclad.is_away = True
    answer = post(api, ironclad)
    assert_problem(answer, 503)
    assert "retry-after" in answer.headers
    ironclad.is_away = False
    assert post(api, ironclad).status_code == 200
