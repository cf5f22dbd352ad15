"""`POST /api/v1/systems/{name}/streams/{stream}/read_again`: a stream is read once more, because a person doubts it."""

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import shapes
from app.api.body import read_body, require_media_type, unpack
from app.api.describe import answers
from app.api.problems import ProblemError
from app.api.service import Json, Service, service_of
from app.read_again import read_again
from models.questions import read_instant, read_text
from models.store.reading import systems
from models.store.reading.listing import read_asked

router = APIRouter(tags=["systems"])

_ACTOR = "local"
_LARGEST_BODY = 64 * 1024
_LONGEST_REASON = 1_000
_BODY = {
    "requestBody": {
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "from": {"type": "string", "description": "a day or a time; absent: from the beginning"},
                        "reason": {"type": "string", "maxLength": _LONGEST_REASON},
                    },
                }
            }
        }
    }
}


class _Wish(msgspec.Struct, forbid_unknown_fields=True, rename={"start": "from"}):
    start: str | None = None
    reason: str = ""


_wish = msgspec.json.Decoder(_Wish)


@router.post(
    "/api/v1/systems/{name}/streams/{stream}/read_again",
    responses=answers(shapes.System, 400, 404, 408, 413, 415),
    openapi_extra=_BODY,
    response_class=Response,
)
async def post_read_again(request: Request, name: str, stream: str) -> Response:
    """Read a stream again, at once. What it tells is the same, so nothing is counted twice. Answers with the system."""
    service = service_of(request)
    body, is_packed = await read_body(request, _LARGEST_BODY)
    if body:
        require_media_type(request, ("application/json",))
    wish = _read(unpack(body, _LARGEST_BODY) if is_packed else body)
    return await to_thread.run_sync(lambda: _answer(service, name, stream, wish))


def _answer(service: Service, name: str, stream: str, wish: _Wish) -> Response:
    system, stream = read_text("name", name), read_text("stream", stream)
    start = None if wish.start is None else read_instant("from", wish.start, service.zone)
    if not read_again(service.pool, system, stream, start, actor=_ACTOR, reason=wish.reason):
        raise ProblemError(404, f"there is no stream {stream!r} of a system {system!r}")
    asked = read_asked({"name": [system]}, service.zone)
    page = service.read(lambda connection: systems.list_systems(connection, asked, service.now))
    return Json(page.rows[0])


def _read(body: bytes) -> _Wish:
    try:
        wish = _wish.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProblemError(400, f"the body cannot be read: {error}") from error
    if len(wish.reason) > _LONGEST_REASON or "\0" in wish.reason:
        raise ProblemError(400, f"reason has {len(wish.reason)} characters; {_LONGEST_REASON} are allowed")
    return wish
