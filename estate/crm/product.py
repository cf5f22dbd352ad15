"""The org as a product of the estate: rows from happenings, and the REST API over them.

Settings: base_url is the estate's address with `/salesforce` (for both systems, `salesforce` and `certinia`); JWT
bearer with the system's `client_id` (iss), `user` (sub), `https://login.salesforce.com` or the base_url (aud) and
`private_key_pem`, or client credentials with `client_id` and `secret`.
Refused as the product does: see `answers`. A parameter that the documentation does not know is refused too.
"""

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from estate.crm.answers import ApiError, error_answer, json_answer, not_found
from estate.crm.quota import Quota
from estate.crm.reading import LEAST_PAGE, PAGE, Reading, sobject_of
from estate.crm.schema import Sobject
from estate.crm.sign_in import SignIn
from estate.crm.tables import INTEGRATION_USER, Tables
from estate.crm.writing import write
from estate.happenings import Happening
from estate.pending import Pending
from estate.services import ACCEPTED_THEN_NOTHING, WRITE, WRITE_DROPPED, Services

SYSTEMS = ("salesforce", "certinia")
DAILY_REQUESTS = 250_000
VERSIONS = {f"v{number}.0": number for number in range(58, 68)}
PARAMETERS = {"query": {"q"}, "queryAll": {"q"}, "deleted": {"start", "end"}, "updated": {"start", "end"}}
STREAMS = {
    "opportunity": "opportunities",
    "opportunityfieldhistory": "opportunity_history",
    "account": "accounts",
    "pse__proj__c": "projects",
    "pse__proj__history": "project_history",
    "pse__milestone__c": "milestones",
    "pse__milestone__history": "milestone_history",
    "pse__assignment__c": "assignments",
    "pse__budget__c": "budgets",
    "pse__budget__history": "budget_history",
    "pse__timecard_header__history": "timecard_history",
    "pse__expense_report__history": "expense_history",
    "pse__billing_event__history": "billing_event_history",
}
SESSION_INVALID = "Session expired or invalid"
KINDS_OF_JSON: dict[str, tuple[type, ...]] = {"boolean": (bool,), "currency": (int, float), "double": (int, float)}


