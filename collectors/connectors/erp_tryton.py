"""Tryton 7.0 as ERP, by its JSON-RPC: parties, projects and customers' invoices.

Seen on Tryton 7.0 (`trytond`, `trytond_party`, `trytond_project`, `trytond_account_invoice`): an error comes as HTTP
200 with an `error`; `write_date` is null until a record changes; times are naive UTC; who pressed which button and when
is kept in `ir.model.log`, which is where the time of posting lies.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from collectors import sign_in
from collectors.answers import RejectedError, SignInRefusedError, UnreadableAnswerError
from collectors.base import Account, Checked, Connector, Json, Memory, Page, Stream, Unreadable
from collectors.http import Http
from collectors.options import read_options
from collectors.sign_in import Send, Session, SignInSettingError
from models.errors import StopStream
from models.events import Event, UnreadableEventError, make_event

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


@dataclass(frozen=True)
class Options:
    """Where this installation keeps what ties its records to contracts.

    `database` is the name in the path; the contract stands in `project_contract` of a project and in
    `invoice_contract` of an invoice, what it bills (the business operation) in `invoice_operation`. Words for states of
    projects differ too. Writes that began `overlap_seconds` before the last poll may still have been open then, and are
    read again.
    """

    database: str = "tryton"
    project_contract: str = "name"
    invoice_contract: str = "reference"
    invoice_operation: str = "description"
    closed_statuses: tuple[str, ...] = ("Done",)
    cancelled_statuses: tuple[str, ...] = ("Canceled", "Cancelled")
    overlap_seconds: int = 300


def customer_events(system: str, party: Mapping[str, Any]) -> list[Event]:
    """A party as customer: made, and changed. Deactivating it changes it."""
    record, code = f"party:{party['id']}", party.get("code")
    keys = {f"{system}/customer": str(party["id"])}
    made = make_event(
        source=system,
        id=f"{record}:created",
        type="customer.created",
        occurred_at=_instant(party["create_date"]),
        record=record,
        subject=code or record,
        keys=keys,
        attributes={"customer": code} if code else {},
    )
    if party.get("write_date") is None:
        return [made]
    changed = _instant(party["write_date"])
    return [
        made,
        make_event(
            source=system,
            id=f"{record}:updated@{changed.isoformat()}",
            type="customer.updated",
            occurred_at=changed,
            sequence=changed.isoformat(),
            record=f"{record}:updated",
            subject=code or record,
            keys=keys,
            attributes={"customer": code} if code else {},
        ),
    ]


def project_events(system: str, project: Mapping[str, Any], options: Options) -> list[Event]:
    """A project: made, then closed or withdrawn by its status. Tasks are none."""
    if project.get("type") != "project":
        return []
    contract = project.get(options.project_contract)
    keys: dict[str, Any] = {f"{system}/project": str(project["id"])}
    if contract:
        keys["contract"] = contract
    customer = (project.get("party.") or {}).get("code")
    moments = [("project.created", _instant(project["create_date"]))]
    status = (project.get("status.") or {}).get("name")
    for type_, statuses in (
        ("project.closed", options.closed_statuses),
        ("project.cancelled", options.cancelled_statuses),
    ):
        if status in statuses and project.get("write_date") is not None:
            moments.append((type_, _instant(project["write_date"])))
    return [
        make_event(
            source=system,
            id=f"work:{project['id']}:{type_}@{at.isoformat()}",
            type=type_,
            occurred_at=at,
            sequence=at.isoformat(),
            record=f"work:{project['id']}",
            subject=contract or f"work:{project['id']}",
            keys=keys,
            attributes={"customer": customer} if customer else {},
        )
        for type_, at in moments
    ]


def invoice_events(
    system: str, invoice: Mapping[str, Any], posted_at: datetime | None, options: Options
) -> list[Event]:
    """A customer's invoice: posted when its button was pressed, and voided where it was cancelled after that."""
    if invoice.get("type") != "out" or posted_at is None or not invoice.get("number"):
        return []
    record, number = f"invoice:{invoice['id']}", invoice["number"]
    keys: dict[str, Any] = {f"{system}/invoice": str(invoice["id"])}
    if contract := invoice.get(options.invoice_contract):
        keys["contract"] = contract
    attributes = {
        "invoice": number,
        "operation": invoice.get(options.invoice_operation) or None,
        "amount": _decimal(invoice.get("total_amount")),
        "currency": (invoice.get("currency.") or {}).get("code"),
        "customer": (invoice.get("party.") or {}).get("code"),
    }
    told = {name: value for name, value in attributes.items() if value is not None}
    moments = [("invoice.posted", posted_at)]
    if invoice.get("state") == "cancelled" and invoice.get("write_date") is not None:
        moments.append(("invoice.voided", _instant(invoice["write_date"])))
    return [
        make_event(
            source=system,
            id=f"{record}:{type_}@{at.isoformat()}",
            type=type_,
            occurred_at=at,
            sequence=at.isoformat(),
            record=record,
            subject=number,
            keys=keys,
            attributes=told,
        )
        for type_, at in moments
    ]


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
        """Records written since the cursor `[time, id]` less the overlap, in the order of their numbers."""
        model, fields = self._model(stream)
        until = self.now()
        since = None if cursor is None else datetime.fromisoformat(cursor["since"])
        after = 0 if cursor is None else int(cursor.get("after", 0))
        # A read in parts goes on with the window it began with.
        begun = until if cursor is None or not after else datetime.fromisoformat(cursor["until"])
        while True:
            rows = self._changed(model, fields, since, after)
            events, unreadable = self._told(stream, rows)
            if len(rows) < _PAGE:
                following = {"since": begun.isoformat()}
                settled = begun - timedelta(seconds=self.options.overlap_seconds)
                yield Page(events, following, unreadable, settled, fields=_names(rows))
                return
            after = rows[-1]["id"]
            where = {"since": since.isoformat() if since else _BEGINNING, "until": begun.isoformat(), "after": after}
            yield Page(events, where, unreadable, fields=_names(rows))

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

    def _changed(self, model: str, fields: Sequence[str], since: datetime | None, after: int) -> list[dict[str, Any]]:
        domain: list[Any] = [["id", ">", after]]
        if since is not None:
            start = _packed(since - timedelta(seconds=self.options.overlap_seconds))
            domain.append(
                ["OR", [["write_date", ">=", start]], [["write_date", "=", None], ["create_date", ">=", start]]]
            )
        # A party that was deactivated is to be seen as well.
        context = {"active_test": False}
        rows = self._call(
            f"model.{model}.search_read", domain, 0, _PAGE, [["id", "ASC"]], list(fields), context=context
        )
        if not isinstance(rows, list):
            raise UnreadableAnswerError(f"{self.account.name}: {model} answered no list; it is asked again later")
        return rows

    def _told(self, stream: str, rows: Sequence[Mapping[str, Any]]) -> tuple[list[Event], list[Unreadable]]:
        posted = self._posted([row["id"] for row in rows if row.get("number")]) if stream == "invoices" else {}
        events: list[Event] = []
        unreadable: list[Unreadable] = []
        for row in rows:
            try:
                events += self._events(stream, row, posted)
            except (UnreadableEventError, KeyError, TypeError, ValueError) as error:
                raw = msgspec.json.encode(row)
                unreadable.append(Unreadable(raw, f"{stream} {row.get('id')}: {type(error).__name__}: {error}"))
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
        return {int(row["resource"].partition(",")[2]): _instant(row["create_date"]) for row in rows}

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
_PARTS_OF_TIME = ("year", "month", "day", "hour", "minute", "second", "microsecond")
_BEGINNING = datetime(1970, 1, 2, tzinfo=UTC).isoformat()


def _instant(value: Mapping[str, Any]) -> datetime:
    if value.get("__class__") != "datetime":
        raise ValueError(f"found {str(value)[:60]!r} where a time is wanted")
    year, month, day, hour, minute, second, microsecond = (int(value.get(name, 0)) for name in _PARTS_OF_TIME)
    return datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)


def _packed(at: datetime) -> dict[str, Any]:
    utc = at.astimezone(UTC)
    return {"__class__": "datetime"} | {name: getattr(utc, name) for name in _PARTS_OF_TIME}


def _decimal(value: Any) -> str | None:
    return value.get("decimal") if isinstance(value, dict) else None


def _names(rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    return frozenset(name for row in rows for name in row)


def _fault(error: Any) -> str:
    """The words of an error: its class and its message, never the trace behind them."""
    parts = error if isinstance(error, list) else [error]
    words = [part for part in parts[:2] if isinstance(part, str)]
    if len(parts) > 1 and isinstance(parts[1], list):
        words += [part for part in parts[1] if isinstance(part, str) and part]
    return ": ".join(word.splitlines()[0] for word in words if word)[:300]


CONNECTOR = Tryton
