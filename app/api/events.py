"""`POST /api/v1/events`: events of systems that push, taken whole or piece by piece, answered after commit."""

from collections.abc import Sequence
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from app.api.body import read_body, require_media_type, unpack
from app.api.describe import answers
from app.api.items import Item, split
from app.api.metrics import EVENTS
from app.api.once import PARAMETER, digest_of, key_of, once
from app.api.service import Json, Service, service_of
from app.api.shapes import Taken
from models.events import Event, UnreadableEventError, read_event
from models.store.absorb import Absorbed, absorb
from models.store.engine import Connection, in_transaction
from models.store.quarantine import BadInput, quarantine_all, source_of
from models.store.works import Workshop

MEDIA_TYPES = ("application/cloudevents+json", "application/cloudevents-batch+json", "application/json")
STREAM = "events"

_BATCH = 5_000
_ACTOR = "local"
router = APIRouter()

_BODY = {
    "requestBody": {
        "required": True,
        "description": "One CloudEvent 1.0 or an array of them; at most 32 MiB unpacked; may be packed with gzip.",
        "content": {
            media_type: {
                "schema": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/CloudEvent"},
                        {"type": "array", "items": {"$ref": "#/components/schemas/CloudEvent"}},
                    ]
                }
            }
            for media_type in MEDIA_TYPES
        },
    },
    "parameters": [PARAMETER],
}


@router.post(
    "/api/v1/events",
    tags=["events"],
    responses=answers(Taken, 400, 408, 409, 413, 415, 422, 503),
    openapi_extra=_BODY,
    response_class=Response,
)
async def post_events(request: Request) -> Response:
    """Take events in.

    Answered after commit: `accepted`, `duplicates` and `quarantined` together are the number of events sent. What
    cannot be read is put into quarantine with its place in the array and the reason; the others are taken.
    """
    require_media_type(request, MEDIA_TYPES)
    key = key_of(request)
    service = service_of(request)
    async with service.taking:
        try:
            body, is_packed = await read_body(request)
        except ClientDisconnect:
            return Response(status_code=400)
        return await to_thread.run_sync(lambda: _answer(service, body, is_packed, key))


def _answer(service: Service, body: bytes, is_packed: bool, key: str) -> Response:
    body = unpack(body) if is_packed else body
    items = split(body)
    digest = digest_of("POST events", body)
    del body
    return once(service, _ACTOR, key, digest, lambda: Json(take(service, items)))


def take(service: Service, items: Sequence[Item]) -> dict[str, Any]:
    """Absorb items in the order they came, some thousands a transaction; the shape of the answer."""
    workshop = service.workshop()
    accepted = duplicates = 0
    quarantined: list[dict[str, Any]] = []
    for start in range(0, len(items), _BATCH):
        absorbed, bad = _take_batch(service, items[start : start + _BATCH], workshop)
        accepted += absorbed.accepted
        duplicates += absorbed.duplicates
        quarantined += [{"index": start + index, "reason": reason} for index, reason in sorted(bad.items())]
    for outcome, count in (("accepted", accepted), ("duplicate", duplicates), ("quarantined", len(quarantined))):
        EVENTS.labels(outcome).inc(count)
    return {"accepted": accepted, "duplicates": duplicates, "quarantined": quarantined}


def _take_batch(service: Service, items: Sequence[Item], workshop: Workshop) -> tuple[Absorbed, dict[int, str]]:
    events: list[Event] = []
    places: list[int] = []
    unreadable: dict[int, str] = {}
    for place, item in enumerate(items):
        try:
            if item.reason:
                raise UnreadableEventError(item.reason)
            events.append(read_event(item.raw))
            places.append(place)
        except UnreadableEventError as error:
            unreadable[place] = str(error)
    observed_at = service.observed_at

    def reasons(absorbed: Absorbed) -> dict[int, str]:
        return unreadable | {places[place]: reason for place, reason in absorbed.refused}

    def quarantine(connection: Connection, absorbed: Absorbed) -> None:
        bad = [
            BadInput(source_of(items[place].raw), bytes(items[place].raw), reason)
            for place, reason in reasons(absorbed).items()
        ]
        quarantine_all(connection, STREAM, bad, observed_at)

    if not events:
        in_transaction(service.pool, lambda connection: quarantine(connection, Absorbed(0, 0, [])))
        return Absorbed(0, 0, []), unreadable
    absorbed = absorb(service.pool, events, workshop, observed_at, also=quarantine)
    return absorbed, reasons(absorbed)
