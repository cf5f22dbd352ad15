"""`Idempotency-Key`: the first answer to a request is kept, and is the answer to its repetition."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from app.api.problems import ProblemError
from app.api.service import Json, Service
from models.store import answers as first_answers
from models.store.answers import Answer

_LONGEST_KEY = 255
_KEPT = ("Location",)

PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": _LONGEST_KEY},
    "description": "A repetition of the request with the same key gets the first answer.",
}


def key_of(request: Request) -> str:
    """The key that a request names, '' for none. 400 for one that cannot be kept."""
    key = request.headers.get("idempotency-key", "")
    if len(key) > _LONGEST_KEY or "\0" in key:
        raise ProblemError(400, f"Idempotency-Key has {len(key)} characters; 1 to {_LONGEST_KEY} are allowed")
    return key


def digest_of(what: str, *parts: bytes) -> UUID:
    """What tells one request from another under the same key: `what` is asked (at most 16 characters), with which
    parts."""
    digest = blake2b(digest_size=16, person=what.encode())
    for part in parts:
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return UUID(bytes=digest.digest())


def once(service: Service, actor: str, key: str, digest: UUID, answer: Callable[[], Json]) -> Response:
    """The first answer to this key, made now unless it was made before. A problem is not kept: it may be gone."""
    if not key:
        return answer()
    at = service.observed_at
    known = service.read(lambda connection: first_answers.claim(connection, actor, key, digest, at))
    if known is not None:
        return Json(known.body, known.status, known.headers)
    try:
        made = answer()
    except BaseException:
        service.read(lambda connection: first_answers.release(connection, actor, key))
        raise
    headers = {name: made.headers[name] for name in _KEPT if name in made.headers}
    kept = Answer(made.status_code, headers, bytes(made.body))
    service.read(lambda connection: first_answers.keep(connection, actor, key, kept))
    return made
