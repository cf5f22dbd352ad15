"""Values as Ironclad writes them: typed properties, instants, money; each error names the field.

Source: Ironclad Public API v1, "Record properties" (typed values) and "Workflow attributes" (bare values).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from models.events import UnreadableEventError

Row = Mapping[str, Any]


def text(row: Row, name: str) -> str:
    """A text that must be there. Errors: UnreadableEventError."""
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableEventError(f"{name} is {_shown(value)}; a text is wanted")
    return value


def instant(value: Any, name: str) -> datetime:
    """An ISO date-time, or a date as its beginning in UTC. Errors: UnreadableEventError."""
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        raise UnreadableEventError(f"{name} is {_shown(value)}; an ISO date-time is wanted") from None


def stamp(at: datetime) -> str:
    """An instant as text of fixed width, in milliseconds."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def properties(record: Row) -> Row:
    """The properties of a record or obligation. Errors: UnreadableEventError."""
    found = record.get("properties")
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise UnreadableEventError(f"properties is {_shown(found)}; an object is wanted")
    return found


def value_of(record: Row, name: str, *, original: bool = False) -> Any:
    """The value of a property, None where it is absent or empty; `original`: the one before amendments.

    Errors: UnreadableEventError.
    """
    held = properties(record).get(name) if name else None
    if held is None:
        return None
    if not isinstance(held, dict):
        raise UnreadableEventError(f"properties.{name} is {_shown(held)}; an object with type and value is wanted")
    value = held.get("originalValue") if original else None
    value = held.get("value") if value is None else value
    return None if value == "" else value


def instant_of(record: Row, name: str, *, original: bool = False) -> datetime | None:
    """The instant in a property of type date, None where it is absent. Errors: UnreadableEventError."""
    value = value_of(record, name, original=original)
    return None if value is None else instant(value, f"properties.{name}")


def text_of(record: Row, name: str, *, original: bool = False) -> str | None:
    """The text in a property, None where it is absent. Errors: UnreadableEventError."""
    return _text(value_of(record, name, original=original), f"properties.{name}")


def money(value: Any, name: str, *, amount: str = "value") -> dict[str, Any]:
    """`amount` and `currency` out of money as properties and attributes hold it; empty for None.

    Errors: UnreadableEventError.
    """
    if value is None:
        return {}
    if not isinstance(value, dict) or "amount" not in value:
        raise UnreadableEventError(f"{name} is {_shown(value)}; an amount with its currency is wanted")
    return {amount: value["amount"], "currency": value.get("currency")}


def attribute(workflow: Row, name: str) -> Any:
    """An attribute of a workflow, None where it is absent or empty. Errors: UnreadableEventError."""
    held = workflow.get("attributes")
    if held is not None and not isinstance(held, dict):
        raise UnreadableEventError(f"attributes is {_shown(held)}; an object is wanted")
    value = (held or {}).get(name) if name else None
    return None if value == "" else value


def attribute_text(workflow: Row, name: str) -> str | None:
    """The text in an attribute, None where it is absent. Errors: UnreadableEventError."""
    return _text(attribute(workflow, name), f"attributes.{name}")


def _text(value: Any, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise UnreadableEventError(f"{name} is {_shown(value)}; a text is wanted")


def _shown(value: Any) -> str:
    """What was found, without telling what it says when it is long."""
    if value is None:
        return "missing"
    return repr(value)[:40] if isinstance(value, str | int | float | bool) else f"a {type(value).__name__}"
