"""What single settings may be. A value that is not allowed raises ValueError; the field's description says the rest."""

import ipaddress
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, StringConstraints, ValidationInfo

from models.spans import parse_span

HIDDEN = "hidden"
"""The text of a ValueError whose value must not be repeated: it may hold a secret."""


def _zone(value: object) -> object:
    if not isinstance(value, str) or value not in available_timezones():
        raise ValueError
    return ZoneInfo(value)


def _amount(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise ValueError from None
    if not amount.is_finite() or amount < 0:
        raise ValueError
    return amount


def _day(value: object) -> object:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError
    return value


def _clock(value: object) -> object:
    if value == "system":
        return value
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
        raise ValueError
    return value


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(value: object) -> object:
    return _address_of({"http", "https"}, value)


def _place(value: object) -> object:
    return _address_of({"http", "https", "amqp", "amqps"}, value)


def _address_of(schemes: set[str], value: object) -> object:
    parts = urlsplit(value) if isinstance(value, str) else None
    if parts is None or parts.scheme not in schemes or not parts.hostname:
        raise ValueError(HIDDEN if isinstance(value, str) and "@" in value else "")
    if parts.username or parts.password:
        raise ValueError(HIDDEN)
    return value


def _path(value: object, info: ValidationInfo) -> object:
    folder: Any = info.context
    if not isinstance(value, str) or not value:
        raise ValueError
    return folder / Path(value).expanduser()


Text = Annotated[str, StringConstraints(min_length=1)]
Texts = tuple[Text, ...]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$")]
SystemName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Amount = Annotated[Decimal, BeforeValidator(_amount)]
Day = Annotated[date, BeforeValidator(_day)]
Span = Annotated[timedelta, BeforeValidator(parse_span)]
ClockName = Annotated[str, BeforeValidator(_clock)]
Address = Annotated[str, BeforeValidator(_address)]
Place = Annotated[str, BeforeValidator(_place)]
"""Where a system is: a broker is not asked by HTTP."""
PathBesideFile = Annotated[Path, BeforeValidator(_path)]
"""A path relative to the folder of the settings file, which is the context of the validation."""
