"""`POST /api/v1/quarantine/{id}/reimport`: input that could not be read is read again by today's rules."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import shapes
from app.api.describe import answers
from app.api.problems import ProblemError
from app.api.service import Json, service_of
from app.reimport import Result, reimport
from models.store.reading.quarantine import find_quarantined

router = APIRouter(tags=["quarantine"])

_ACTOR = "local"
_LARGEST = 2**63


@router.post(
    "/api/v1/quarantine/{id}/reimport",
    responses=answers(shapes.Quarantined, 404, 409, 422),
    response_class=Response,
)
def post_reimport(request: Request, id: str) -> Response:
    """Read an input again. 422 with the reason when it still cannot be read; the entry waits on.

    What is read becomes state as if it had been readable the first time. Doing it again changes nothing.
    """
    service = service_of(request)
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 20 and int(id) < _LARGEST else None
    outcome = None
    if number is not None:
        outcome = reimport(service.pool, number, service.workshop(), service.observed_at, _ACTOR, service.names)
    if number is None or outcome is None:
        raise ProblemError(404, f"there is no entry {id[:50]!r} in quarantine")
    if outcome.result is Result.UNREADABLE:
        raise ProblemError(422, f"it still cannot be read: {outcome.reason}", reason=outcome.reason)
    return Json(service.read(lambda connection: find_quarantined(connection, number, service.masking)))
