"""`GET /healthz` and `GET /readyz`: does this process run, and can it do its work?"""

from importlib.metadata import version

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import shapes
from app.api.describe import answers
from app.api.problems import ProblemError
from app.api.service import Json, Service, service_of
from models.errors import ThroughlineError
from models.store import migrate
from models.store.beat import age_of_beat

BEAT_SECONDS = 30.0
"""How long a worker may be silent."""

router = APIRouter(tags=["operations"])


@router.get("/healthz", responses=answers(shapes.Health), response_class=Response)
async def healthz() -> Response:
    """This process runs. Looks at nothing else."""
    return Json({"status": "ok", "version": version("throughline")})


@router.get("/readyz", responses=answers(shapes.Ready, 503), response_class=Response)
def readyz(request: Request) -> Response:
    """The database answers, its migrations are current and, unless this is `web`, a worker was heard within 30 s.

    503 with `reasons` otherwise.
    """
    service = service_of(request)
    checks: dict[str, str] = {}
    reasons: list[str] = []
    try:
        service.read(lambda connection: None)
        checks["database"] = "answers"
        found = migrate.status(service.url)
        if found.is_current:
            checks["migrations"] = "current"
        else:
            reasons.append("migrations: the database is not current; run `throughline db upgrade`")
        if service.needs_worker:
            _look_for_worker(service, checks, reasons)
    except ThroughlineError as error:
        reasons.append(f"database: {error}")
    if reasons:
        raise ProblemError(503, "; ".join(reasons), headers={"Retry-After": "5"}, reasons=reasons, checks=checks)
    return Json({"status": "ready", "checks": checks})


def _look_for_worker(service: Service, checks: dict[str, str], reasons: list[str]) -> None:
    age = service.read(age_of_beat)
    if age is not None and age <= BEAT_SECONDS:
        checks["worker"] = f"heard {age:.0f} s ago"
    else:
        heard = "never" if age is None else f"last {age:.0f} s ago"
        reasons.append(f"worker: heard {heard}; one within {BEAT_SECONDS:.0f} s is needed, see `throughline worker`")
