"""What Ironclad answers: JSON bodies, the page envelope and its error body."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from starlette.responses import Response

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Refused(Exception):  # noqa: N818
    """A request that is answered with Ironclad's error body `{"code", "message", "param"?}`."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.param = status, code, param

    def response(self) -> Response:
        """The answer."""
        body = {"code": self.code, "message": str(self)}
        return answer(body | ({"param": self.param} if self.param else {}), self.status)


def invalid(param: str, message: str) -> Refused:
    """A parameter that is not documented or holds what the documentation does not allow."""
    return Refused(400, "INVALID_PARAM", message, param)


def missing(param: str, message: str) -> Refused:
    """A parameter or header that is required."""
    return Refused(400, "MISSING_PARAM", message, param)


def not_found(message: str) -> Refused:
    """An object that does not exist."""
    return Refused(404, "NOT_FOUND", message)


def unavailable() -> Response:
    """What stands in front of the product during an outage: no JSON."""
    page = "<html><head><title>503 Service Temporarily Unavailable</title></head><body></body></html>"
    return Response(page, 503, media_type="text/html")


def answer(body: Any, status: int = 200) -> Response:
    """A JSON answer; decimals are numbers with their own digits."""
    return Response(_ENCODER.encode(body), status, media_type="application/json")


def page_of(rows: Sequence[Any], page: int, size: int) -> dict[str, Any]:
    """The envelope of a list: this page of the rows and how many there are."""
    return {"page": page, "pageSize": size, "count": len(rows), "list": rows[page * size : (page + 1) * size]}


def stamp(moment: datetime) -> str:
    """An instant in milliseconds, as `lastUpdated` is written."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def dated(value: date) -> str:
    """The value of a date property: an ISO date-time, midnight for a day."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"
    return f"{value:%Y-%m-%d}T00:00:00Z"
