"""`POST /webhooks/{system}`: a system says that something happened, and is asked at once what it was.

A webhook is never state: what is lost or forged of them delays or hastens a poll, and changes nothing else.
"""

import logging
from hashlib import blake2b
from uuid import UUID

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import Field
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from app.api.body import read_body, unpack
from app.api.describe import answers
from app.api.problems import ProblemError
from app.api.service import Json, Service, service_of
from app.api.shapes import Shape
from collectors.intake.webhook_errors import ForgedError, UnknownHookError, UnsignedError
from collectors.intake.webhooks import Hint
from models.store import answers as first_answers
from models.store import streams
from models.store.answers import Answer
from models.store.engine import Connection

_log = logging.getLogger(__name__)

LIMIT = 2**20
"""Bytes of a webhook; they are pointers of a few hundred."""

_STATUS = {UnknownHookError: 404, UnsignedError: 401, ForgedError: 403}
router = APIRouter(tags=["webhooks"])


class Hinted(Shape):
    """What a webhook led to."""

    hinted: list[str] = Field(description="the streams that are read at once")


@router.post(
    "/webhooks/{system}", responses=answers(Hinted, 401, 403, 404, 408, 413, 415, 422, 503), response_class=Response
)
async def post_webhook(request: Request, system: str) -> Response:
    """Take a webhook: its signature is verified, and the streams it speaks of are read at once.

    A repetition, told by the id of the event, gets the first answer.
    """
    service = service_of(request)
    try:
        body, is_packed = await read_body(request, LIMIT)
    except ClientDisconnect:
        return Response(status_code=400)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return await to_thread.run_sync(
        lambda: _answer(service, system, headers, unpack(body, LIMIT) if is_packed else body)
    )


def _answer(service: Service, system: str, headers: dict[str, str], body: bytes) -> Response:
    try:
        hint = service.webhooks.verified(system, headers, body)
    except (UnknownHookError, UnsignedError, ForgedError) as error:
        status = _STATUS[type(error)]
        _log.warning(
            "a webhook is not taken", extra={"action": "webhook", "system": system[:100], "outcome": str(error)}
        )
        wanted = {"WWW-Authenticate": "Signature"} if status == 401 else {}
        raise ProblemError(status, str(error), headers=wanted) from error
    at = service.observed_at
    digest = UUID(bytes=blake2b(body, digest_size=16, person=b"webhook").digest())

    def work(connection: Connection) -> Answer:
        actor = f"webhook/{system}"
        known = first_answers.claim(connection, actor, hint.event_id, digest, at)
        if known is not None:
            return known
        answer = Answer(200, {}, msgspec.json.encode({"hinted": _hint(connection, system, hint)}))
        first_answers.keep(connection, actor, hint.event_id, answer)
        return answer

    return Json(service.read(work).body)


def _hint(connection: Connection, system: str, hint: Hint) -> list[str]:
    return [stream for stream in hint.streams if streams.hint(connection, system, stream)]
