"""How many spans a second the door takes from the OpenTelemetry SDK's own batch exporter, both on the same cores.

One span in ten carries our attributes. Run alone: `python -m bench.otlp`; exit 1 when the bar is missed.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult

from models.store import embedded
from models.store.engine import open_pool

BAR = 3_000
SPANS = 60_000
_OURS = 10
_CONTRACTS = 500
_ROUTES = ("/projects", "/customers", "/invoices", "/schedules")
# The SDK throws spans away when its queue is full; a service that is measured waits instead.
_QUEUE = 8_192


class _Counting(OTLPSpanExporter):
    """The SDK's exporter, which also counts what was answered with success."""

    taken = 0
    failed = 0

    def export(self, spans):
        result = super().export(spans)
        if result is SpanExportResult.SUCCESS:
            self.taken += len(spans)
        else:
            self.failed += len(spans)
        return result


def rate(home: Path, say: Callable[[str], None], spans: int = SPANS, *, packed: bool = False) -> bool:
    """Print spans a second from the first made to the last answered; whether the bar is met and all are kept."""
    with _door(home) as address:
        compression = Compression.Gzip if packed else Compression.NoCompression
        exporter = _Counting(f"{address}/v1/traces", compression=compression)
        provider = TracerProvider(resource=Resource.create({"service.name": "mulesoft-c2c"}))
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=2 * _QUEUE))
        _make(provider, 2_000, exporter, "warm")
        before = exporter.taken
        begun = time.perf_counter()
        _make(provider, spans, exporter, "measured")
        seconds = time.perf_counter() - begun
        provider.shutdown()
        kept = _kept(home)
    taken = exporter.taken - before
    say(
        f"otlp{' gzip' if packed else ''}: {taken / seconds:,.0f} spans/s ({taken:,} in {seconds:.1f} s, "
        f"one in {_OURS} an event), {exporter.failed} refused, {kept:,} of {exporter.taken:,} kept, at least {BAR:,}"
    )
    return taken / seconds >= BAR and kept == exporter.taken and taken == spans


def _make(provider: TracerProvider, count: int, exporter: _Counting, name: str) -> None:
    """So many spans, in flows of ten: the flow itself, which is ours, and nine calls below it."""
    tracer = provider.get_tracer("bench")
    wanted = exporter.taken + exporter.failed + count
    made = exporter.taken + exporter.failed
    for flow in range(count // _OURS):
        ours = {
            "throughline.contract.id": f"SOW-{flow % _CONTRACTS}",
            "throughline.transaction.id": f"{name}-{flow}",
            "throughline.operation": f"{name}-{flow}",
            "throughline.attempt": 1,
        }
        with tracer.start_as_current_span("sow-to-project", attributes=ours):
            for call in range(_OURS - 1):
                route = _ROUTES[call % len(_ROUTES)]
                said = {
                    "http.request.method": "POST",
                    "http.route": route,
                    "url.full": f"https://erp.example/api{route}/{flow}",
                    "server.address": "erp.example",
                    "http.response.status_code": 200,
                }
                with tracer.start_as_current_span(f"POST {route}", attributes=said):
                    pass
        made += _OURS
        while made - exporter.taken - exporter.failed > _QUEUE:
            time.sleep(0.01)
    provider.force_flush(120_000)
    while exporter.taken + exporter.failed < wanted:
        time.sleep(0.01)


@contextmanager
def _door(home: Path) -> Iterator[str]:
    """A whole server in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("THROUGHLINE_")}
    process = subprocess.Popen(
        [Path(sys.executable).with_name("throughline"), "up", "--port", "0"],
        cwd=home,
        env={**kept, "THROUGHLINE_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield next(found[1] for line in process.stdout if (found := re.search(r"answers at (http://\S+)", line)))
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _kept(home: Path) -> int:
    server = embedded.start(home)
    try:
        with open_pool(server.url, max_size=1) as pool, pool.connection() as connection:
            row = connection.execute("SELECT count(*) FROM span").fetchone()
            assert row is not None
            return int(row[0])
    finally:
        server.stop()


def main() -> int:
    """Measure on a server of its own, which goes away afterwards."""
    parser = argparse.ArgumentParser(prog="bench.otlp", description=__doc__)
    parser.add_argument("--spans", type=int, default=SPANS)
    parser.add_argument("--gzip", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tl-bench-") as folder:
        Path(folder).chmod(0o711)
        return (
            0 if rate(Path(folder), lambda line: print(line, flush=True), arguments.spans, packed=arguments.gzip) else 1
        )


if __name__ == "__main__":
    sys.exit(main())
