"""Tryton 7.0 as ERP, by its JSON-RPC: parties, projects and customers' invoices.

Seen on Tryton 7.0 (`trytond`, `trytond_party`, `trytond_project`, `trytond_account_invoice`): an error comes as HTTP
200 with an `error`; `write_date` is null until a record changes; times are naive UTC; who pressed which button and when
is kept in `ir.model.log`, which is where the time of posting lies.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from collectors import sign_in
from collectors.answers import RejectedError, SignInRefusedError, UnreadableAnswerError
from collectors.base import Account, Checked, Connector, Json, Memory, Page, Stream, Unreadable
from collectors.connectors.tryton.rows import (
    PARTS_OF_TIME,
    Options,
    customer_events,
    instant,
    invoice_events,
    project_events,
    stamp,
)
from collectors.drift import shared_fields
from collectors.http import Http
from collectors.options import read_options
from collectors.paging import by_key
from collectors.sign_in import Send, Session, SignInSettingError
from collectors.window import Sweep
from models.errors import StopStream
from models.events import Event, UnreadableEventError

PARTY, PROJECT, INVOICE, LOG = "party.party", "project.work", "account.invoice", "ir.model.log"
_PAGE = 500
_LOGIN = "common.db.login"

_PARTY_FIELDS = ("name", "code", "active", "create_date", "write_date")
_PROJECT_FIELDS = ("name", "type", "party.code", "status.name", "create_date", "write_date")
_INVOICE_FIELDS = (
    "number",
    "type",
    "state",
    "party.code",
    "currency.code",
    "total_amount",
    "invoice_date",
    "create_date",
    "write_date",
)


class TrytonFaultError(StopStream):
    """The server understood the call and refused it."""


class TrytonSession(Session):
    """`common.db.login` gives a session, and its header is the user, the user's number and the session together."""

    scheme = "Session "

    def __init__(self, url: str, user: str, secret: Callable[[], str]) -> None:
        super().__init__()
        self._url = url
        self._user = user
        self._secret = secret

    def begin(self, send: Send, system: str) -> tuple[str, float | None]:
        """A new session. Errors: SignInRefusedError."""
        asked = {"id": 0, "method": _LOGIN, "params": [self._user, {"password": self._secret()}]}
        said = sign_in.said_at_login(
            send("POST", self._url, {"content-type": "application/json"}, msgspec.json.encode(asked))
        )
        result = said.get("result") if isinstance(said, dict) else None
        if not isinstance(result, list) or len(result) < 2:
            raise SignInRefusedError(
                f"{system}: Tryton gives {self._user!r} no session; correct user and secret of [systems.{system}.auth]"
            )
        number, session = result[:2]
        return base64.b64encode(f"{self._user}:{number}:{session}".encode()).decode(), None


