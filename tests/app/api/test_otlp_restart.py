"""A database that goes away in the middle of an export: the exporter comes again, and what was taken is there."""

import threading
import time
from pathlib import Path

import psycopg
import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tests.app.api.conftest import running
from tests.servers import Databases, crash_debian_server, debian_server, start_debian_server

SPANS = 3_000


class Listening(requests.Session):
    """What the exporter was answered, and which spans were in the requests answered with success."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[tuple[int, str | None]] = []
        self.taken: set[bytes] = set()

    def post(self, url, data=None, json=None, **more):
        return self.request("POST", url, data=data, json=json, **more)

    def request(self, method, url, *, data=None, **more):
        answer = super().request(method, url, data=data, **more)
        self.answers.append((answer.status_code, answer.headers.get("Retry-After")))
        if answer.status_code == 200:
            sent = ExportTraceServiceRequest.FromString(data)
            self.taken |= {span.span_id for one in sent.resource_spans for two in one.scope_spans for span in two.spans}
        return answer


@pytest.mark.needs_postgres15
def test_every_span_of_a_request_answered_200_outlives_a_restart_in_the_middle(test_home: Path, worker: str) -> None:
    home = test_home / f"restart-{worker}"
    with debian_server(home) as admin_url, Databases(admin_url, "restart").fresh() as url:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            # What tests switch off for speed is what this one is about.
            admin.execute("ALTER ROLE throughline SET synchronous_commit = 'on'")
        session = Listening()
        with running(url) as api:
            provider = TracerProvider()
            exporter = OTLPSpanExporter(f"http://127.0.0.1:{api.port}/v1/traces", session=session, timeout=60)
            provider.add_span_processor(
                BatchSpanProcessor(exporter, max_queue_size=SPANS, max_export_batch_size=100, schedule_delay_millis=50)
            )
            outage = threading.Thread(target=go_away, args=(home, session))
            outage.start()
            tracer = provider.get_tracer("restart")
            for number in range(SPANS):
                said = {"throughline.transaction.id": f"T-{number}", "throughline.contract.id": f"C-{number % 50}"}
                with tracer.start_as_current_span("step", attributes=said if number % 10 == 0 else {}):
                    pass
            # Shutting down gives up after half a minute; a flush goes on as long as the exporter does.
            provider.force_flush()
            provider.shutdown()
            outage.join()
            with psycopg.connect(url) as connection:
                kept = {bytes(row[0]) for row in connection.execute("SELECT span_id FROM span")}
                told = connection.execute("SELECT count(*) FROM event_identity").fetchone()
    assert session.taken - kept == set()
    assert len(session.taken) == SPANS, session.answers
    assert told == (SPANS // 10,)
    refused = {answer for answer in session.answers if answer[0] != 200}
    assert refused == {(503, "5")}


def go_away(home: Path, session: Listening) -> None:
    """Crash the server after a few requests, and start it again a little later."""
    while len(session.answers) < 5:
        time.sleep(0.005)
    crash_debian_server(home)
    while (503, "5") not in session.answers:
        time.sleep(0.05)
    start_debian_server(home)
