"""NetSuite as ERP, by SuiteQL over REST and the record API: customers, projects, billing, payments, deletions.

How its tables are asked and what their rows say stands in the folder `netsuite`.
Source: docs.oracle.com, NetSuite online help (section_157909186990 SuiteQL over REST, section_162755359851 client
credentials). docs/connectors.md says what of it was not tried on a real account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collectors import sign_in
from collectors.account import Account
from collectors.answers import Answer, ForbiddenError, explain_usual
from collectors.base import Checked, Connector, Json, Manners, Memory, Page, Stream
from collectors.connectors.netsuite.options import Options, check_names
from collectors.connectors.netsuite.reader import TRANSIENT
from collectors.connectors.netsuite.rows import instant_or_none
from collectors.connectors.netsuite.schedules import RECORD, Schedules
from collectors.connectors.netsuite.streams import Streams
from collectors.connectors.netsuite.suiteql import CLOCK
from collectors.http import Http
from collectors.options import OptionError, read_options
from collectors.sign_in import SignInSettingError
from collectors.window import Sweep
from models.errors import StopStream, ThroughlineError
from models.events import LINKED

TOKEN_PATH = "/services/rest/auth/oauth2/v1/token"  # noqa: S105 - a path
SCOPE = "rest_webservices"

_OF_INVOICES = (
    "invoice.posted",
    "invoice.sent",
    "invoice.voided",
    "invoice.disputed",
    "dispute.resolved",
    "invoice.settled",
    "retainage.held",
    "retainage.released",
)
_OF_CHANGES = (
    "customer.updated",
    "project.activated",
    "project.cancelled",
    "project.closed",
    "project.reopened",
    "rate_card.synced",
    "billing_schedule.created",
    "billing_schedule.updated",
    "revenue_schedule.created",
    "revenue_schedule.updated",
)
_OF_DELETIONS = (
    "customer.merged",
    "project.deleted",
    "rate_card.deleted",
    "billing_schedule.deleted",
    "revenue_schedule.deleted",
    "invoice.deleted",
    "invoice.voided",
    "payment.reversed",
)
_OF_CUSTOMERS = ("customer.created", "customer.validated", "customer.merged")
BILLING_SCHEDULES = "billing_schedules"
_NO_PERMISSION = "INSUFFICIENT_PERMISSION"


def _judge(answer: Answer) -> ThroughlineError | None:
    """A missing permission comes with 400 as well as with 403."""
    said = explain_usual(answer) or ""
    if answer.status in (400, 403) and _NO_PERMISSION in said:
        return ForbiddenError(
            f"{answer.place} answered {answer.status}: {said}; grant the permission to the role of "
            f"[systems.{answer.system}.auth] (Setup > Users/Roles > Manage Roles), then read the stream again"
        )
    return None


class NetSuite(Connector):
    """NetSuite. The base URL is the account's own host."""

    product = "netsuite"
    streams = (
        Stream("customers", frozenset(_OF_CUSTOMERS), "customer"),
        Stream("deleted", frozenset(_OF_DELETIONS), "deleted record"),
        Stream("projects", frozenset(("project.created", LINKED)), "project"),
        Stream("changes", frozenset(_OF_CHANGES), "system note"),
        Stream("invoices", frozenset(_OF_INVOICES), "invoice"),
        Stream("credits", frozenset(("invoice.credited", "credit.voided")), "credit memo"),
        Stream("payments", frozenset(("payment.received", "payment.applied", "payment.reversed")), "payment"),
        Stream("charges", frozenset(("billing.held", "billing.released")), "charge"),
        Stream(BILLING_SCHEDULES, frozenset((LINKED,)), "billing schedule"),
        Stream("time", frozenset(("time.approved",)), "time entry"),
    )
    # The account's limit is one of requests at a time, which other integrations share.
    manners = Manners(at_once=2, timeout_seconds=120.0, judge=_judge)

    def __init__(self, account: Account, http: Http, now: Callable[[], datetime]) -> None:
        super().__init__(account, http, now)
        self.options = read_options(Options, account.name, account.options)
        check_names(account.name, self.options)
        self._zone = _zone(account.name, self.options.time_zone)
        self._streams = Streams(account.name, self.options, http, self._zone)
        self._schedules = Schedules(account.name, self.options, http, self._zone)

    @classmethod
    def sign_in(cls, account: Account) -> sign_in.SignIn:
        """Client credentials with a certificate at the account's host, or token-based authentication (OAuth 1.0a)."""
        by = account.credentials
        if by is not None and by.kind == "oauth2_m2m":
            if not by.key_id:
                raise SignInSettingError(f"systems.{account.name}.auth: NetSuite needs key_id, the certificate's id")
            by = replace(
                by, token_url=by.token_url or account.base_url.rstrip("/") + TOKEN_PATH, scope=by.scope or SCOPE
            )
        elif by is not None and by.kind not in ("oauth1", "none"):
            raise SignInSettingError(
                f"systems.{account.name}.auth.kind is {by.kind!r}; NetSuite signs in by 'oauth2_m2m' or 'oauth1'"
            )
        return sign_in.usual(by, account.name)

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        """Pages of one stream; see `Connector.read`."""
        if stream == BILLING_SCHEDULES:
            return self._schedules.read(cursor, memory, self._sweep)
        read: Callable[[Sweep, Memory], Iterator[Page]] = getattr(self._streams, stream)
        return read(self._sweep(cursor), memory)

    def check(self, stream: str) -> Checked:
        """Whether every column of the stream is there, and the user's clock in the zone that we take it for."""
        try:
            found = [self._streams.query(question)[0] for question in self._streams.questions(stream)]
            if stream == BILLING_SCHEDULES:
                self.http.get(RECORD, {"limit": 1}, headers=TRANSIENT)
            wrong = self._clock_fault()
        except StopStream as error:
            return Checked(stream, False, str(error))
        if wrong:
            return Checked(stream, False, wrong)
        return Checked(stream, True, "one was read" if found[0] else "there is none that this role may see")

    def _sweep(self, cursor: Json) -> Sweep:
        return Sweep(
            cursor,
            self.now,
            skew=self.http.skew,
            earliest=self.account.watch_from,
            overlap_seconds=self.options.overlap_seconds,
        )

    def _clock_fault(self) -> str | None:
        """What is wrong with the zone of the account's times by its clock; half hours tell zones apart."""
        rows, _ = self._streams.query(CLOCK)
        shown = instant_or_none(rows[0], "shown", self._zone) if rows else None
        if shown is None:
            return None
        apart = shown - self.now()
        halves = round(apart / timedelta(minutes=30))
        if not 0 < abs(halves) <= 28 or abs(apart - halves * timedelta(minutes=30)) > timedelta(minutes=2):
            return None
        return (
            f"{self.account.name}: the clock of its user is {halves / 2:+g} h off {self.options.time_zone}; set that "
            f"user's time zone to GMT, or time_zone of [systems.{self.account.name}.options] to the user's"
        )


def _zone(system: str, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise OptionError(
            f"systems.{system}.options.time_zone is {name!r}; allowed: a name such as 'UTC' or 'America/New_York'"
        ) from None


CONNECTOR = NetSuite
