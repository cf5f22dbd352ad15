"""What NetSuite answers: JSON, the collection envelope and its error body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

MAX_LIMIT = 1000
MAX_ROWS = 100_000
"""How far offsets reach into an answer."""

_ERROR_TYPE = "application/vnd.oracle.resource+json; type=error"
_RFC = "https://www.rfc-editor.org/rfc/rfc9110.html#section-"
_TITLES = {
    400: ("Bad Request", "15.5.1"),
    401: ("Unauthorized", "15.5.2"),
    403: ("Forbidden", "15.5.4"),
    404: ("Not Found", "15.5.5"),
    405: ("Method Not Allowed", "15.5.6"),
    415: ("Unsupported Media Type", "15.5.16"),
    429: ("Too Many Requests", "15.5"),
    503: ("Service Unavailable", "15.6.4"),
}


class Refused(Exception):  # noqa: N818
    """A request that is answered with `{type, title, status, o:errorDetails[]}`; `at` says where the error is."""

    def __init__(self, status: int, code: str, detail: str, at: tuple[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.at = status, code, at

    def response(self) -> Response:
        """The answer."""
        title, section = _TITLES[self.status]
        detail = {"detail": str(self), "o:errorCode": self.code}
        if self.at:
            detail[f"o:error{self.at[0]}"] = self.at[1]
        body = {"type": _RFC + section, "title": title, "status": self.status, "o:errorDetails": [detail]}
        headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'} if self.status == 401 else None
        return Response(msgspec.json.encode(body), self.status, headers, _ERROR_TYPE)


def invalid(name: str, detail: str) -> Refused:
    """A query parameter that is not documented or holds what the documentation does not allow."""
    return Refused(400, "INVALID_PARAMETER", detail, ("QueryParam", name))


def answer(body: Any, shape: str = "collection") -> Response:
    """A JSON answer: a `collection` or a `singular` record."""
    return Response(msgspec.json.encode(body), media_type=f"application/vnd.oracle.resource+json; type={shape}")


def paging(request: Request) -> tuple[int, int]:
    """Limit and offset. Refuses a limit over 1,000, an offset that is no multiple of the limit or reaches too far."""
    limit = _whole(request, "limit", MAX_LIMIT)
    offset = _whole(request, "offset", 0)
    if not 1 <= limit <= MAX_LIMIT:
        raise invalid("limit", f"Invalid value for the query parameter limit. It must be from 1 to {MAX_LIMIT}.")
    if offset % limit:
        raise invalid("offset", "Invalid value for the query parameter offset. It must be divisible by limit.")
    if offset >= MAX_ROWS:
        raise invalid("offset", f"Invalid value for the query parameter offset. Only {MAX_ROWS} rows can be reached.")
    return limit, offset


def known_parameters(request: Request, *allowed: str) -> None:
    """Refuses a query parameter that the call does not have, or has twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in allowed:
            raise invalid(name, f"The query parameter '{name}' is not supported.")
        if names.count(name) > 1:
            raise invalid(name, f"The query parameter '{name}' must be given once.")


def collection(request: Request, items: Sequence[Any], total: int) -> dict[str, Any]:
    """The envelope of this page with its links."""
    limit, offset = paging(request)
    reachable = min(total, MAX_ROWS)
    has_more = offset + len(items) < reachable and bool(items)
    last = max(0, (reachable - 1) // limit * limit)
    links = [_link(request, "self", limit, offset)]
    if has_more:
        links += [_link(request, "last", limit, last), _link(request, "next", limit, offset + limit)]
    if offset:
        links += [_link(request, "first", limit, 0), _link(request, "previous", limit, offset - limit)]
    return {
        "links": links,
        "count": len(items),
        "hasMore": has_more,
        "items": items,
        "offset": offset,
        "totalResults": total,
    }


def _link(request: Request, relation: str, limit: int, offset: int) -> dict[str, str]:
    asked = {**request.query_params, "limit": limit, "offset": offset}
    return {"rel": relation, "href": str(request.url.replace(query=urlencode(asked)))}


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise invalid(name, f"Invalid value for the query parameter {name}. It must be a whole number.")
    return int(text)
