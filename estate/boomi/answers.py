"""How Boomi answers: XML unless JSON is asked for, and its error object."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import msgspec
from starlette.requests import Request
from starlette.responses import Response


class ApiError(Exception):
    """A refusal: HTTP status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer(request: Request, content: Mapping[str, Any], status: int = 200) -> Response:
    """The content in the format the client asked for; whoever asks for nothing gets XML."""
    if "application/json" in request.headers.get("accept", ""):
        return Response(msgspec.json.encode(content), status, media_type="application/json")
    name = str(content.get("@type", "error" if "error" in content else "Result"))
    body = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{_xml(f"bns:{name}", content)}'
    return Response(body, status, media_type="application/xml")


def error_answer(request: Request, error: ApiError) -> Response:
    """An error as Boomi writes it."""
    return answer(request, {"error": {"message": str(error)}}, error.status)


def _xml(name: str, value: Any) -> str:
    if isinstance(value, list) and len(value) == 2 and value[0] == "Long":
        value = value[1]
    if isinstance(value, Mapping):
        inside = "".join(_xml(f"bns:{key}", item) for key, item in value.items() if key != "@type")
    elif isinstance(value, list):
        return "".join(_xml(name, item) for item in value)
    else:
        inside = escape(str(value).lower() if isinstance(value, bool) else str(value))
    return f"<{name}>{inside}</{name}>"
