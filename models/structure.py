"""What is wrong with plain data that should have the shape of a struct: every fault, not the first alone."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from typing import Any

import msgspec


def structural_faults(value: Any, wanted: Any, where: str = "") -> Iterable[str]:
    """Every place of `value` that does not fit the type: its path, what was found, what is allowed."""
    struct = _struct_of(wanted)
    if struct is not None and isinstance(value, dict):
        yield from _struct_faults(value, struct, where)
        return
    inner = _element_of(wanted)
    if inner is not None and isinstance(value, list):
        for number, one in enumerate(value):
            yield from structural_faults(one, inner, f"{where}[{number}]")
        return
    values = _value_of(wanted)
    if values is not None and isinstance(value, dict):
        for name, one in value.items():
            yield from structural_faults(one, values, f"{where}.{name}")
        return
    try:
        msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        yield f"{where} is {_shown(value)}; {_plain(error)}"


def _struct_faults(value: dict[str, Any], struct: type[msgspec.Struct], where: str) -> Iterable[str]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    begin = f"{where}." if where else ""
    for name in value:
        if name not in fields:
            yield f"{begin}{name} is not known; one of {', '.join(fields)} is wanted"
    for name, field in fields.items():
        if name in value:
            yield from structural_faults(value[name], field.type, f"{begin}{name}")
        elif field.required:
            yield f"{begin}{name} is missing; {_article(field.type)} is wanted"


def _struct_of(wanted: Any) -> type[msgspec.Struct] | None:
    for one in _alternatives(wanted):
        if isinstance(one, type) and issubclass(one, msgspec.Struct):
            return one
    return None


def _element_of(wanted: Any) -> Any:
    for one in _alternatives(wanted):
        if typing.get_origin(one) in (tuple, list):
            return typing.get_args(one)[0]
    return None


def _value_of(wanted: Any) -> Any:
    for one in _alternatives(wanted):
        if typing.get_origin(one) is dict:
            return typing.get_args(one)[1]
    return None


def _alternatives(wanted: Any) -> tuple[Any, ...]:
    return typing.get_args(wanted) if typing.get_origin(wanted) in (typing.Union, types.UnionType) else (wanted,)


def _article(wanted: Any) -> str:
    names = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
    if _element_of(wanted) is not None:
        return "a list"
    if _struct_of(wanted) is not None or _value_of(wanted) is not None:
        return "a table"
    return names.get(wanted, "a value")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _plain(error: msgspec.ValidationError) -> str:
    return str(error).replace("`", "'").split(" - at ", maxsplit=1)[0]
