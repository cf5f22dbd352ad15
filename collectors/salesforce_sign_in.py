"""How one signs in to a Salesforce org: JWT bearer or client credentials, and a token that stays with its org.

Source: Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration" and "OAuth 2.0 Client
Credentials Flow".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from collectors import sign_in
from collectors.account import Account
from collectors.answers import Answer
from collectors.sign_in import FORM, ClientCredentials, JwtBearer, OAuth2, Send, Session, SignIn
from models.errors import Misconfigured

LOGIN, SANDBOX_LOGIN = "https://login.salesforce.com", "https://test.salesforce.com"
TOKEN_PATH = "/services/oauth2/token"  # noqa: S105 - a path


class OrgMovedError(Misconfigured):
    """The org says that it is at another host than the settings do."""


def sign_in_to_org(account: Account) -> SignIn:
    """JWT bearer or client credentials in a form, with Salesforce's own addresses as defaults; else as usual.

    Errors: SignInSettingError.
    """
    given = account.credentials
    if given is None or given.kind not in {"oauth2_jwt", "oauth2_client"}:
        return sign_in.usual(given, account.name)
    login = LOGIN if given.kind == "oauth2_jwt" else account.base_url.rstrip("/")
    given = replace(given, token_url=given.token_url or login + TOKEN_PATH)
    sign_in.usual(given, account.name)  # says what is missing
    tokens: OAuth2
    if given.kind == "oauth2_client":
        tokens = ClientCredentials(given.token_url, given.client_id, given.secret, style=FORM)
    else:
        audience = audience_of(given.token_url)
        tokens = JwtBearer(given.token_url, given.client_id, given.user, given.secret, audience=audience)
    return _OrgSession(account.base_url, tokens)


def audience_of(token_url: str) -> str:
    """Whom an assertion for this address must name: the login host of production or of sandboxes, else the address's
    own. Source: Salesforce Help, "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration"."""
    parts = urlsplit(token_url)
    host = parts.hostname or ""
    if not host.endswith(".salesforce.com"):
        return token_url.removesuffix(TOKEN_PATH)
    return SANDBOX_LOGIN if host == "test.salesforce.com" or ".sandbox." in host else LOGIN


class _OrgSession(Session):
    """A token of an org, taken only if the org is where the settings say: it is sent nowhere else."""

    def __init__(self, base_url: str, tokens: OAuth2) -> None:
        super().__init__()
        self._base_url = base_url
        self._tokens = tokens

    def begin(self, send: Send, system: str) -> tuple[str, float | None]:
        """A token from the endpoint. Errors: OrgMovedError besides those of OAuth 2."""
        answers: list[Answer] = []

        def heard(method: str, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
            answers.append(send(method, url, headers, content))
            return answers[-1]

        token = self._tokens.begin(heard, system)
        found = answers[-1].json().get("instance_url")
        host = urlsplit(found).netloc.lower() if isinstance(found, str) else ""
        if host and host != urlsplit(self._base_url).netloc.lower():
            raise OrgMovedError(
                f"{system}: the org says that it is at {host}; if that is yours, make it base_url of [systems.{system}]"
            )
        return token
