"""The org's token endpoint: JWT bearer (RS256, verified) and client credentials.

Source: Salesforce, OAuth 2.0 JWT Bearer Flow and Client Credentials Flow. A token's life is the session time-out.
"""

import time
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import Response

from estate.crm.answers import json_answer, oauth_error
from estate.services import Services

SYSTEM = "salesforce"  # the org is one, and so is its client
SESSION_SECONDS = 900.0  # the shortest time-out an administrator may set
MOST_AHEAD_SECONDS = 300
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")


class SignIn:
    """Issues sessions to the firm's integration user."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._client = services.credentials(SYSTEM)
        self._key = RSAKey.import_key(self._client.public_key_pem)

    async def token(self, request: Request) -> Response:
        """`POST /services/oauth2/token`, form-encoded."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        grant = form.get("grant_type")
        if grant == JWT_BEARER:
            return self._by_assertion(form.get("assertion", ""), instance_url(request))
        if grant == "client_credentials":
            return self._by_secret(form, instance_url(request))
        return oauth_error(400, "unsupported_grant_type", "grant type not supported")

    def is_live(self, token: str) -> bool:
        """Whether a session is live: neither expired nor unknown."""
        return self._services.check_token(SYSTEM, token) == "valid"

    def _by_assertion(self, assertion: str, url: str) -> Response:
        try:
            claims = jwt.decode(assertion, self._key, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return oauth_error(400, "invalid_grant", "invalid assertion")
        if claims.get("iss") != self._client.client_id:
            return oauth_error(400, "invalid_client_id", "client identifier invalid")
        if claims.get("aud") not in (*LOGIN_HOSTS, url, url.removesuffix(urlsplit(url).path)):
            return oauth_error(400, "invalid_grant", "audience is invalid")
        if claims.get("sub") != self._client.user:
            return oauth_error(400, "invalid_grant", "user hasn't approved this consumer")
        expires = claims.get("exp")
        if not isinstance(expires, int) or not time.time() < expires <= time.time() + MOST_AHEAD_SECONDS:
            return oauth_error(400, "invalid_grant", "assertion has expired")
        return self._session(url)

    def _by_secret(self, form: dict[str, str], url: str) -> Response:
        if form.get("client_id") != self._client.client_id:
            return oauth_error(400, "invalid_client_id", "client identifier invalid")
        if form.get("client_secret") != self._client.secret:
            return oauth_error(400, "invalid_client", "invalid client credentials")
        return self._session(url)

    def _session(self, url: str) -> Response:
        identity = "https://login.salesforce.com/id/00D5g00000ESTATEEAV/0055g00000INTEGRAAV"
        token = self._services.issue_token(SYSTEM, SESSION_SECONDS)
        answer = {"access_token": token, "scope": "api", "instance_url": url, "id": identity, "token_type": "Bearer"}
        return json_answer(answer)


def instance_url(request: Request) -> str:
    """Where the org is, as the client reached it, without a slash at its end."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}".rstrip("/")
