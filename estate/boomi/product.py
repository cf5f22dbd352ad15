"""Boomi as a product of the estate: executions from happenings, and the platform API over them.

Settings: base_url is the estate's address with `/boomi/api/rest/v1/{account}`, where the account is the `client_id` of
the credentials; HTTP Basic with `user` (`BOOMI_TOKEN.<email>`) and `token`. Ten requests a second for the account; more
are answered 503. Whoever does not ask for JSON, by `Accept` and `Content-Type`, gets XML and is read as XML.
The firm's contract keeps executions and documents for as long as it lives; only a lie `expired` purges them.
"""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from estate.boomi.answers import ApiError, answer, error_answer
from estate.boomi.asking import Records
from estate.boomi.downloads import Downloads
from estate.boomi.rerunning import SYSTEM, Rerunning
from estate.boomi.rows import execution_of
from estate.happenings import Happening
from estate.pending import Pending
from estate.services import Services

REQUESTS_A_SECOND = 10
QUERIED = ("ExecutionRecord", "GenericConnectorRecord", "ExecutionConnector", "CustomTrackedField")
STREAMS = {"ExecutionRecord": "executions", "GenericConnectorRecord": "documents"}
MOST_IN_BULK = 100

Handler = Callable[[Request], Awaitable[Response]]


class Product:
    """System `boomi`."""

    systems: tuple[str, ...] = (SYSTEM,)
    prefix = "/boomi"

    def __init__(self, services: Services) -> None:
        self._services = services
        self._client = services.credentials(SYSTEM)
        self._records = Records()
        self._downloads = Downloads(services, self._records)
        self._rerunning = Rerunning(services, self._records, self.account)
        self._pending = Pending(services, SYSTEM, self._write)

    @property
    def account(self) -> str:
        """The account id, part of every path."""
        return self._client.client_id

    def apply(self, happening: Happening) -> None:
        """Take a happening; its execution shows as soon as it is indexed."""
        self._pending.add(happening)

    def routes(self) -> Sequence[Route]:
        """The platform API, and where documents are downloaded."""
        base = "/api/rest/v1/{account}"
        anything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            Route(f"{base}/{{kind}}/query", self._guarded(self._query), methods=["POST"]),
            Route(f"{base}/{{kind}}/queryMore", self._guarded(self._query_more), methods=["POST"]),
            Route(f"{base}/GenericConnectorRecord/bulk", self._guarded(self._bulk), methods=["POST"]),
            Route(f"{base}/GenericConnectorRecord/{{id}}", self._guarded(self._document), methods=["GET"]),
            Route(f"{base}/RerunDocument", self._guarded(self._rerun), methods=["POST"]),
            Route(f"{base}/ExecutionRecord/async/{{request}}", self._guarded(self._rerun_result), methods=["GET"]),
            Route(f"{base}/ConnectorDocument", self._guarded(self._payload), methods=["POST"]),
            Route("/account/{account}/api/download/{name}", self._guarded(self._download), methods=["GET"]),
            Route("/{path:path}", self._guarded(self._nothing), methods=anything),
        ]

    def _write(self, happening: Happening) -> None:
        self._records.add(execution_of(self.account, happening.at, happening.data))

    def _guarded(self, handle: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            self._pending.show()
            try:
                self._admit(request)
                return await handle(request)
            except ApiError as error:
                return error_answer(request, error)

        return guarded

    def _admit(self, request: Request) -> None:
        """Raises ApiError for an outage, a wrong sign-in, another account, or too many requests."""
        kind = request.path_params.get("kind", "")
        if self._services.outage(SYSTEM, kind) or self._services.outage(SYSTEM, STREAMS.get(kind, kind)):
            raise ApiError(503, "Service Unavailable")
        if _basic(request) != (self._client.user, self._client.token):
            raise ApiError(401, "Unauthorized: the user name or token is not valid")
        account = request.path_params.get("account", self.account)
        if account != self.account:
            raise ApiError(403, f"User is not authorized to access account {account}")
        if self._services.throttle(SYSTEM, REQUESTS_A_SECOND, 1.0):
            raise ApiError(503, f"Account {self.account} exceeded {REQUESTS_A_SECOND} requests per second")

    async def _query(self, request: Request) -> Response:
        return answer(request, self._records.query(_kind(request), await _json(request)))

    async def _query_more(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("text/plain"):
            raise ApiError(415, "queryMore takes the query token as text/plain")
        return answer(request, self._records.more(_kind(request), (await request.body()).decode()))

    async def _bulk(self, request: Request) -> Response:
        body = await _json(request)
        listed = body.get("request")
        if body.get("type") != "GET" or not isinstance(listed, list) or len(listed) > MOST_IN_BULK:
            raise ApiError(400, f"A bulk request is of type GET and has at most {MOST_IN_BULK} ids")
        found = [self._records.document(str(item.get("id"))) for item in listed if isinstance(item, Mapping)]
        results = [
            {"@type": "Result", "index": index, "id": item.get("id"), "statusCode": 200 if document else 404}
            | ({"Result": document.row} if document else {})
            for index, (item, document) in enumerate(zip(listed, found, strict=False))
        ]
        return answer(request, {"@type": "BulkResult", "response": results})

    async def _document(self, request: Request) -> Response:
        document = self._records.document(request.path_params["id"])
        if document is None:
            raise ApiError(404, f"GenericConnectorRecord {request.path_params['id']} was not found")
        return answer(request, document.row)

    async def _rerun(self, request: Request) -> Response:
        name = self._rerunning.rerun(await _json(request))
        url = str(request.url).removesuffix("RerunDocument") + f"ExecutionRecord/async/{name}"
        return answer(request, {"@type": "RerunDocument", "requestId": name, "recordUrl": url})

    async def _rerun_result(self, request: Request) -> Response:
        row = self._rerunning.result(request.path_params["request"])
        status = 200 if row else 202
        told: dict[str, Any] = {"@type": "AsyncOperationResult", "responseStatusCode": status}
        if row:
            told |= {"numberOfResults": 1, "result": [row]}
        return answer(request, told, status)

    async def _payload(self, request: Request) -> Response:
        name = self._downloads.ask((await _json(request)).get("genericConnectorRecordId"))
        root = str(request.url).partition("/api/rest/v1/")[0]
        url = f"{root}/account/{self.account}/api/download/{name}"
        told = {"@type": "LogDownload", "statusCode": 202, "message": "Beginning download.", "url": url}
        return answer(request, told, 202)

    async def _download(self, request: Request) -> Response:
        payload = self._downloads.take(request.path_params["name"])
        if payload is None:
            return Response(b"", 202)
        return Response(msgspec.json.encode(payload, enc_hook=str), media_type="application/json")

    async def _nothing(self, request: Request) -> Response:
        raise ApiError(404, f"No operation {request.method} {request.path_params['path']}")


def _kind(request: Request) -> str:
    kind = str(request.path_params["kind"])
    if kind not in QUERIED:
        raise ApiError(404, f"No object {kind}")
    if request.query_params:
        raise ApiError(400, f"Unrecognized parameter: {', '.join(request.query_params)}")
    return kind


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (user, password) if scheme == "Basic" else None


async def _json(request: Request) -> Mapping[str, Any]:
    """The JSON object of a body. Raises ApiError: what does not say that it is JSON is read as XML."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise ApiError(400, "Invalid XML: Content is not allowed in prolog")
    body = await request.body()
    try:
        found = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError(400, f"Invalid JSON: {error}") from error
    if not isinstance(found, Mapping):
        raise ApiError(400, "Invalid JSON: an object is expected")
    return found
