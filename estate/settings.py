"""The settings of a Throughline that collects this estate, as the text of its `throughline.toml`.

Secrets stand in files beside, which only their owner reads: a settings file may point at them, and never holds them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from estate.access import Access
from estate.firm import RATES

_INTERVAL_SECONDS = 5
_BOOMI = "/boomi/api/rest/v1/"


def settings_text(access: Access, base: str, start: datetime, amqp: str | None = None) -> str:
    """TOML for the estate at this address (`http://127.0.0.1:PORT`)."""
    tables: dict[str, dict[str, Any]] = {
        "reporting": {"currency": "EUR", "time_zone": "Europe/Berlin"},
        "process": {"files": ["contract_to_cash"]},
        "rates": {"file": str(access.file("rates.csv", _rates(start)))},
        "systems.ironclad": _system(
            "ironclad", "clm", f"{base}/ironclad", _client(access, "ironclad", f"{base}/ironclad/oauth/token")
        ),
        "systems.salesforce": _system("salesforce", "crm", f"{base}/salesforce", _by_key(access, "salesforce", base)),
        "systems.certinia": _system("certinia", "psa", f"{base}/salesforce", _by_key(access, "certinia", base)),
        "systems.netsuite": _system("netsuite", "erp", f"{base}/netsuite", _m2m(access, base)),
        "systems.boomi": _system(
            "boomi", "ipaas", f"{base}{_BOOMI}{access.of('boomi').client_id}", _basic(access, "boomi")
        ),
    }
    if amqp:
        tables["systems.rabbitmq"] = _broker(access, amqp)
    lines = [f"clock = {_value(f'{base}/_estate/clock')}"]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def _system(product: str, role: str, base_url: str, auth: Mapping[str, str]) -> dict[str, Any]:
    return {
        "product": product,
        "role": role,
        "base_url": base_url,
        "interval_seconds": _INTERVAL_SECONDS,
        "auth": dict(auth),
    }


def _client(access: Access, system: str, token_url: str) -> dict[str, str]:
    known = access.of(system)
    secret = access.file(f"{system}.secret", known.secret)
    auth = {"kind": "oauth2_client", "client_id": known.client_id, "user": known.user}
    return {**auth, "token_url": token_url, "secret": f"file:{secret}"}


def _by_key(access: Access, system: str, base: str) -> dict[str, str]:
    known = access.of(system)
    auth = {"kind": "oauth2_jwt", "client_id": known.client_id, "user": known.user}
    key = access.file(f"{system}.pem", known.private_key_pem)
    return {**auth, "token_url": f"{base}/salesforce/services/oauth2/token", "secret": f"file:{key}"}


def _m2m(access: Access, base: str) -> dict[str, str]:
    known = access.of("netsuite")
    return {
        "kind": "oauth2_m2m",
        "client_id": known.client_id,
        "key_id": known.certificate_id,
        "token_url": f"{base}/netsuite/services/rest/auth/oauth2/v1/token",
        "secret": f"file:{access.file('netsuite.pem', known.private_key_pem)}",
    }


def _basic(access: Access, system: str) -> dict[str, str]:
    known = access.of(system)
    return {"kind": "basic", "user": known.user, "secret": f"file:{access.file(f'{system}.token', known.token)}"}


def _broker(access: Access, amqp: str) -> dict[str, Any]:
    """The broker's own user and password, which whoever started the estate gave in the URL."""
    parts = urlsplit(amqp)
    host = parts.hostname or "127.0.0.1"
    secret = access.file("rabbitmq.password", parts.password or "guest")
    place = f"{parts.scheme}://{host}:{parts.port or 5672}{parts.path or '/'}"
    auth = {"kind": "basic", "user": parts.username or "guest", "secret": f"file:{secret}"}
    return _system("rabbitmq", "broker", place, auth)


def _rates(start: datetime) -> str:
    lines = ["date,from,to,rate"]
    for months in range(0, 72, 3):
        day = (start - timedelta(days=30.4 * (66 - months))).date().replace(day=1)
        lines += [f"{day},{currency},EUR,{rate}" for currency, rate in RATES.items() if currency != "EUR"]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    # A basic string of TOML is a string of JSON.
    return json.dumps(value)
