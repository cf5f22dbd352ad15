"""How the org answers: JSON bodies, its error array, and the usage header on every answer."""

from typing import Any

import msgspec
from starlette.responses import Response


class ApiError(Exception):
    """A refusal: HTTP status, errorCode and message, and the fields it is about."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status, self.code, self.fields = status, code, fields


def not_found() -> ApiError:
    """What any path gets that is none."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def json_answer(content: Any, status: int = 200) -> Response:
    """A JSON answer; None is an empty body."""
    body = b"" if content is None else msgspec.json.encode(content)
    return Response(body, status, media_type="application/json;charset=UTF-8")


def error_answer(error: ApiError) -> Response:
    """An error as the REST API writes it: an array, also for one."""
    shown: dict[str, Any] = {"message": str(error), "errorCode": error.code}
    if error.fields:
        shown["fields"] = list(error.fields)
    return json_answer([shown], error.status)


def oauth_error(status: int, error: str, description: str) -> Response:
    """An error of the OAuth endpoints: an object, not an array."""
    return json_answer({"error": error, "error_description": description}, status)
