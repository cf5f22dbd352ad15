"""Ironclad's webhooks: who wants to hear of what, and signed pointers sent to them."""

from __future__ import annotations

import base64
import heapq
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from estate.happenings import Happening
from estate.ironclad.answers import invalid, missing, stamp

EVENTS = frozenset(
    (
        "*",
        "workflow_launched",
        "workflow_updated",
        "workflow_step_updated",
        "workflow_approval_status_changed",
        "workflow_signature_packet_sent",
        "workflow_signature_packet_fully_signed",
        "workflow_signature_packet_signatures_collected",
        "workflow_completed",
        "workflow_cancelled",
        "workflow_paused",
        "workflow_resumed",
        "workflow_changed_turn",
        "record_contract_status_changed",
    )
)
RETRY_SECONDS = tuple(48.0 * 2**attempt for attempt in range(10))
"""Ten retries over about 13.6 hours of wall time."""
COMPANY = "5f3c9a1e7b2d4c0008a1b100"
GONE = 410

_HAPPENED = {
    "contract.drafted": ("workflow_launched",),
    "amendment.drafted": ("workflow_launched",),
    "approval.requested": ("workflow_approval_status_changed",),
    "approval.completed": ("workflow_approval_status_changed",),
    "contract.approved": ("workflow_step_updated", "workflow_signature_packet_sent"),
    "amendment.approved": ("workflow_step_updated", "workflow_signature_packet_sent"),
    "contract.signed": ("workflow_signature_packet_fully_signed", "workflow_completed"),
    "amendment.signed": ("workflow_signature_packet_fully_signed", "workflow_completed"),
    "workflow.cancelled": ("workflow_cancelled",),
    "amendment.rejected": ("workflow_cancelled",),
    "contract.activated": ("record_contract_status_changed",),
    "contract.voided": ("record_contract_status_changed",),
    "contract.terminated": ("record_contract_status_changed",),
    "contract.superseded": ("record_contract_status_changed",),
}
"""Which events tell of a happening."""

_LOG = logging.getLogger(__name__)


def signed_text(nonce: str, event_id: str, body: bytes) -> bytes:
    """The bytes that are signed. How the three are joined is not documented: this is the estate's own order."""
    return nonce.encode() + event_id.encode() + body


@dataclass(slots=True)
class Webhook:
    """One registration."""

    id: str
    events: list[str]
    target: str
    registered_at: datetime
    status: str = "enabled"
    failures: int = 0

    def shape(self) -> dict[str, Any]:
        """How it looks in an answer."""
        return {
            "id": self.id,
            "events": self.events,
            "targetURL": self.target,
            "status": self.status,
            "consecutiveFailureCount": self.failures,
        }


@dataclass(order=True, slots=True)
class _Delivery:
    due: float
    number: int
    webhook: Webhook
    event_id: str
    body: bytes
    attempt: int = 0