class Product:
    """Systems `salesforce` and `certinia`: one org, one API."""

    systems: tuple[str, ...] = SYSTEMS
    prefix = "/salesforce"

    def __init__(self, services: Services, daily_requests: int = DAILY_REQUESTS) -> None:
        self._services = services
        self._tables = Tables()
        self._reading = Reading(self._tables)
        self._sign_in = SignIn(services)
        self._quota = Quota(daily_requests)
        self._pending = Pending(services, SYSTEMS[0], self._write)  # one org, one index

    def apply(self, happening: Happening) -> None:
        """Take a happening; its rows show as soon as they are indexed."""
        self._pending.add(happening)

    def routes(self) -> Sequence[Route]:
        """The token endpoint and everything below `/services/data`."""
        anything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        return [
            Route("/services/oauth2/token", self._sign_in.token, methods=["POST"]),
            Route("/services/data", self._versions),
            Route("/services/data/", self._versions),
            Route("/services/data/{version}/{path:path}", self._answer, methods=anything),
        ]

    def _write(self, happening: Happening) -> None:
        write(self._tables, happening)

    async def _versions(self, request: Request) -> Response:
        found = [
            {"label": f"Release {number}", "url": f"/services/data/{version}", "version": version[1:]}
            for version, number in VERSIONS.items()
        ]
        return json_answer(found)

    async def _answer(self, request: Request) -> Response:
        self._pending.show()
        try:
            self._admit(request)
            answer = await self._routed(request)
        except ApiError as error:
            answer = error_answer(error)
        answer.headers["Sforce-Limit-Info"] = self._quota.header
        return answer

    def _admit(self, request: Request) -> None:
        """Raises ApiError for an outage, a session that is none, or an allocation that is used up."""
        if all(self._services.outage(system) for system in SYSTEMS):
            raise ApiError(503, "SERVER_UNAVAILABLE", "Service Unavailable")
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if kind not in ("Bearer", "OAuth") or not self._sign_in.is_live(token.strip()):
            raise ApiError(401, "INVALID_SESSION_ID", SESSION_INVALID)
        if request.path_params["version"] not in VERSIONS:
            raise not_found()
        if not self._quota.take(self._services.wall()):
            raise ApiError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

    async def _routed(self, request: Request) -> Response:
        parts = request.path_params["path"].strip("/").split("/")
        if parts[0] == "sobjects" and len(parts) == 3 and request.method == "PATCH":
            return await self._patch(request, parts[1], parts[2])
        if request.method != "GET":
            raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{request.method}' not allowed. Allowed are GET")
        return json_answer(self._get(request, parts))

    def _get(self, request: Request, parts: list[str]) -> Any:
        version = request.path_params["version"]
        match parts:
            case ["query" | "queryAll" as call]:
                return self._query(request, with_deleted=call == "queryAll")
            case ["query" | "queryAll", locator]:
                self._check_parameters(request, set())
                return self._reading.more(locator, version=version, wall=self._services.wall())
            case ["limits"]:
                self._check_parameters(request, set())
                left = self._quota.limit - self._quota.used
                return {"DailyApiRequests": {"Max": self._quota.limit, "Remaining": left}}
            case ["sobjects"]:
                return self._reading.sobjects(version)
            case ["sobjects", name, *rest] if len(rest) <= 1:
                return self._sobject(request, name, rest[0] if rest else "describe")
        raise not_found()

    def _sobject(self, request: Request, name: str, what: str) -> Any:
        version = request.path_params["version"]
        self._check_parameters(request, PARAMETERS.get(what, {"fields"}))
        self._is_up(sobject_of(name).name)
        if what in ("deleted", "updated"):
            now = self._services.now()
            return self._reading.changed(name, request.query_params, now, deleted=what == "deleted")
        if what == "describe":
            return self._reading.describe(name, version)
        return self._reading.one(name, what, request.query_params.get("fields"), version)

    def _query(self, request: Request, *, with_deleted: bool) -> Any:
        self._check_parameters(request, {"q"})
        text = request.query_params.get("q", "")
        if not text.strip():
            raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
        words = text.replace("\n", " ").split()
        lower = [word.lower() for word in words]
        self._is_up(words[lower.index("from") + 1] if "from" in lower[:-1] else "")
        return self._reading.query(
            text,
            with_deleted=with_deleted,
            page=_page_size(request),
            version=request.path_params["version"],
            wall=self._services.wall(),
        )

    def _check_parameters(self, request: Request, known: set[str]) -> None:
        for name in request.query_params:
            if name not in known:
                raise ApiError(400, "ILLEGAL_QUERY_PARAMETER_VALUE", f"The query parameter '{name}' is not supported")

    def _is_up(self, name: str) -> None:
        """Raises ApiError while the system of an object, or the stream that reads it, is out."""
        system = system_of(name)
        streams = {"", name, STREAMS.get(name.lower(), name)}
        if any(self._services.outage(system, stream) for stream in streams):
            raise ApiError(503, "SERVER_UNAVAILABLE", f"{name or 'The service'} is temporarily unavailable")

    async def _patch(self, request: Request, name: str, row_id: str) -> Response:
        sobject = sobject_of(name)
        row = self._reading.standing(sobject, row_id)
        values = _checked(sobject, await request.body())
        self._is_up(sobject.name)
        system = system_of(sobject.name)
        is_dropped = self._services.lie(system) in (ACCEPTED_THEN_NOTHING, WRITE_DROPPED)
        if not is_dropped:
            self._tables.change(sobject.name, row["Id"], self._services.now(), values, INTEGRATION_USER)
        self._services.log(
            system=system,
            act=WRITE,
            item=row["Id"],
            operation=f"{sobject.name}:{','.join(sorted(values))}",
            executed=not is_dropped,
            outcome="nothing" if is_dropped else "done",
        )
        return json_answer(None, 204)


def system_of(name: str) -> str:
    """Which of the org's two systems an object belongs to, by its name."""
    return SYSTEMS[name.lower().startswith("pse__")]


def _page_size(request: Request) -> int:
    """Rows a page: the header is a hint, kept between 200 and 2,000."""
    options = request.headers.get("sforce-query-options", "")
    name, _, size = options.replace(" ", "").partition("=")
    if name.lower() != "batchsize" or not size.isdigit():
        return PAGE
    return min(max(int(size), LEAST_PAGE), PAGE)


def _checked(sobject: Sobject, body: bytes) -> dict[str, Any]:
    """The fields of a write. Raises ApiError for what is no JSON object, no field, not writable or of another type."""
    try:
        values = json.loads(body)
    except ValueError as error:
        raise ApiError(400, "JSON_PARSER_ERROR", f"Unexpected character: {error}") from error
    if not isinstance(values, dict):
        raise ApiError(400, "JSON_PARSER_ERROR", "Can not deserialize: expected a JSON object")
    checked = {}
    for name, value in values.items():
        field = sobject.by_name.get(name.lower())
        if field is None:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
        if not field.is_writable:
            message = f"Unable to create/update fields: {field.name}. Please check the security settings of this field."
            raise ApiError(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, (field.name,))
        kinds = KINDS_OF_JSON.get(field.kind, (str,))
        if value is not None and (not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds)):
            raise ApiError(400, "JSON_PARSER_ERROR", f"Cannot deserialize {field.kind} from {name}", (field.name,))
        checked[field.name] = value
    return checked
