"""Who may ask Ironclad: client credentials for a bearer token, its scopes and the user it acts for."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from estate.ironclad.answers import Refused, answer, missing
from estate.services import Services

SYSTEM = "ironclad"
TOKEN_LIFE_SECONDS = 3600.0
READ = (
    "public.workflows.readWorkflows",
    "public.workflows.readApprovals",
    "public.workflows.readSignatures",
    "public.workflows.readTurnHistory",
    "public.workflows.readSchemas",
    "public.records.readRecords",
    "public.records.readSchemas",
    "public.obligations.readObligations",
    "public.webhooks.readWebhooks",
)
SCOPES = frozenset((*READ, "public.webhooks.createWebhooks", "public.webhooks.deleteWebhooks"))
"""What this client may ask for by client credentials; `readSignStatus` is not among them."""


class SignIn:
    """Issues tokens and checks them, with the scopes that each was asked for."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._granted: dict[str, frozenset[str]] = {}

    async def token(self, request: Request) -> Response:
        """`POST /oauth/token`. Errors have the body of RFC 6749; the body of the request is JSON, nothing else."""
        try:
            asked = self._asked(request, await request.body())
            scopes = self._scopes(asked)
        except _TokenRefused as refused:
            return answer({"error": refused.error, "error_description": str(refused)}, refused.status)
        token = self._services.issue_token(SYSTEM, TOKEN_LIFE_SECONDS)
        self._granted[token] = scopes or SCOPES
        body: dict[str, Any] = {"token_type": "Bearer", "access_token": token, "expires_in": int(TOKEN_LIFE_SECONDS)}
        return answer(body | ({"scope": asked["scope"]} if scopes else {}))

    def check(self, request: Request, scope: str | None, is_for_user: bool = True) -> None:
        """Whether a request may go on: its token, the user it acts for, the scope of the call."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        state = self._services.check_token(SYSTEM, token) if kind == "Bearer" else "unknown"
        if state == "expired":
            raise Refused(401, "UNAUTHORIZED", "token has expired")
        if state != "valid":
            raise Refused(401, "UNAUTHORIZED", "invalid authentication token")
        if is_for_user:
            self._check_user(request.headers)
        if scope and scope not in self._granted.get(token, SCOPES):
            raise Refused(403, "FORBIDDEN", f"The access token lacks the scope {scope}.")

    def _check_user(self, headers: Mapping[str, str]) -> None:
        user = headers.get("x-as-user-email") or headers.get("x-as-user-id")
        if not user:
            raise missing("x-as-user-email", "Client credentials must send x-as-user-email or x-as-user-id.")
        if user != self._services.credentials(SYSTEM).user:
            raise Refused(403, "FORBIDDEN", "The user to act for does not exist or is not active.")

    def _asked(self, request: Request, body: bytes) -> dict[str, str]:
        """The fields of a token request, its client checked."""
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise _TokenRefused("invalid_request", "Content-Type must be application/json")
        try:
            asked = msgspec.json.decode(body, type=dict[str, str])
        except msgspec.DecodeError as error:
            raise _TokenRefused("invalid_request", "the body must be a JSON object of strings") from error
        unknown = asked.keys() - {"grant_type", "client_id", "client_secret", "scope"}
        if unknown:
            raise _TokenRefused("invalid_request", f"unknown parameter {min(unknown)}")
        if not self._is_client(_basic(request.headers) or (asked.get("client_id"), asked.get("client_secret"))):
            raise _TokenRefused("invalid_client", "client authentication failed", 401)
        if asked.get("grant_type") != "client_credentials":
            raise _TokenRefused("unsupported_grant_type", "this client may use client_credentials alone")
        return asked

    def _is_client(self, presented: tuple[str | None, str | None]) -> bool:
        wanted = self._services.credentials(SYSTEM)
        return presented == (wanted.client_id, wanted.secret)

    def _scopes(self, asked: Mapping[str, str]) -> frozenset[str]:
        scopes = frozenset(asked.get("scope", "").split())
        if unknown := scopes - SCOPES:
            raise _TokenRefused("invalid_scope", f"{min(unknown)} cannot be granted to this client")
        return scopes


class _TokenRefused(Exception):  # noqa: N818
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.status = error, status


def _basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Id and secret of a Basic header, None without one."""
    kind, _, coded = headers.get("authorization", "").partition(" ")
    if kind != "Basic":
        return None
    try:
        client, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client, secret
