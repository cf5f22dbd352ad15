"""`GET /metrics`: counters of this process and gauges of the store, as OpenMetrics."""

from collections.abc import Iterator

from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.responses import Response

from app.api.service import Service, service_of
from models.errors import ThroughlineError
from models.store.engine import Connection
from models.store.gauges import read_gauges

_COUNTED = CollectorRegistry()
EVENTS = Counter(
    "throughline_events", "Events sent to this process, by what became of them.", ["outcome"], registry=_COUNTED
)
SPANS = Counter(
    "throughline_telemetry_items",
    "Spans and log records sent to this process, by signal and by what became of them.",
    ["signal", "outcome"],
    registry=_COUNTED,
)
REQUESTS = Histogram(
    "throughline_request_seconds",
    "Requests to the HTTP interface, by route, method and status.",
    ["route", "method", "status"],
    buckets=(0.01, 0.05, 0.2, 1.0, 5.0, 30.0),
    registry=_COUNTED,
)

_GAUGES = {
    "exceptions_open": ("Exceptions that want settling, by kind.", "kind"),
    "quarantine_waiting": ("Inputs in quarantine, by stream.", "stream"),
    "stream_lag_seconds": ("How far each stream is behind the clock.", "stream"),
}

_END = b"# EOF\n"

router = APIRouter()


class _StoreCollector(Collector):
    """Gauges that are read from the store when they are asked for."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every gauge; only `throughline_store_up` when the store does not answer."""
        try:
            rows = self._service.read(self._rows)
        except ThroughlineError:
            yield GaugeMetricFamily("throughline_store_up", "Whether the database answers.", 0)
            return
        yield GaugeMetricFamily("throughline_store_up", "Whether the database answers.", 1)
        for name, (says, label) in _GAUGES.items():
            family = GaugeMetricFamily(f"throughline_{name}", says, labels=[label])
            for of, value, number in rows:
                if of == name:
                    family.add_metric([value], float(number))
            yield family

    def _rows(self, connection: Connection) -> list[tuple[str, str, float]]:
        return read_gauges(connection, self._service.now)


@router.get("/metrics", tags=["operations"], response_class=Response)
def metrics(request: Request) -> Response:
    """Counters of this process and gauges of the store, in the OpenMetrics format."""
    gauges = CollectorRegistry()
    gauges.register(_StoreCollector(service_of(request)))
    text = b"".join(_told(registry).removesuffix(_END) for registry in (_COUNTED, gauges)) + _END
    return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _told(registry: CollectorRegistry) -> bytes:
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return text
