"""The SDK's part of the program's own telemetry; imported only where an endpoint is set, for it is an extra."""

from collections.abc import Callable

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def send_to(endpoint: str) -> Callable[[], None]:
    """Send spans and counters to an OTLP/HTTP receiver; what it answers sends the rest and stops."""
    resource = Resource.create({"service.name": "throughline"})
    spans = TracerProvider(resource=resource)
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces")))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(endpoint=f"{endpoint}/v1/metrics"))
    counters = MeterProvider(resource=resource, metric_readers=[reader])
    trace.set_tracer_provider(spans)
    metrics.set_meter_provider(counters)

    def stop() -> None:
        spans.shutdown()
        counters.shutdown()

    return stop
