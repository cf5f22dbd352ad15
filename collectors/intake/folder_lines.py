"""Lines of files as parcels: CloudEvents and OTLP requests, one a line, in any mixture."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from collectors.intake import otlp_json
from collectors.intake.folder import LONGEST_LINE
from collectors.intake.otlp import Received, Rejected, Told, read
from collectors.intake.otlp_names import Names
from collectors.intake.otlp_wire import Encoding, Signal, UndecodableError
from collectors.intake.taking import OTLP, Parcel
from models.events import UnreadableEventError, read_event
from models.store.quarantine import CLOUD_EVENT, source_of

STREAM = "folder"
_LONGEST_KEPT = 2**20


class _Shape(msgspec.Struct):
    """What tells the kinds of lines apart. Metrics are of no use here, and passed over."""

    specversion: msgspec.Raw = msgspec.Raw()
    resourceSpans: msgspec.Raw = msgspec.Raw()  # noqa: N815 - the names of OTLP
    resourceLogs: msgspec.Raw = msgspec.Raw()  # noqa: N815
    resourceMetrics: msgspec.Raw = msgspec.Raw()  # noqa: N815


_shape = msgspec.json.Decoder(_Shape)


def parcels(lines: Sequence[bytes], names: Names) -> list[Parcel]:
    """What lines say, by stream; a line that says nothing readable is among what is rejected of it."""
    events = Received(0, [], [], [])
    signals = {signal: Received(0, [], [], []) for signal in Signal}
    for place, line in enumerate(lines):
        if line.strip():
            _read_line(line, place, names, events, signals)
    return [
        Parcel(events, STREAM, CLOUD_EVENT),
        *(Parcel(received, signal.value, OTLP) for signal, received in signals.items()),
    ]


def _read_line(line: bytes, place: int, names: Names, events: Received, signals: dict[Signal, Received]) -> None:
    try:
        if len(line) >= LONGEST_LINE:
            raise UnreadableEventError(f"a line of more than {LONGEST_LINE} bytes; its beginning is kept")
        shape = _shape_of(line)
        if shape.resourceSpans or shape.resourceLogs:
            _read_requests(line, names, signals)
        elif not shape.resourceMetrics:
            events.told.append(Told(read_event(line), _just(line), place))
    except (UnreadableEventError, UndecodableError) as error:
        kept = line[:_LONGEST_KEPT]
        events.rejected.append(Rejected(source_of(kept), _just(kept), str(error), place))


def _shape_of(line: bytes) -> _Shape:
    try:
        return _shape.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        said = str(error).replace("`", "'")[:200]
        raise UnreadableEventError(f"the line is neither a CloudEvent nor an OTLP request in JSON: {said}") from error


def _read_requests(line: bytes, names: Names, signals: dict[Signal, Received]) -> None:
    for signal in otlp_json.signals(line):
        found = read(line, signal, Encoding.JSON, names)
        signals[signal].spans.extend(found.spans)
        signals[signal].told.extend(found.told)
        signals[signal].rejected.extend(found.rejected)


def _just(line: bytes) -> Callable[[], bytes]:
    return lambda: line