class Tryton(Connector):
    """The connector: each stream is one model, read by when its records were written last."""

    product = "tryton"
    streams = (
        Stream("customers", frozenset({"customer.created", "customer.updated"}), "party"),
        Stream("projects", frozenset({"project.created", "project.closed", "project.cancelled"}), "project"),
        Stream("invoices", frozenset({"invoice.posted", "invoice.voided"}), "invoice"),
    )

    def __init__(self, account: Account, http: Http, now: Callable[[], datetime]) -> None:
        super().__init__(account, http, now)
        self.options = read_options(Options, account.name, account.options)

    @classmethod
    def sign_in(cls, account: Account) -> sign_in.SignIn:
        """A session in the name of a user; `auth.kind` is "session"."""
        credentials = account.credentials
        if credentials is None or credentials.kind != "session" or not credentials.user:
            raise SignInSettingError(
                f'systems.{account.name}.auth: Tryton wants kind = "session", user and secret = "env:NAME"'
            )
        options = read_options(Options, account.name, account.options)
        return TrytonSession(
            f"{account.base_url.rstrip('/')}/{options.database}/", credentials.user, credentials.secret
        )

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        """Records written since the last sweep, in the order of their numbers."""
        sweep = Sweep(
            cursor,
            self.now,
            skew=self.http.skew,
            earliest=self.account.watch_from,
            overlap_seconds=self.options.overlap_seconds,
        )
        ask = partial(self._changed, stream, sweep.since)
        for piece in by_key(ask, lambda row: row["id"], _PAGE, after=sweep.place):
            events, unreadable = self._told(stream, piece.rows, sweep)
            is_last = piece.next is None
            behind = sweep.end(self.http.skew) if is_last else sweep.at(piece.next)
            yield Page(
                events, behind, unreadable, sweep.began_at if is_last else None, fields=shared_fields(piece.rows)
            )

    def check(self, stream: str) -> Checked:
        """One record of the model, with every field that is read."""
        model, fields = self._model(stream)
        try:
            self._call(f"model.{model}.search_read", [], 0, 1, [["id", "ASC"]], list(fields))
            if stream == "invoices":
                self._call(f"model.{LOG}.search_read", [["resource", "like", f"{INVOICE},%"]], 0, 1, None, ["target"])
        except (TrytonFaultError, RejectedError) as error:
            return Checked(
                stream, False, f"{error}; give the user a group that may read {model} (Administration, Users, Groups)"
            )
        # An empty model is read with any field.
        there = self._call(f"model.{model}.fields_get", [])
        missing = sorted({name.partition(".")[0] for name in fields} - there.keys())
        if missing:
            told = f"{model} has no field {', '.join(missing)}; name yours in [systems.{self.account.name}.options]"
            return Checked(stream, False, told)
        return Checked(stream, True, f"{model} can be read")

    def _model(self, stream: str) -> tuple[str, list[str]]:
        """The model of a stream, and the fields of it that are read."""
        options = self.options
        own = {
            "customers": (),
            "projects": (options.project_contract,),
            "invoices": (options.invoice_contract, options.invoice_operation),
        }
        model, fields = _MODELS[stream]
        return model, sorted({*fields, *own[stream]})

    def _changed(self, stream: str, since: datetime | None, after: int | None) -> list[dict[str, Any]]:
        model, fields = self._model(stream)
        domain: list[Any] = [["id", ">", after or 0]]
        if since is not None:
            start = _packed(since)
            written = [["write_date", ">=", start]]
            # Null until the first change.
            never_written = [["write_date", "=", None], ["create_date", ">=", start]]
            domain.append(["OR", written, never_written])
        # A party that was deactivated is to be seen as well.
        context = {"active_test": False}
        rows = self._call(f"model.{model}.search_read", domain, 0, _PAGE, [["id", "ASC"]], fields, context=context)
        if not isinstance(rows, list):
            raise UnreadableAnswerError(f"{self.account.name}: {model} answered no list; it is asked again later")
        return rows

    def _told(
        self, stream: str, rows: Sequence[Mapping[str, Any]], sweep: Sweep
    ) -> tuple[list[Event], list[Unreadable]]:
        posted = self._posted([row["id"] for row in rows if row.get("number")]) if stream == "invoices" else {}
        events: list[Event] = []
        unreadable: list[Unreadable] = []
        for row in rows:
            try:
                if sweep.fresh(str(row["id"]), *stamp(row)):
                    events += self._events(stream, row, posted)
            except KeyError as error:
                unreadable.append(_unreadable(stream, row, f"the field {error.args[0]} is missing"))
            except (UnreadableEventError, ValueError, TypeError, AttributeError) as error:
                unreadable.append(_unreadable(stream, row, str(error)))
        return events, unreadable

    def _events(self, stream: str, row: Mapping[str, Any], posted: Mapping[int, datetime]) -> list[Event]:
        system = self.account.name
        if stream == "customers":
            return customer_events(system, row)
        if stream == "projects":
            return project_events(system, row, self.options)
        return invoice_events(system, row, posted.get(row["id"]), self.options)

    def _posted(self, invoices: Sequence[int]) -> dict[int, datetime]:
        """When each of these was posted, the first time."""
        if not invoices:
            return {}
        resources = [f"{INVOICE},{number}" for number in invoices]
        domain = [["resource", "in", resources], ["event", "=", "button"], ["target", "=", "post"]]
        rows = self._call(f"model.{LOG}.search_read", domain, 0, None, [["id", "DESC"]], ["resource", "create_date"])
        return {int(row["resource"].partition(",")[2]): instant(row["create_date"]) for row in rows}

    def _call(self, method: str, *parameters: Any, context: Mapping[str, Any] | None = None) -> Any:
        asked = {"id": 1, "method": method, "params": [*parameters, dict(context or {})]}
        said = self.http.post(f"/{self.options.database}/", json=asked, is_read=True).json()
        if not isinstance(said, dict):
            raise UnreadableAnswerError(f"{self.account.name}: {method} answered no object; it is asked again later")
        if "error" in said:
            raise TrytonFaultError(f"{self.account.name}: {method} was refused: {_fault(said['error'])}")
        return said.get("result")


_MODELS: dict[str, tuple[str, tuple[str, ...]]] = {
    "customers": (PARTY, _PARTY_FIELDS),
    "projects": (PROJECT, _PROJECT_FIELDS),
    "invoices": (INVOICE, _INVOICE_FIELDS),
}


def _packed(at: datetime) -> dict[str, Any]:
    utc = at.astimezone(UTC)
    return {"__class__": "datetime"} | {name: getattr(utc, name) for name in PARTS_OF_TIME}


def _unreadable(stream: str, row: Mapping[str, Any], why: str) -> Unreadable:
    return Unreadable(msgspec.json.encode(row), f"{stream} {row.get('id')}: {why}")


def _fault(error: Any) -> str:
    """The words of an error: its class and its message, never the trace behind them."""
    parts = error if isinstance(error, list) else [error]
    words = [part for part in parts[:2] if isinstance(part, str)]
    if len(parts) > 1 and isinstance(parts[1], list):
        words += [part for part in parts[1] if isinstance(part, str) and part]
    return ": ".join(word.splitlines()[0] for word in words if word)[:300]


CONNECTOR = Tryton
