"""The OpenAPI document: answers, problems and the parameters of lists, said once for every route."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.problems import MEDIA_TYPE
from app.api.shapes import CloudEvent, Problem
from models.questions import FEWEST, MOST, USUAL
from models.store.reading.fields import Field, Kind
from models.store.reading.listing import Listing

_SAID = {
    400: "The question or the body cannot be read.",
    401: "It is not signed.",
    403: "Host or Origin is foreign, or the signature is not the system's.",
    404: "There is nothing here.",
    408: "The body came too slowly, or stopped coming.",
    409: "It cannot be done as things are.",
    413: "The body is larger than 32 MiB unpacked.",
    415: "The body is of a type, or packed in a way, that is not read.",
    422: "It is understood, and cannot be done.",
    503: "Not now; Retry-After says when.",
}
_REF = "#/components/schemas/{model}"
_shapes: dict[str, type[BaseModel]] = {"CloudEvent": CloudEvent, "Problem": Problem}


def answers(
    shape: type[BaseModel], *problems: int, other: type[BaseModel] | None = None
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: what it answers (or the `other`), and with which problems; 403 and 503 always are."""
    found = [one for one in (shape, other) if one is not None]
    _shapes.update({one.__name__: one for one in found})
    references = [{"$ref": _ref(one)} for one in found]
    said: dict[int | str, dict[str, Any]] = {
        200: {
            "description": (shape.__doc__ or "").partition("\n")[0],
            "content": {"application/json": {"schema": references[0] if other is None else {"oneOf": references}}},
        }
    }
    for number in sorted({*problems, 403, 503}):
        said[number] = {
            "description": _SAID[number],
            "content": {MEDIA_TYPE: {"schema": {"$ref": _ref(Problem)}}},
        }
    return said


def list_parameters(listing: Listing, extra: Iterable[dict[str, Any]] = ()) -> dict[str, Any]:
    """The `openapi_extra` of a list: its filters, order and pages."""
    sorts = [f"{sign}{name}" for name in listing.sorts for sign in ("", "-")]
    return {
        "parameters": [
            *extra,
            *filter_parameters(listing.fields),
            parameter(
                "sort", {"type": "string", "enum": sorts, "default": listing.usual_sort}, "the order of the list"
            ),
            parameter(
                "limit", {"type": "integer", "minimum": FEWEST, "maximum": MOST, "default": USUAL}, "items a page"
            ),
            parameter("cursor", {"type": "string"}, "`next` of the page before; it stays right while rows are written"),
        ]
    }


def filter_parameters(fields: Iterable[Field]) -> list[dict[str, Any]]:
    """The parameters that filter by these fields."""
    found: list[dict[str, Any]] = []
    for one in fields:
        if not one.is_filter:
            continue
        said = f"equal to this; repeated: or{'; empty: without one' if one.is_nullable else ''}"
        found.append(parameter(one.name, {"type": "array", "items": _schema(one.kind)}, said))
        if one.kind is not Kind.TEXT:
            found.append(parameter(f"{one.name}_from", _schema(one.kind), "at least this"))
            found.append(parameter(f"{one.name}_to", _schema(one.kind), "less than this"))
    return found


def parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """A parameter of the query string."""
    return {"name": name, "in": "query", "schema": schema, "description": description}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application, with the shapes that its routes name."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    _, found = models_json_schema(
        [(shape, "serialization") for shape in _shapes.values()], ref_template=_REF, by_alias=True
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= found.get("$defs", {})
    # What the framework promises for wrong parameters; ours are problem documents, said with each route.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for operation in (one for methods in document["paths"].values() for one in methods.values()):
        if "HTTPValidationError" in str(operation["responses"].get("422")):
            del operation["responses"]["422"]
    return document


def _ref(shape: type[BaseModel]) -> str:
    return _REF.format(model=shape.__name__)


def _schema(kind: Kind) -> dict[str, Any]:
    if kind is Kind.TIME:
        return {"type": "string", "description": "an RFC 3339 time, or a day, which begins in the reporting zone"}
    return {"type": {Kind.NUMBER: "number", Kind.INTEGER: "integer"}.get(kind, "string")}