class Webhooks:
    """The registrations, and a thread that sends to them once there is one."""

    def __init__(self, random: Random, retry_seconds: Sequence[float] = RETRY_SECONDS) -> None:
        self.rows: dict[str, Webhook] = {}
        self._private_key: rsa.RSAPrivateKey | None = None
        self._random = random
        self._retry_seconds = retry_seconds
        self._due: list[_Delivery] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._count = 0

    def register(self, asked: dict[str, Any], at: datetime) -> Webhook:
        """Take a registration; refuses unknown events, and a target that has one already."""
        if unknown := asked.keys() - {"events", "targetURL", "status"}:
            raise invalid(min(unknown), f"Unknown field '{min(unknown)}'.")
        for name in ("events", "targetURL"):
            if name not in asked:
                raise missing(name, f"'{name}' is required.")
        events, target = asked["events"], asked["targetURL"]
        if not isinstance(events, list) or not events or not EVENTS.issuperset(map(str, events)):
            raise invalid("events", f"'events' must be a list of {', '.join(sorted(EVENTS))}.")
        if not isinstance(target, str) or urlsplit(target).scheme not in ("http", "https"):
            raise invalid("targetURL", "'targetURL' must be an absolute URL.")
        if any(row.target == target for row in self.rows.values()):
            raise invalid("targetURL", "There is a webhook for this targetURL already.")
        webhook = Webhook(self._new_id(), events, target, at)
        self.rows[webhook.id] = webhook
        return webhook

    def tell(self, happening: Happening) -> None:
        """Send what tells of a happening to everyone who registered before it."""
        wanted = [row for row in self.rows.values() if row.status == "enabled" and row.registered_at <= happening.when]
        for webhook in wanted:
            for event in _HAPPENED.get(happening.what, ()):
                if "*" in webhook.events or event in webhook.events:
                    self._post(webhook, event, happening)

    def public_key_pem(self) -> str:
        """The key that verifies what is sent."""
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._key().public_key().public_bytes(encoding, form).decode()

    def headers(self, event_id: str, body: bytes) -> dict[str, str]:
        """The headers of a delivery, its signature among them."""
        nonce = f"{self._random.getrandbits(128):032x}"
        signature = self._key().sign(signed_text(nonce, event_id, body), padding.PKCS1v15(), hashes.SHA256())
        verification = {
            "nonce": nonce,
            "signAlgorithm": "RSA-SHA256",
            "signature": base64.b64encode(signature).decode(),
            "encoding": "base64",
        }
        return {
            "Content-Type": "application/json",
            "X-Ironclad-Webhook-Event-Id": event_id,
            "X-Ironclad-Webhook-Verification": msgspec.json.encode(verification).decode(),
        }

    def _key(self) -> rsa.RSAPrivateKey:
        """The company's key, made when it is first asked for: that takes a while."""
        with self._changed:
            if self._private_key is None:
                self._private_key = rsa.generate_private_key(65537, 2048)
            return self._private_key

    def _new_id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def _post(self, webhook: Webhook, event: str, happening: Happening) -> None:
        about = {"workflowID": happening.data.get("workflow"), "recordID": happening.data.get("record")}
        body = {
            "companyID": COMPANY,
            "payload": {"event": event} | {name: known for name, known in about.items() if known},
            "timestamp": stamp(happening.when),
            "webhookID": webhook.id,
        }
        with self._changed:
            self._count += 1
            delivery = _Delivery(time.monotonic(), self._count, webhook, self._new_id(), msgspec.json.encode(body))
            heapq.heappush(self._due, delivery)
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_forever, name="ironclad-webhooks", daemon=True)
                self._thread.start()

    def _send_forever(self) -> None:
        with httpx.Client(timeout=10.0, trust_env=False) as client:
            while True:
                delivery = self._next()
                if delivery.webhook.status == "enabled" and not self._send(client, delivery):
                    self._try_later(delivery)

    def _next(self) -> _Delivery:
        with self._changed:
            while True:
                wait = self._due[0].due - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)
                self._changed.wait(wait)

    def _send(self, client: httpx.Client, delivery: _Delivery) -> bool:
        """Whether the target took it; a 410 disables the registration."""
        webhook = delivery.webhook
        headers = self.headers(delivery.event_id, delivery.body)
        try:
            status = client.post(webhook.target, content=delivery.body, headers=headers).status_code
        except httpx.HTTPError as error:
            _LOG.info("webhook not delivered", extra={"outcome": type(error).__name__})
            status = 0
        if 200 <= status < 400:
            webhook.failures = 0
            return True
        webhook.failures += 1
        if status == GONE:
            webhook.status = "disabledBySystem"
        return False

    def _try_later(self, delivery: _Delivery) -> None:
        if delivery.attempt == len(self._retry_seconds):
            delivery.webhook.status = "disabledBySystem"
            return
        delivery.due = time.monotonic() + self._retry_seconds[delivery.attempt]
        delivery.attempt += 1
        with self._changed:
            heapq.heappush(self._due, delivery)
