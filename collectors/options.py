"""The options of a system, checked: what `[systems.X.options]` says, as the connector's own frozen settings class."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

from models.errors import Misconfigured

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class OptionError(Misconfigured):
    """An option that the product does not have, or a value that it cannot be."""


def read_options(kind: type[T], system: str, options: Mapping[str, Any]) -> T:
    """The options as an instance of `kind`, a frozen dataclass whose fields all have defaults.

    Fields are of type `str`, `bool`, `int`, `float` or `tuple[str, ...]` (a list in the settings). Errors: OptionError
    that names the option, what was found and what is allowed.
    """
    allowed = get_type_hints(kind)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name in options:
        if name not in names:
            raise OptionError(
                f"systems.{system}.options.{name} is no option of this product; allowed: {', '.join(names)}"
            )
    return kind(**{name: _checked(system, name, allowed[name], value) for name, value in options.items()})


def field_name(system: str, option: str, value: str) -> str:
    """A name that goes into a query, checked to be one: letters, digits and '_'. Errors: OptionError."""
    if not _NAME.fullmatch(value):
        raise OptionError(
            f"systems.{system}.options.{option} is {value!r}; allowed: the API name of a field, letters, digits and '_'"
        )
    return value


def _checked(system: str, name: str, kind: Any, value: Any) -> Any:
    place = f"systems.{system}.options.{name}"
    if kind is bool and isinstance(value, bool):
        return value
    if kind in (int, float) and isinstance(value, int | float) and not isinstance(value, bool):
        if kind is int and not isinstance(value, int):
            raise OptionError(f"{place} is {value!r}; allowed: a whole number")
        if value < 0:
            raise OptionError(f"{place} is {value!r}; allowed: 0 or above")
        return kind(value)
    if kind is str and isinstance(value, str):
        return value
    if kind == tuple[str, ...] and isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "text in quotes"}
    raise OptionError(f"{place} is {value!r}; allowed: {wanted.get(kind, 'a list of texts')}")
