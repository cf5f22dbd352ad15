"""A small product for testing the runner and the suite: orders, changed since, in pages by token, behind a login."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from collectors import sign_in
from collectors.base import Account, Checked, Connector, Credentials, Json, Manners, Memory, Page, Stream, Unreadable
from collectors.drift import shared_fields
from collectors.paging import by_token
from collectors.window import Sweep
from models.errors import SkipRecord
from models.events import Event, make_event

SHOWS = frozenset({"contract.signed", "contract.activated"})


class Acme(Connector):
    """Reads `/orders?since=&token=`: rows of id, changed, signed, state, no."""

    product = "acme"
    streams = (Stream("orders", SHOWS, "order"), Stream("returns", SHOWS, "return"))
    manners = Manners(timeout_seconds=2)

    @classmethod
    def sign_in(cls, account: Account) -> sign_in.SignIn:
        by = account.credentials or Credentials("none")
        if by.kind == "none":
            return sign_in.NoSignIn()
        return sign_in.ClientCredentials(f"{account.base_url}/token", by.client_id, by.secret, style=sign_in.JSON)

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        sweep = Sweep(cursor, self.now, skew=self.http.skew, earliest=self.account.watch_from)
        since = "" if sweep.since is None else sweep.since.isoformat()

        def ask(token: str | None) -> tuple[Sequence[Any], str | None]:
            said = self.http.get(f"/{stream}", {"since": since, "token": token or ""}).json()
            return said["rows"], said.get("next")

        for piece in by_token(ask, token=sweep.place):
            events: list[Event] = []
            bad: list[Unreadable] = []
            for row in piece.rows:
                try:
                    if sweep.fresh(row["id"], row["changed"], datetime.fromisoformat(row["changed"])):
                        events.append(self._event(stream, row))
                except (KeyError, SkipRecord) as error:
                    bad.append(Unreadable(msgspec.json.encode(row), f"{self.account.name}: {error} is missing"))
            is_last = piece.next is None
            behind = sweep.end(self.http.skew) if is_last else sweep.at(piece.next)
            yield Page(events, behind, bad, sweep.began_at if is_last else None, fields=shared_fields(piece.rows))

    def check(self, stream: str) -> Checked:
        self.http.get(f"/{stream}", {"since": "", "token": ""})
        return Checked(stream, True, "readable")

    def _event(self, stream: str, row: dict[str, Any]) -> Event:
        return make_event(
            source=self.account.name,
            id=f"{stream}/{row['id']}@{row['changed']}",
            type="contract.signed",
            occurred_at=datetime.fromisoformat(row["signed"]),
            sequence=row["changed"],
            record=row["id"],
            retracts=row.get("state") == "void",
            keys={"contract": row["no"]},
        )


CONNECTOR = Acme


def a_row(number: int, changed: str = "", **parts: Any) -> dict[str, Any]:
    """An order."""
    at = changed or f"2026-03-02T10:{number // 60 % 60:02}:{number % 60:02}+00:00"
    return {"id": f"o{number}", "no": f"SOW-{number}", "signed": at, "changed": at, "state": "live", **parts}
