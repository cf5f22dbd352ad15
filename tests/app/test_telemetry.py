"""The program's own spans reach an OTLP receiver when the settings name one."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.app.running import run_python

SCRIPT = """
from app import settings, telemetry
from opentelemetry import trace

with telemetry.sending(settings.load()):
    with trace.get_tracer("test").start_as_current_span("absorb", attributes={"throughline.events": 3}):
        pass
"""


class _Sink(BaseHTTPRequestHandler):
    spans: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        if self.path == "/v1/traces":
            request = ExportTraceServiceRequest.FromString(body)
            self.spans += [
                span.name
                for resource in request.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            ]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


@pytest.fixture
def receiver() -> Iterator[str]:
    _Sink.spans.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_spans_reach_the_receiver_that_the_settings_name(receiver: str, tmp_path: Path) -> None:
    (tmp_path / "throughline.toml").write_text(f'[telemetry]\nendpoint = "{receiver}"\n')
    run_python(SCRIPT, tmp_path)
    assert _Sink.spans == ["absorb"]


def test_without_an_endpoint_nothing_is_sent(receiver: str, tmp_path: Path) -> None:
    run_python(SCRIPT, tmp_path)
    assert _Sink.spans == []
