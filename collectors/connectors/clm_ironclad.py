"""Ironclad as CLM, by its Public API v1: workflows, their approvals, repository records, obligations, deletions.

How its streams are read and what their rows say stands in the folder `ironclad`.
Source: developer.ironcladapp.com/reference (getting-started-api, list-all-workflows, list-all-records,
list-all-record-ids, clm-api-rate-limits). docs/connectors.md says what of it was not tried on a real tenant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from collectors import sign_in
from collectors.account import Account
from collectors.answers import ForbiddenError, RejectedError, SignInRefusedError
from collectors.base import Checked, Connector, Json, Manners, Memory, Page, Stream
from collectors.connectors.ironclad.options import Options, actor_headers
from collectors.connectors.ironclad.read_records import Records
from collectors.connectors.ironclad.read_workflows import STATUSES, Workflows
from collectors.connectors.ironclad.reader import API
from collectors.connectors.ironclad.reading import text
from collectors.http import Http
from collectors.options import read_options
from collectors.sign_in import JSON, ClientCredentials, SignInSettingError, Static
from collectors.window import Sweep
from models.events import LINKED

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path

WORKFLOWS = Stream("workflows", frozenset(("contract.drafted", "amendment.rejected")), "workflow")
APPROVALS = Stream(
    "approvals",
    frozenset(("approval.requested", "approval.completed", "contract.approved", "amendment.approved")),
    "workflow",
)
_RECORD_STEPS = frozenset(
    ("contract.signed", "contract.activated", "contract.terminated", "contract.superseded", "amendment.signed")
)
RECORDS = Stream("records", _RECORD_STEPS | {LINKED}, "record")
OBLIGATIONS = Stream("obligations", frozenset((LINKED,)), "obligation")
RECORD_IDS = Stream("record_ids", _RECORD_STEPS, "record")

SCOPES = {
    "workflows": "public.workflows.readWorkflows",
    "approvals": "public.workflows.readApprovals",
    "records": "public.records.readRecords",
    "obligations": "public.obligations.readObligations",
    "record_ids": "public.records.readRecords",
}
_SCHEMAS = "public.records.readSchemas"
_WEBHOOKS = "public.webhooks.readWebhooks"

_NEEDED = {
    "records": ("contract_number", "agreement_date"),
    "record_ids": ("contract_number", "agreement_date"),
}
"""The options without whose property a stream shows nothing."""


class Ironclad(Connector):
    """Ironclad. The base URL is the host, without the path of the interface."""

    product = "ironclad"
    streams = (WORKFLOWS, APPROVALS, RECORDS, OBLIGATIONS, RECORD_IDS)
    # Workflows may be asked for 400 times a minute, the smallest bucket that we draw from; no header tells more.
    manners = Manners(requests_per_second=6.5, at_once=2)

    def __init__(self, account: Account, http: Http, now: Callable[[], datetime]) -> None:
        super().__init__(account, http, now)
        self.options = read_options(Options, account.name, account.options)
        headers = actor_headers(account)
        self._workflows = Workflows(account.name, self.options, http, headers)
        self._records = Records(account.name, self.options, http, headers)

    @classmethod
    def sign_in(cls, account: Account) -> sign_in.SignIn:
        """Client credentials in JSON at `/oauth/token` of the host, or a token that an administrator made."""
        by = account.credentials
        if by is None or by.kind == "none":
            return sign_in.usual(by, account.name)
        if by.kind == "token":
            return Static(by.secret)
        if by.kind != "oauth2_client" or not by.client_id or not by.user:
            raise SignInSettingError(
                f"systems.{account.name}.auth: Ironclad signs in by kind 'oauth2_client' with client_id, secret and "
                f"user (whose rights count), or by kind 'token' with a secret; kind is {by.kind!r}"
            )
        host = account.base_url.rstrip("/").removesuffix(API)
        scope = by.scope or " ".join(sorted({*SCOPES.values(), _SCHEMAS, _WEBHOOKS}))
        return ClientCredentials(by.token_url or host + TOKEN_PATH, by.client_id, by.secret, scope=scope, style=JSON)

    def read(self, stream: str, cursor: Json, memory: Memory) -> Iterator[Page]:
        """Pages of one stream; see `Connector.read`."""
        sweep = Sweep(
            cursor,
            self.now,
            skew=self.http.skew,
            earliest=self.account.watch_from,
            overlap_seconds=self.options.overlap_seconds,
        )
        if stream == WORKFLOWS.name:
            return self._workflows.read(sweep, memory)
        if stream == APPROVALS.name:
            return self._workflows.read_approvals(sweep, memory)
        if stream == RECORDS.name:
            return self._records.read(sweep, memory)
        if stream == OBLIGATIONS.name:
            return self._records.read_obligations(sweep)
        return self._records.read_ids(sweep, dict(cursor or {}), memory)

    def check(self, stream: str) -> Checked:
        """One row of the stream, and whether the tenant's catalogue has the properties that the options name."""
        place = f"[systems.{self.account.name}.options]"
        try:
            found = self._one(stream)
            missing = self._missing(stream)
        except (ForbiddenError, SignInRefusedError) as error:
            told = f"{error}; the scope is {SCOPES[stream]}, which an administrator of Ironclad grants to the client"
            return Checked(stream, False, told)
        except RejectedError as error:
            told = (
                f"{error}; record_ids_path of {place} names the list of ids"
                if stream == RECORD_IDS.name
                else str(error)
            )
            return Checked(stream, False, told)
        if missing:
            names = " and ".join(f"{getattr(self.options, option)!r} ({option})" for option in missing)
            return Checked(stream, False, f"the tenant's catalogue of properties has no {names}; correct {place}")
        return Checked(stream, True, "one was read" if found else "there is none that this user may see")

    def _one(self, stream: str) -> bool:
        """Whether there is a row to read, having read it."""
        path = {APPROVALS.name: "/workflows", RECORD_IDS.name: self.options.record_ids_path}.get(stream, f"/{stream}")
        params = {"status": STATUSES} if path == "/workflows" else {}
        rows = self._workflows.list(path, params, size=1).rows
        if stream == APPROVALS.name and rows:
            self._workflows.requests(text(rows[0], "id"))
        return bool(rows)

    def _missing(self, stream: str) -> list[str]:
        """The options, of those that the stream cannot do without, whose property the tenant does not have."""
        if stream not in _NEEDED:
            return []
        said = self.http.get(f"{API}/records/metadata", headers=self._records.headers).json()
        held = said.get("properties") if isinstance(said, dict) else None
        if not isinstance(held, dict):
            return []
        return [option for option in _NEEDED[stream] if getattr(self.options, option) not in held]


CONNECTOR = Ironclad
