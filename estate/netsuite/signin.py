"""Who may ask NetSuite: a client assertion signed with the certificate's key for a bearer token, or OAuth 1.0a."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import time
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk, jwt
from joserfc.errors import JoseError
from starlette.requests import Request
from starlette.responses import Response

from estate.netsuite.answers import Refused
from estate.services import Services

SYSTEM = "netsuite"
ACCOUNT = "1234567"
TOKEN_LIFE_SECONDS = 3600.0
ASSERTION_LIFE_SECONDS = 3600
SKEW_SECONDS = 300
ALGORITHMS = ["PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
SCOPES = frozenset(("restlets", "rest_webservices", "suite_analytics"))
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FIELDS = {"grant_type", "client_assertion_type", "client_assertion"}
_OAUTH = ("consumer_key", "token", "signature_method", "timestamp", "nonce", "version", "signature")
_OAUTH_FIELDS = {"realm", *(f"oauth_{name}" for name in _OAUTH)}


class SignIn:
    """Issues tokens for assertions, and checks what requests present."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._nonces: set[tuple[str, str]] = set()

    async def token(self, request: Request) -> Response:
        """`POST /services/rest/auth/oauth2/v1/token`. Errors are `{"error": ...}` with 400, and 401 for the client."""
        fields = dict(parse_qsl((await request.body()).decode("ascii", "replace"), keep_blank_values=True))
        if error := self._error(request, fields):
            return _json({"error": error}, 401 if error == "invalid_client" else 400)
        token = self._services.issue_token(SYSTEM, TOKEN_LIFE_SECONDS)
        return _json({"access_token": token, "expires_in": str(int(TOKEN_LIFE_SECONDS)), "token_type": "Bearer"})

    def check(self, request: Request) -> None:
        """Refuses a request without a standing token or a good OAuth 1.0a signature."""
        kind, _, presented = request.headers.get("authorization", "").partition(" ")
        if kind == "Bearer" and self._services.check_token(SYSTEM, presented) == "valid":
            return
        if kind == "OAuth" and self._is_signed(request, presented):
            return
        raise Refused(
            401,
            "INVALID_LOGIN",
            "Invalid login attempt. For more details, see the Login Audit Trail in the NetSuite UI at Setup > "
            "Users/Roles > User Management > View Login Audit Trail.",
        )

    def _error(self, request: Request, fields: dict[str, str]) -> str | None:
        """What is wrong with a token request, in a word of the standard."""
        media_type = request.headers.get("content-type", "").partition(";")[0].strip()
        if media_type != "application/x-www-form-urlencoded" or fields.keys() != _FIELDS:
            return "invalid_request"
        if fields["grant_type"] != "client_credentials":
            return "unsupported_grant_type"
        if fields["client_assertion_type"] != _ASSERTION_TYPE:
            return "invalid_request"
        claims = self._claims(fields["client_assertion"])
        return None if claims and self._fits(claims, str(request.url)) else "invalid_client"

    def _claims(self, assertion: str) -> dict[str, Any] | None:
        """What a well signed assertion claims; None for another key, certificate or algorithm."""
        wanted = self._services.credentials(SYSTEM)
        try:
            token = jwt.decode(assertion, _key(wanted.public_key_pem), algorithms=ALGORITHMS)
        except (JoseError, ValueError):
            return None
        if token.header.get("typ") != "JWT" or token.header.get("kid") != wanted.certificate_id:
            return None
        return token.claims

    def _fits(self, claims: dict[str, Any], address: str) -> bool:
        issued, ends, scope = claims.get("iat"), claims.get("exp"), claims.get("scope")
        scopes = set(scope.replace(",", " ").split()) if isinstance(scope, str) else set(scope or ())
        if not isinstance(issued, int) or not isinstance(ends, int):
            return False
        now = time.time()
        return (
            claims.get("iss") == self._services.credentials(SYSTEM).client_id
            and claims.get("aud") == address
            and "rest_webservices" in scopes
            and scopes <= SCOPES
            and 0 < ends - issued < ASSERTION_LIFE_SECONDS
            and issued <= now + SKEW_SECONDS
            and ends > now
        )

    def _is_signed(self, request: Request, header: str) -> bool:
        """Whether an OAuth 1.0a header is ours, fresh, and signed over this request."""
        fields = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
        wanted = self._services.credentials(SYSTEM)
        if fields.keys() != _OAUTH_FIELDS or fields["realm"] != ACCOUNT or fields["oauth_version"] != "1.0":
            return False
        if (fields["oauth_consumer_key"], fields["oauth_token"]) != (wanted.client_id, wanted.token):
            return False
        once = fields["oauth_timestamp"], fields["oauth_nonce"]
        is_fresh = once[0].isdigit() and abs(int(once[0]) - time.time()) <= SKEW_SECONDS and once not in self._nonces
        if fields["oauth_signature_method"] != "HMAC-SHA256" or not is_fresh:
            return False
        self._nonces.add(once)
        signature = base64.b64decode(fields["oauth_signature"] + "==")
        return hmac.compare_digest(signature, signature_of(request, fields, wanted.secret, wanted.secret))


def signature_of(request: Request, fields: dict[str, str], consumer_secret: str, token_secret: str) -> bytes:
    """The HMAC-SHA256 of a request: method, address and the sorted parameters, those of the query included."""
    signed = {name: value for name, value in fields.items() if name not in ("realm", "oauth_signature")}
    pairs = sorted((_coded(name), _coded(value)) for name, value in [*signed.items(), *request.query_params.items()])
    parameters = "&".join(f"{name}={value}" for name, value in pairs)
    address = str(request.url.replace(query=""))
    base = "&".join((request.method, _coded(address), _coded(parameters)))
    key = f"{_coded(consumer_secret)}&{_coded(token_secret)}"
    return hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()


def _coded(text: str) -> str:
    return quote(text, safe="-._~")


def _key(pem: str) -> jwk.RSAKey | jwk.ECKey:
    is_rsa = isinstance(serialization.load_pem_public_key(pem.encode()), rsa.RSAPublicKey)
    return jwk.RSAKey.import_key(pem) if is_rsa else jwk.ECKey.import_key(pem)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
