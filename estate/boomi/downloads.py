"""Payloads of documents: asked for, ready a moment later, and given out once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from estate.boomi.answers import ApiError
from estate.boomi.asking import Records
from estate.services import Services

READY_SECONDS = 1.0


@dataclass(frozen=True)
class Download:
    """A payload that was asked for, and when (wall)."""

    payload: Mapping[str, Any]
    asked_at: float


class Downloads:
    """The downloads that nobody has fetched yet."""

    def __init__(self, services: Services, records: Records) -> None:
        self._services = services
        self._records = records
        self._waiting: dict[str, Download] = {}
        self._next = 0

    def ask(self, document_id: Any) -> str:
        """The name under which the payload can be fetched. Raises ApiError for a document that is not there."""
        document = self._records.document(str(document_id))
        if document is None:
            raise ApiError(400, f"GenericConnectorRecord {document_id} was not found")
        self._next += 1
        name = f"ConnectorDocument-{self._next:08x}"
        self._waiting[name] = Download(document.payload, self._services.wall())
        return name

    def take(self, name: str) -> Mapping[str, Any] | None:
        """The payload, once; None while it is not ready. Raises ApiError when it is gone."""
        download = self._waiting.get(name)
        if download is None:
            raise ApiError(404, f"Download {name} is gone: each may be fetched once")
        if self._services.wall() - download.asked_at < READY_SECONDS:
            return None
        return self._waiting.pop(name).payload
