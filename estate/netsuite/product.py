"""NetSuite over HTTP: sign-in, SuiteQL and the record API, behind the account's limit of requests at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from threading import Lock
from typing import Any

import anyio.to_thread
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from estate.happenings import Happening
from estate.netsuite import entities, records, transactions
from estate.netsuite.answers import MAX_ROWS, Refused, answer, collection, invalid, known_parameters, paging
from estate.netsuite.dialect import install
from estate.netsuite.queries import page, stream_of
from estate.netsuite.signin import SYSTEM, SignIn
from estate.netsuite.store import Store
from estate.netsuite.suiteql import QueryError, translate
from estate.pending import Pending
from estate.services import Services

REST = "/services/rest"
CONCURRENCY = 5
"""Requests at a time for the whole account."""

_WRITERS = {**entities.WRITERS, **transactions.WRITERS}
_RECORD_STREAMS = {
    "customer": "customers",
    "job": "projects",
    "invoice": "invoices",
    "billingSchedule": "billing_schedules",
}

Answering = Callable[[Request, bytes], Response]


class Product:
    """The firm's NetSuite."""

    systems: tuple[str, ...] = (SYSTEM,)
    prefix = "/netsuite"

    def __init__(self, services: Services) -> None:
        self._services = services
        self._store = Store()
        install(self._store.database, services.now)
        self._pending = Pending(services, SYSTEM, self._write)
        self._sign_in = SignIn(services)
        self._reading = Lock()
        self._at_work = 0

    def apply(self, happening: Happening) -> None:
        """Take a happening; its rows can be read when the index has caught up."""
        self._pending.add(happening)

    def routes(self) -> Sequence[BaseRoute]:
        """The documented calls; every other path is refused in the product's words."""
        record = f"{REST}/record/v1/{{kind}}"
        return [
            Route(f"{REST}/auth/oauth2/v1/token", self._token, methods=["POST"]),
            Route(f"{REST}/query/v1/suiteql", self._guarded(self._query), methods=["POST"]),
            Route(record, self._guarded(self._list), methods=["GET"]),
            Route(f"{record}/{{name}}", self._guarded(self._record), methods=["GET"]),
            Route(f"{REST}/system/v1/governanceLimits", self._guarded(_limits), methods=["GET"]),
            Route("/{path:path}", self._guarded(_unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]

    def _write(self, happening: Happening) -> None:
        _WRITERS[happening.what](self._store, happening)

    async def _token(self, request: Request) -> Response:
        return _unavailable() if self._services.outage(SYSTEM) else await self._sign_in.token(request)

    def _guarded(self, answering: Answering) -> Callable[[Request], Awaitable[Response]]:
        """The call behind its checks: outage, sign-in, requests at a time. It works in a thread of its own."""

        async def endpoint(request: Request) -> Response:
            if self._services.outage(SYSTEM):
                return _unavailable()
            self._at_work += 1
            try:
                self._sign_in.check(request)
                if self._at_work > CONCURRENCY:
                    raise Refused(429, "CONCURRENCY_LIMIT_EXCEEDED", "Concurrent request limit exceeded.")
                body = await request.body()
                return await anyio.to_thread.run_sync(self._shown, answering, request, body)
            except Refused as refused:
                return refused.response()
            finally:
                self._at_work -= 1

        return endpoint

    def _shown(self, answering: Answering, request: Request, body: bytes) -> Response:
        with self._reading:
            self._pending.show()
            return answering(request, body)

    def _check_stream(self, stream: str) -> None:
        if stream and self._services.outage(SYSTEM, stream):
            raise Refused(503, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable.")

    def _query(self, request: Request, body: bytes) -> Response:
        """`POST suiteql`: one page of a query."""
        known_parameters(request, "limit", "offset")
        if request.headers.get("prefer", "").replace(" ", "").lower() != "transient":
            detail = "The required request header 'Prefer' is missing or has an invalid value. It must be 'transient'."
            raise Refused(400, "INVALID_HEADER", detail, ("Header", "Prefer"))
        text = _asked(request, body)
        limit, offset = paging(request)
        try:
            query = translate(text)
        except QueryError as error:
            detail = f"Invalid search query. Detailed unprocessed description follows. {error}"
            raise invalid("q", detail) from error
        self._check_stream(stream_of(query))
        items, total = page(self._store, query, min(limit, MAX_ROWS - offset), offset)
        return answer(collection(request, items, total))

    def _list(self, request: Request, _body: bytes) -> Response:
        """`GET record/v1/{type}`: ids and links."""
        known_parameters(request, "q", "limit", "offset")
        record_type = self._record_type(request)
        limit, offset = paging(request)
        base = str(request.url.replace(query=""))
        ids, total = records.list_ids(self._store, record_type, request.query_params.get("q"), limit, offset)
        items = [{"links": [{"rel": "self", "href": f"{base}/{key}"}], "id": key} for key in ids]
        return answer(collection(request, items, total))

    def _record(self, request: Request, _body: bytes) -> Response:
        """`GET record/v1/{type}/{id}`: one record."""
        known_parameters(request, "expandSubResources")
        record_type = self._record_type(request)
        expanded = request.query_params.get("expandSubResources", "false")
        if expanded not in ("true", "false"):
            raise invalid("expandSubResources", "The query parameter expandSubResources must be true or false.")
        base = str(request.url.replace(query="")).rpartition(f"/{record_type.name}/")[0]
        body = records.find(self._store, record_type, request.path_params["name"], base)
        if record_type.name == "billingSchedule":
            body |= records.schedule_sublists(body, expanded == "true")
        return answer(body, "singular")

    def _record_type(self, request: Request) -> records.RecordType:
        kind = request.path_params["kind"]
        if kind not in records.RECORD_TYPES:
            raise Refused(404, "NOT_FOUND", f"Record type '{kind}' does not exist.", ("Url", request.url.path))
        self._check_stream(_RECORD_STREAMS[kind])
        return records.RECORD_TYPES[kind]


def _asked(request: Request, body: bytes) -> str:
    """The query of a request: a JSON object with `q` and nothing else."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused(415, "INVALID_HEADER", "The Content-Type must be application/json.", ("Header", "Content-Type"))
    try:
        asked: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Refused(400, "INVALID_CONTENT", "The request body is not a valid JSON object.") from error
    if asked.keys() != {"q"} or not isinstance(asked["q"], str):
        raise Refused(400, "INVALID_CONTENT", "The request body must hold the query in 'q' alone.", ("Path", "q"))
    return asked["q"]


def _limits(_request: Request, _body: bytes) -> Response:
    raise Refused(403, "INSUFFICIENT_PERMISSION", "Permission Violation: only an administrator can see the limits.")


def _unknown(request: Request, _body: bytes) -> Response:
    raise Refused(404, "NOT_FOUND", f"There is no {request.method} for this resource.", ("Url", request.url.path))


def _unavailable() -> Response:
    return Refused(503, "SERVICE_UNAVAILABLE", "The service is temporarily unavailable.").response()
