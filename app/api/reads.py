"""The reading half of `/api/v1`: lists and single things, in the shapes that the store answers."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.api import keys, shapes
from app.api.describe import answers, list_parameters
from app.api.problems import ProblemError
from app.api.service import Json, Service, service_of
from models.store.engine import Connection
from models.store.reading import amendments, audit, exceptions, journeys, quarantine, systems, transactions
from models.store.reading.listing import Asked, Page, read_asked

keys.install()
router = APIRouter(tags=["reading"])


@router.get(
    "/api/v1/journeys",
    responses=answers(shapes.a_list(shapes.Journey), 400),
    openapi_extra=list_parameters(journeys.JOURNEYS),
    response_class=Response,
)
def list_journeys(request: Request) -> Response:
    """Journeys, by key unless asked otherwise."""
    return _list(request, lambda connection, asked, service: journeys.list_journeys(connection, asked, service.now))


@router.get("/api/v1/journeys/{key:key}", responses=answers(shapes.Journey, 400, 404, 409), response_class=Response)
def get_journey(request: Request, key: str) -> Response:
    """One journey, by its contract or by `kind:value` of any key that leads to it; 409 for a key of several."""
    return _one(request, f"journey {key!r}", lambda connection, now: journeys.find_journey(connection, key, now))


@router.get(
    "/api/v1/amendments",
    responses=answers(shapes.a_list(shapes.Amendment), 400),
    openapi_extra=list_parameters(amendments.AMENDMENTS),
    response_class=Response,
)
def list_amendments(request: Request) -> Response:
    """Amendments, the latest approved first."""
    return _list(request, lambda connection, asked, _: amendments.list_amendments(connection, asked))


@router.get(
    "/api/v1/exceptions",
    responses=answers(shapes.a_list(shapes.OpenException), 400),
    openapi_extra=list_parameters(exceptions.EXCEPTIONS),
    response_class=Response,
)
def list_exceptions(request: Request) -> Response:
    """Exceptions as they stand now, the latest first. One that several contracts share is listed for the least."""
    return _list(request, lambda connection, asked, service: exceptions.list_exceptions(connection, asked, service.now))


@router.get("/api/v1/exceptions/{id:key}", responses=answers(shapes.OpenException, 404), response_class=Response)
def get_exception(request: Request, id: str) -> Response:
    """One exception."""
    return _one(request, f"exception {id!r}", lambda connection, now: exceptions.find_exception(connection, id, now))


@router.get("/api/v1/transactions/{id:key}", responses=answers(shapes.Transaction, 404), response_class=Response)
def get_transaction(request: Request, id: str) -> Response:
    """One operation with all its attempts, by the transaction of any attempt or by the operation."""
    masking = service_of(request).masking
    return _one(
        request,
        f"transaction {id!r}",
        lambda connection, _: transactions.find_transaction(connection, id, masking),
    )


@router.get(
    "/api/v1/systems",
    responses=answers(shapes.a_list(shapes.System), 400),
    openapi_extra=list_parameters(systems.SYSTEMS),
    response_class=Response,
)
def list_systems(request: Request) -> Response:
    """Systems with how far each of their streams was read."""
    return _list(request, lambda connection, asked, service: systems.list_systems(connection, asked, service.now))


@router.get(
    "/api/v1/audit",
    responses=answers(shapes.a_list(shapes.AuditEntry), 400),
    openapi_extra=list_parameters(audit.AUDIT),
    response_class=Response,
)
def list_audit(request: Request) -> Response:
    """Who did what, the latest first."""
    return _list(request, lambda connection, asked, _: audit.list_audit(connection, asked))


@router.get(
    "/api/v1/quarantine",
    responses=answers(shapes.a_list(shapes.Quarantined), 400),
    openapi_extra=list_parameters(quarantine.QUARANTINE),
    response_class=Response,
)
def list_quarantine(request: Request) -> Response:
    """Input that could not be read and still waits, the latest first."""
    return _list(
        request, lambda connection, asked, service: quarantine.list_quarantine(connection, asked, service.masking)
    )


def _asked(request: Request) -> Asked:
    parameters: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        parameters.setdefault(name, []).append(value)
    return read_asked(parameters, service_of(request).zone)


def _list(request: Request, work: Callable[[Connection, Asked, Service], Page]) -> Response:
    service = service_of(request)
    asked = _asked(request)
    return _page(service.read(lambda connection: work(connection, asked, service)))


def _page(page: Page) -> Response:
    return Json({"items": page.rows, "next": page.next})


def _one(request: Request, called: str, work: Callable[[Connection, Any], dict[str, Any] | None]) -> Response:
    service = service_of(request)
    row = service.read(lambda connection: work(connection, service.now))
    if row is None:
        raise _missing(called)
    return Json(row)


def _missing(called: str) -> ProblemError:
    return ProblemError(404, f"there is no {called[:200]}")
