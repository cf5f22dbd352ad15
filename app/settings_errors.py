"""Says what is wrong with a settings file, one line a fault: file, key, what was found, what is allowed."""

import json
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from app.settings_values import HIDDEN
from models.errors import Misconfigured

_LONGEST = 80


class SettingsError(Misconfigured):
    """Settings that cannot be used; the message has a line for each fault."""


def beginning(address: str) -> str:
    """How an address begins, for people: its scheme alone, for what follows may hold a password."""
    scheme, sign, _ = address.partition("://")
    return f"begins with {scheme[:20]!r}" if sign and scheme.isalnum() else "has no scheme"


def told(error: ValidationError, file: str, model: type[BaseModel]) -> str:
    """All faults of a file against its model, in the file's order of keys."""
    return "\n".join(f"{file}: {_fault(fault, model)}" for fault in error.errors(include_url=False))


def _fault(fault: Any, model: type[BaseModel]) -> str:
    loc = [part for part in fault["loc"] if part != "[key]"]
    key = ".".join(str(part) for part in loc)
    if fault["type"] == "extra_forbidden":
        return f"{key}: {_unknown(str(loc[-1]), _model_at(model, loc[:-1]))}"
    if "[key]" in fault["loc"]:
        return f"{key}: found this name; allowed: {_allowed(model, loc[:-1])}"
    if fault["type"] == "missing":
        return f"{key}: missing; allowed: {_allowed(model, loc)}"
    said = str(fault.get("ctx", {}).get("error", ""))
    if fault["type"] == "value_error" and isinstance(fault["input"], dict):
        return f"{key}: {said}"
    found = "something not shown here" if said == HIDDEN else f"found {_shown(fault['input'])}"
    return f"{key}: {found}; allowed: {_allowed(model, loc)}"


def _unknown(key: str, model: type[BaseModel]) -> str:
    known = sorted(model.model_fields)
    close = get_close_matches(key, known, n=1)
    guess = f" did you mean {close[0]}?" if close else ""
    return f"found a key that is not known;{guess} allowed: {', '.join(known)}"


def _allowed(model: type[BaseModel], loc: list[Any]) -> str:
    """The description of the innermost field on the way to a fault."""
    sentence = ""
    current: type[BaseModel] | None = model
    for part in loc:
        if current is None or part not in current.model_fields:
            continue
        field = current.model_fields[part]
        sentence = field.description or sentence
        current = _inner(field.annotation)
    return sentence


def _model_at(model: type[BaseModel], loc: list[Any]) -> type[BaseModel]:
    for part in loc:
        if part in model.model_fields:
            model = _inner(model.model_fields[part].annotation) or model
    return model


def _inner(annotation: Any) -> type[BaseModel] | None:
    """The table that an annotation is about: itself, or inside an optional or a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part))), None)


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
