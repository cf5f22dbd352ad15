"""Ironclad over HTTP: the routes of the documented calls, and the checks that stand before each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from estate.happenings import Happening
from estate.ironclad import calls
from estate.ironclad.answers import Refused, answer, invalid, not_found, unavailable
from estate.ironclad.asking import parameters
from estate.ironclad.signin import SYSTEM, SignIn
from estate.ironclad.tables import Tables
from estate.ironclad.webhooks import COMPANY, Webhooks
from estate.ironclad.writing import write
from estate.pending import Pending
from estate.services import Services

API = "/public/api/v1"
MINUTE = 60.0
WORKFLOWS_READ, RECORDS_READ, WEBHOOKS = ("workflows.read", 400), ("records.read", 600), ("webhooks", 400)
"""Buckets of requests a minute for the whole company. That of the webhooks is not documented."""

_PAGING = ("page", "pageSize")
_RECORDS = (*_PAGING, "lastUpdated", "types", "filter", "sortField", "sortDirection")
_WHOLE = ("addressAsObject", "hydrateEntities")


@dataclass(frozen=True, slots=True)
class _Call:
    """A documented read: where, what answers it, its outage stream, bucket, scope and parameters."""

    path: str
    reads: Callable[..., Any]
    stream: str
    bucket: tuple[str, int]
    scope: str
    allowed: tuple[str, ...] = ()


_READ_WORKFLOWS, _READ_RECORDS = "public.workflows.readWorkflows", "public.records.readRecords"
_CALLS = (
    _Call(
        "/workflows",
        calls.workflows,
        "workflows",
        WORKFLOWS_READ,
        _READ_WORKFLOWS,
        (*_PAGING, "status", "template", "lastUpdated", "filter", "hydrateEntities"),
    ),
    _Call("/workflows/{name}", calls.workflow, "workflows", WORKFLOWS_READ, _READ_WORKFLOWS, ("hydrateEntities",)),
    _Call(
        "/workflows/{name}/approvals",
        calls.approvals,
        "approvals",
        WORKFLOWS_READ,
        "public.workflows.readApprovals",
    ),
    _Call(
        "/workflows/{name}/approval-requests",
        calls.approval_requests,
        "approvals",
        WORKFLOWS_READ,
        "public.workflows.readApprovals",
        (*_PAGING, "actorDetails", "requestType"),
    ),
    _Call(
        "/workflows/{name}/turn-history",
        calls.turn_history,
        "workflows",
        WORKFLOWS_READ,
        "public.workflows.readTurnHistory",
        _PAGING,
    ),
    _Call(
        "/workflows/{name}/signatures",
        calls.signatures,
        "workflows",
        WORKFLOWS_READ,
        "public.workflows.readSignatures",
    ),
    _Call(
        "/workflows/{name}/sign-status",
        calls.signatures,
        "workflows",
        WORKFLOWS_READ,
        "public.workflows.readSignatures",
    ),
    _Call("/records", calls.records, "records", RECORDS_READ, _READ_RECORDS, (*_RECORDS, *_WHOLE)),
    _Call("/records/ids", calls.record_ids, "record_ids", RECORDS_READ, _READ_RECORDS, _RECORDS),
    _Call("/records/metadata", calls.metadata, "records", RECORDS_READ, "public.records.readSchemas"),
    _Call("/records/{name}", calls.record, "records", RECORDS_READ, _READ_RECORDS, _WHOLE),
    _Call(
        "/obligations",
        calls.obligations,
        "obligations",
        RECORDS_READ,
        "public.obligations.readObligations",
        (*_PAGING, "filter", "sortField", "sortDirection"),
    ),
)


class Product:
    """The firm's Ironclad."""

    systems: tuple[str, ...] = (SYSTEM,)
    prefix = "/ironclad"

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tables = Tables()
        self._pending = Pending(services, SYSTEM, lambda happening: write(self._tables, happening))
        self._sign_in = SignIn(services)
        self.webhooks = Webhooks(services.random(SYSTEM, "webhooks"))

    def apply(self, happening: Happening) -> None:
        """Take a happening; its rows can be read when the index has caught up, its webhooks go out at once."""
        self._pending.add(happening)
        self.webhooks.tell(happening)

    def routes(self) -> Sequence[BaseRoute]:
        """The documented calls; every other path answers NOT_FOUND."""
        reads = [Route(API + call.path, self._guarded(self._reading(call), call)) for call in _CALLS]
        hooks = _Call("/webhooks", self._list_webhooks, "", WEBHOOKS, "public.webhooks.readWebhooks")
        making = _Call("/webhooks", self._list_webhooks, "", WEBHOOKS, "public.webhooks.createWebhooks")
        dropping = _Call("/webhooks", self._list_webhooks, "", WEBHOOKS, "public.webhooks.deleteWebhooks")
        return [
            Route("/oauth/token", self._token, methods=["POST"]),
            Route("/oauth/company-info", self._company, methods=["GET"]),
            *reads,
            Route(f"{API}/webhooks", self._guarded(self._list_webhooks, hooks), methods=["GET"]),
            Route(f"{API}/webhooks", self._guarded(self._register, making), methods=["POST"]),
            Route(f"{API}/webhooks/verification-key", self._guarded(self._key, hooks), methods=["GET"]),
            Route(f"{API}/webhooks/{{id}}", self._guarded(self._unregister, dropping), methods=["DELETE"]),
            Route("/{path:path}", _unknown, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]

    def _guarded(
        self, answering: Callable[[Request, dict[str, str]], Awaitable[Response]], call: _Call
    ) -> Callable[[Request], Awaitable[Response]]:
        """The call behind its checks: outage, token, user, scope, bucket, parameters."""

        async def endpoint(request: Request) -> Response:
            if self._services.outage(SYSTEM, call.stream):
                return unavailable()
            try:
                self._sign_in.check(request, call.scope)
                self._throttle(call.bucket)
                asked = parameters(request.query_params, call.allowed)
                return await answering(request, asked)
            except Refused as refused:
                return refused.response()

        return endpoint

    def _throttle(self, bucket: tuple[str, int]) -> None:
        name, limit = bucket
        if self._services.throttle(f"{SYSTEM}.{name}", limit, MINUTE):
            raise Refused(429, "TOO_MANY_REQUESTS", f"More than {limit} requests a minute.")

    def _reading(self, call: _Call) -> Callable[[Request, dict[str, str]], Awaitable[Response]]:
        async def answering(request: Request, asked: dict[str, str]) -> Response:
            self._pending.show()
            return answer(call.reads(self._tables, asked, **request.path_params))

        return answering

    async def _token(self, request: Request) -> Response:
        return unavailable() if self._services.outage(SYSTEM) else await self._sign_in.token(request)

    async def _company(self, request: Request) -> Response:
        if self._services.outage(SYSTEM):
            return unavailable()
        try:
            self._sign_in.check(request, None, is_for_user=False)
        except Refused as refused:
            return refused.response()
        company = {"companyId": COMPANY, "companyName": "northgate", "companyDisplayName": "Northgate Consulting"}
        return answer(company | {"entitlements": []})

    async def _list_webhooks(self, _request: Request, _asked: dict[str, str]) -> Response:
        rows = [row.shape() for row in self.webhooks.rows.values()]
        return answer({"count": len(rows), "list": rows})

    async def _register(self, request: Request, _asked: dict[str, str]) -> Response:
        try:
            body = msgspec.json.decode(await request.body(), type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise invalid("body", "The body must be a JSON object.") from error
        return answer(self.webhooks.register(body, self._services.now()).shape(), 201)

    async def _unregister(self, request: Request, _asked: dict[str, str]) -> Response:
        if self.webhooks.rows.pop(request.path_params["id"], None) is None:
            raise not_found("There is no such webhook.")
        return Response(status_code=204)

    async def _key(self, _request: Request, _asked: dict[str, str]) -> Response:
        return PlainTextResponse(self.webhooks.public_key_pem())


async def _unknown(request: Request) -> Response:
    return not_found(f"{request.method} {request.url.path} is not part of this API.").response()
