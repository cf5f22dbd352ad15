"""What a connector is: the streams of one product, read page by page, each page with the cursor that covers it.

A connector knows a product, never the store: the runner (`collectors/poll.py`) commits a page's events, its cursor and
what it learned of records in one transaction, and asks for the next page only then.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Protocol

from collectors import sign_in
from collectors.account import Account, Credentials
from collectors.http import Http, Manners
from models.events import Event

__all__ = [
    "Account",
    "Checked",
    "Connector",
    "Credentials",
    "Json",
    "Manners",
    "Memory",
    "Page",
    "Stream",
    "Unreadable",
]

Json = Any
"""What JSON can hold. A cursor is one, `None` before the first page."""


@dataclass(frozen=True)
class Stream:
    """One pollable thing of a product. `shows` names the event types it can yield, `record` what its rows are."""

    name: str
    shows: frozenset[str]
    record: str


class Unreadable(NamedTuple):
    """A record that cannot be told as events: its bytes as they came, and a reason that names the field."""

    raw: bytes
    reason: str


class Page(NamedTuple):
    """What one page brought, and where to go on once it is written.

    `watermark` is the source's time up to which everything is known to have been read; None where the page is not the
    last of its window. `learned` is what to remember of records by their id (`Memory`), None to forget one. `fields`
    are the names that every record of the page had (`drift.shared_fields`), for noticing that one went; empty where it
    does not apply.
    """

    events: Sequence[Event]
    cursor: Json
    unreadable: Sequence[Unreadable] = ()
    watermark: datetime | None = None
    learned: Mapping[str, str | None] = {}
    fields: Collection[str] = ()


class Memory(Protocol):
    """What the stream learned of records before: a short text by record id, a digest of the content as a rule."""

    def recall(self, records: Collection[str]) -> dict[str, str]:
        """What is remembered of these; absent where nothing is."""

    def all(self) -> Iterator[tuple[str, str]]:
        """Everything remembered, by record id: for finding what is no longer there."""


class Checked(NamedTuple):
    """What `systems check` found out about a stream: whether it can be read, and what to do where not."""

    stream: str
    is_readable: bool
    told: str


class Connector(ABC):
    """One product. Subclasses set `product` and `streams`, and read; `now` is the clock of the program, for windows.

    `manners` say how the product wants to be asked. Errors of `read` and `check`: the families of `models/errors.py`.
    RetryLater: the cursor stays, the stream is polled again later. StopStream: this stream says what is wrong, others
    go on. Misconfigured: a person must change a setting.
    """

    product: ClassVar[str]
    streams: ClassVar[tuple[Stream, ...]]
    manners: ClassVar[Manners] = Manners()

    def __init__(self, account: Account, http: Http, now: Callable[[], datetime]) -> None:
        self.account = account
        self.http = http
        self.now = now

    @classmethod
    def sign_in(cls, account: Account) -> sign_in.SignIn:
        """How requests are signed; products with defaults or a way of their own say so here.

        Errors: SignInSettingError for a kind or a missing key that the product cannot sign in with.
        """
        return sign_in.usual(account.credentials, account.name)

    @abstractmethod
    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        """Pages from the cursor on to the end of what there is now, oldest first. The last page carries a watermark.

        An idle stream yields one page without events in at most two requests. What is read twice gives equal events.
        """

    @abstractmethod
    def check(self, stream: str) -> Checked:
        """Sign in and read one record of the stream; names the missing permission or field and where to grant it."""
