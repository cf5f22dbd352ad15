"""The application of the HTTP interface, put together."""

import time
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from starlette.responses import Response

from app.api import actions, events, figures, health, metrics, otlp, problems, quarantine, reads, streams, webhooks
from app.api.describe import describe
from app.api.service import Service

_DESCRIPTION = """\
What Throughline knows, and the way for systems to tell it.

Errors are problem documents (RFC 9457). Times are RFC 3339 in UTC, money is `{"amount": "12.50", "currency": "EUR"}`,
what is unknown is null. Lists answer `{"items": [...], "next": cursor or null}`; filters compare top-level fields,
repeated ones mean or, `X_from` and `X_to` are half open, an unknown filter is an error. HEAD and OPTIONS work
everywhere."""

_METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def build(service: Service) -> FastAPI:
    """The application for one store."""
    app = FastAPI(
        title="Throughline",
        version="1",
        description=_DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        # Its pages load their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    problems.install(app)
    for module in (health, metrics, reads, figures, events, quarantine, actions, otlp, streams, webhooks):
        # Side by side, not nested: which methods a path has is answered from this list.
        app.router.routes.extend(module.router.routes)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.middleware("http")(_measure)
    return app


async def _measure(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    begun = time.perf_counter()
    try:
        response = await call_next(request)
    except Exception as error:  # noqa: BLE001 - the top of a request
        # Answered here and not further out, where the server would break the connection as well.
        response = problems.unexpected(request, error)
    route = getattr(request.scope.get("route"), "path", "none")
    # A method is whatever the other side calls it; labels must not be.
    method = request.method if request.method in _METHODS else "other"
    metrics.REQUESTS.labels(route, method, response.status_code).observe(time.perf_counter() - begun)
    return response
