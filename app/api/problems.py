"""Problem documents (RFC 9457): the one shape in which every error leaves the HTTP interface."""

import logging
import math
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute

from models.errors import Misconfigured, Refused, RetryLater, SkipRecord, ThroughlineError
from models.questions import NotSupportedError, QuestionError
from models.store.answers import AnswerPendingError, OtherRequestError
from models.store.reading.journeys import AmbiguousKeyError

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = 5
# By family, and before it what differs from its family; the first that fits.
_STATUS: dict[type[Exception], int] = {
    AmbiguousKeyError: 409,
    NotSupportedError: 422,
    QuestionError: 400,
    OtherRequestError: 422,
    AnswerPendingError: 409,
    RetryLater: 503,
    Misconfigured: 503,
    Refused: 409,
    SkipRecord: 400,
}


class ProblemError(Exception):
    """An answer other than the one that was asked for; becomes a problem document."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})
        self.members = members


def problem(
    status: int, detail: str, path: str, *, headers: Mapping[str, str] | None = None, **members: Any
) -> Response:
    """A problem document. `members` are further ones, such as what would have been allowed."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": path,
    } | members
    return Response(msgspec.json.encode(document), status, dict(headers or {}), MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let every error of the application end as a problem document."""
    app.add_exception_handler(ProblemError, _told)
    app.add_exception_handler(ThroughlineError, _ours)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(RequestValidationError, _invalid)


def methods_at(routes: Iterable[BaseRoute], path: str) -> list[str]:
    """The methods that are possible at a path; none where there is nothing."""
    found: set[str] = set()
    for route in routes:
        pattern = getattr(route, "path_regex", None)
        if pattern is not None and pattern.match(path):
            found |= getattr(route, "methods", None) or set()
    if "GET" in found:
        found |= {"HEAD"}
    return sorted(found | {"OPTIONS"}) if found else []


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError), "registered for it"
    return problem(error.status, error.detail, request.url.path, headers=error.headers, **error.members)


async def _ours(request: Request, error: Exception) -> Response:
    status, members, headers = meaning(error)
    if status >= 500:
        _log.warning("request not answered", extra={"action": request.url.path, "outcome": str(error)})
    return problem(status, str(error), request.url.path, headers=headers, **members)


def meaning(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, further members and headers of one of our errors, by what the caller should do next."""
    members: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if isinstance(error, QuestionError):
        named = "journeys" if isinstance(error, AmbiguousKeyError) else "allowed"
        members = {"parameter": error.parameter} | ({named: error.allowed} if error.allowed else {})
    if isinstance(error, RetryLater):
        wait = _RETRY_SECONDS if error.wait_seconds is None else max(1, math.ceil(error.wait_seconds))
        headers = {"Retry-After": str(wait)}
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500), members, headers


async def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for it"
    path = request.url.path
    said = {
        404: f"there is nothing at {path[:200]}; the document at /api/v1/openapi.json lists what there is",
        405: f"{request.method} is not possible at {path[:200]}",
    }
    detail = said.get(error.status_code) or str(error.detail)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(methods_at(request.app.routes, path))
    return problem(error.status_code, detail, path, headers=headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError), "registered for it"
    found = [{"at": [str(part) for part in one["loc"]], "message": one["msg"]} for one in error.errors()]
    detail = "; ".join(f"{'.'.join(one['at'])}: {one['message']}" for one in found)
    return problem(400, detail, request.url.path, errors=found)


def unexpected(request: Request, error: Exception) -> Response:
    """The answer to a request on which the program failed, which is logged."""
    number = uuid4().hex[:12]
    # What went wrong may hold what must not leave; the number leads to it in the log.
    _log.error("request failed", exc_info=error, extra={"action": request.url.path, "error_number": number})
    return problem(500, f"something unexpected went wrong; the log tells it under {number}", request.url.path)
