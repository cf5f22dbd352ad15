"""Which attributes of spans and log records speak of business, and what they make of an event.

`throughline.contract.id` and its like are names of ours; a firm that has its own says them in the settings. Every other
`throughline.KIND.id` is a key of that kind, and every other `throughline.NAME` an attribute of that name.
Source: the interface description, section 4, "OpenTelemetry spans and logs".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

PREFIX = "throughline."
SERVICE = "service.name"
UNKNOWN_SERVICE = "unknown_service"
"""What OpenTelemetry calls a service that does not say its name."""

CORRELATION = "messaging.message.conversation_id"
RECORD = "throughline.record"
SEQUENCE = "throughline.sequence"

# Recommended on spans, and no attribute of an event.
_OTHERS = frozenset((RECORD, SEQUENCE, "throughline.step", "throughline.idempotency_key"))
_ID = ".id"


@dataclass(frozen=True)
class Names:
    """Names of attributes.

    `keys` and `attributes` map a kind of key, or an attribute of events, to the firm's own name for it; `sources` maps
    what services call themselves to systems of the settings.
    """

    contract: str = "throughline.contract.id"
    event_type: str = "throughline.event_type"
    transaction: str = "throughline.transaction.id"
    operation: str = "throughline.operation"
    attempt: str = "throughline.attempt"
    keys: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def service(self, resource: Mapping[str, Any]) -> str:
        """What the resource calls its service."""
        found = resource.get(SERVICE)
        return found[:500] if isinstance(found, str) and found else UNKNOWN_SERVICE

    def source(self, service: str) -> str:
        """The system that a service is."""
        return self.sources.get(service, service)

    def keys_of(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The keys of an event, by kind: texts or lists of texts."""
        found = {"contract": said.get(self.contract), "transaction": said.get(self.transaction)}
        found["correlation"] = said.get(CORRELATION)
        for name, value in said.items():
            kind = name[len(PREFIX) : -len(_ID)]
            if name.startswith(PREFIX) and name.endswith(_ID) and found.get(kind) is None:
                found[kind] = value
        found |= {kind: said[name] for kind, name in self.keys.items() if name in said}
        return {kind: _key(value) for kind, value in found.items() if kind and value not in (None, "", [])}

    def attributes_of(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The attributes of an event that its attributes here give, without those of a transaction."""
        found = {
            name[len(PREFIX) :]: value
            for name, value in said.items()
            if name.startswith(PREFIX) and not name.endswith(_ID) and name not in self._own and name not in _OTHERS
        }
        found |= {name: said[own] for name, own in self.attributes.items() if own in said}
        return {name: _structure(name, value) for name, value in found.items() if name and value is not None}

    @property
    def _own(self) -> tuple[str, ...]:
        return self.contract, self.event_type, self.transaction, self.operation, self.attempt


def text_of(value: Any) -> str | None:
    """An identifier as text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def _key(value: Any) -> Any:
    """Numbers are identifiers as well; what is neither text nor number is refused with the event."""
    if isinstance(value, list):
        return [text_of(one) or "" for one in value]
    return text_of(value) or ""


def _structure(name: str, value: Any) -> Any:
    """Lines are a list of mappings, which attributes of the SDKs cannot hold: they come as JSON in a text."""
    if name != "lines" or not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return value


DEFAULT_NAMES = Names()
"""The names as they are where the settings say nothing."""
