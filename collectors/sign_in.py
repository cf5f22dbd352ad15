"""Ways to say who we are: what the key `auth` of a system may name, built on Authlib.

| kind | needs | is |
|---|---|---|
| `none` | nothing | no sign-in |
| `basic` | user, secret | RFC 7617 |
| `token` | secret | a bearer token that a person made |
| `oauth2_client` | client_id, secret, token_url | client credentials (RFC 6749, 4.4) |
| `oauth2_jwt` | client_id, user, secret, token_url | a JWT as grant (RFC 7523, 2.1); the secret is a private key |
| `oauth2_m2m` | client_id, key_id, secret, token_url | client credentials proven by a JWT (RFC 7523, 2.2); the same |
| `oauth1` | client_id, user, account, secret | OAuth 1.0a, HMAC-SHA256; user: the token's id, account: the realm |

The secret of `oauth1` has two lines: the consumer's and the token's. A connector gives the defaults of its product, or
a `Session` of its own. Tokens are kept in memory, renewed before they end, and once when they are refused; what is
signed ends by the machine's clock. Source: Authlib documentation, "OAuth 1" and "RFC 7523".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from authlib.oauth1 import ClientAuth as OAuth1Auth
from authlib.oauth1.rfc5849.client_auth import generate_nonce, generate_timestamp
from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth1.rfc5849.signature import construct_base_string
from authlib.oauth1.rfc5849.util import escape
from authlib.oauth2.auth import encode_client_secret_basic
from authlib.oauth2.rfc7523.assertion import sign_jwt_bearer_assertion
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from collectors.account import Credentials
from collectors.answers import Answer, FailingError, SignInRefusedError, ThrottledError, explain_usual, retry_after
from models.errors import Misconfigured

Send = Callable[[str, str, Mapping[str, str], bytes], Answer]
"""Sends an unsigned request: method, address, headers, body."""

FORM, HEADER, JSON = "form", "header", "json"
"""Where client credentials put the id and the secret."""

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_HMAC_SHA256 = "HMAC-SHA256"
_LEEWAY_SECONDS = 60.0
_USUAL_LIFE_SECONDS = 1800.0
_ASSERTION_SECONDS = 180


class SignInSettingError(Misconfigured):
    """The settings of a sign-in lack something, or name a kind that this product does not know."""


class SignIn(ABC):
    """Signs requests. Used by several threads at once."""

    @abstractmethod
    def sign(self, send: Send, method: str, url: str, system: str) -> dict[str, str]:
        """The headers that say who we are in this request. `send` asks for a token where one is needed.

        Errors: SignInRefusedError; what sending raises.
        """

    def forget(self, signed: Mapping[str, str]) -> bool:
        """What was signed like this was refused: whether signing again may go better."""
        return False


class NoSignIn(SignIn):
    """Nobody asks who we are."""

    def sign(self, send: Send, method: str, url: str, system: str) -> dict[str, str]:
        """No headers."""
        return {}


class Basic(SignIn):
    """A name and a password, or what a product puts in their place."""

    def __init__(self, user: str, secret: Callable[[], str]) -> None:
        self._user = user
        self._secret = secret

    def sign(self, send: Send, method: str, url: str, system: str) -> dict[str, str]:
        """The header of RFC 7617, in UTF-8."""
        pair = f"{self._user}:{self._secret()}".encode()
        return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}


class Static(SignIn):
    """A token that lasts until a person replaces it."""

    def __init__(self, secret: Callable[[], str], header: str = "authorization", scheme: str = "Bearer ") -> None:
        self._secret = secret
        self._header = header
        self._scheme = scheme

    def sign(self, send: Send, method: str, url: str, system: str) -> dict[str, str]:
        """The token in its header."""
        return {self._header: f"{self._scheme}{self._secret()}"}


class Session(SignIn):
    """A token that one call gives and that lasts for a while. Subclasses make the call."""

    header = "authorization"
    scheme = "Bearer "

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0

    @abstractmethod
    def begin(self, send: Send, system: str) -> tuple[str, float | None]:
        """A new token, and how many seconds it lasts; None where the system does not say.

        Errors: SignInRefusedError; what sending raises.
        """

    def sign(self, send: Send, method: str, url: str, system: str) -> dict[str, str]:
        """The token in its header; a new one where there is none or it is about to end."""
        with self._lock:
            if not self._token or time.monotonic() >= self._renew_at:
                self._token, seconds = self.begin(send, system)
                life = _USUAL_LIFE_SECONDS if seconds is None else seconds
                self._renew_at = time.monotonic() + max(life - min(_LEEWAY_SECONDS, life / 4), 0.0)
            return {self.header: f"{self.scheme}{self._token}"}

    def forget(self, signed: Mapping[str, str]) -> bool:
        """The next request begins anew, unless another thread has done so meanwhile."""
        with self._lock:
            if signed.get(self.header) == f"{self.scheme}{self._token}":
                self._token = ""
        return True


class OAuth2(Session):
    """A token endpoint of OAuth 2. Subclasses say what is sent there; `fields` are further parameters."""

    def __init__(self, token_url: str, scope: str = "", fields: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._token_url = token_url
        self._scope = scope
        self._fields = dict(fields or {})

    @abstractmethod
    def asks(self, system: str) -> tuple[dict[str, str], dict[str, str]]:
        """The parameters and the headers of a request for a token. Errors: SignInRefusedError for an unusable key."""

    is_json = False

    def begin(self, send: Send, system: str) -> tuple[str, float | None]:
        """A token from the endpoint."""
        fields, headers = self.asks(system)
        fields = {**fields, **self._fields, **({"scope": self._scope} if self._scope else {})}
        if self.is_json:
            headers, content = {**headers, "content-type": "application/json"}, msgspec.json.encode(fields)
        else:
            headers = {**headers, "content-type": "application/x-www-form-urlencoded"}
            content = urlencode(fields).encode()
        said = said_at_login(send("POST", self._token_url, headers, content))
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(token, str) or not token:
            raise SignInRefusedError(
                f"{system}: what answers at token_url gives no access_token; correct [systems.{system}.auth]"
            )
        return token, _seconds(said.get("expires_in"))


class ClientCredentials(OAuth2):
    """An id and a secret, in the header, a form or JSON."""

    def __init__(
        self,
        token_url: str,
        client_id: str,
        secret: Callable[[], str],
        *,
        scope: str = "",
        style: str = HEADER,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(token_url, scope, fields)
        self.client_id = client_id
        self._secret = secret
        self._style = style
        self.is_json = style == JSON

    @property
    def client_secret(self) -> str:
        """The secret, as Authlib asks for it."""
        return self._secret()

    def asks(self, system: str) -> tuple[dict[str, str], dict[str, str]]:
        """The grant, with the credentials where the style puts them."""
        fields = {"grant_type": "client_credentials"}
        headers: dict[str, str] = {}
        if self._style == HEADER:
            encode_client_secret_basic(self, "POST", self._token_url, headers, "")
            return fields, headers
        return {**fields, "client_id": self.client_id, "client_secret": self.client_secret}, headers


class JwtBearer(OAuth2):
    """A grant that is a JWT signed with our private key, in the name of a user."""

    def __init__(
        self,
        token_url: str,
        client_id: str,
        user: str,
        private_key: Callable[[], str],
        *,
        audience: str = "",
        algorithm: str = "RS256",
    ) -> None:
        super().__init__(token_url)
        self._client_id = client_id
        self._user = user
        self._private_key = private_key
        self._audience = audience or token_url
        self._algorithm = algorithm

    def asks(self, system: str) -> tuple[dict[str, str], dict[str, str]]:
        """The grant with a fresh assertion."""
        signed = _assertion(
            system, self._private_key, self._client_id, self._audience, self._algorithm, subject=self._user
        )
        return {"grant_type": _JWT_BEARER, "assertion": signed}, {}


class JwtClient(OAuth2):
    """Client credentials that are proven by a JWT signed with our private key."""

    def __init__(
        self,
        token_url: str,
        client_id: str,
        private_key: Callable[[], str],
        *,
        key_id: str = "",
        scope: str = "",
        algorithm: str = "PS256",
    ) -> None:
        super().__init__(token_url)
        self._client_id = client_id
        self._private_key = private_key
        self._header = {"typ": "JWT", **({"kid": key_id} if key_id else {})}
        self._claims = {"scope": scope} if scope else {}
        self._algorithm = algorithm

    def asks(self, system: str) -> tuple[dict[str, str], dict[str, str]]:
        """The grant with a fresh assertion."""
        signed = _assertion(
            system,
            self._private_key,
            self._client_id,
            self._token_url,
            self._algorithm,
            subject=self._client_id,
            header=self._header,
            claims=self._claims,
        )
        fields = {"grant_type": "client_credentials", "client_assertion_type": _ASSERTION, "client_assertion": signed}
        return fields, {}


class OAuth1(SignIn):
    """Every request signed with two secrets; nothing ends by itself."""

    def __init__(self, client_id: str, token: str, secrets: Callable[[], str], realm: str = "") -> None:
        self._client_id = client_id
        self._token = token
        self._secrets = secrets
        self._realm = realm

    def sign(self, send: Send, method: str, url: str, system: str) -> dict[str, str]:
        """The header of OAuth 1.0a over the method, the address and its parameters; a body of JSON is no part of it."""
        consumer, _, token = (part.strip() for part in self._secrets().strip().partition("\n"))
        auth = OAuth1Auth(self._client_id, consumer, self._token, token, signature_method=_HMAC_SHA256)
        said = auth.get_oauth_params(generate_nonce(), generate_timestamp())
        asked = parse_qsl(urlsplit(url).query, keep_blank_values=True)
        base = construct_base_string(method, url, [*asked, *said])
        key = f"{escape(consumer)}&{escape(token)}"
        signature = base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha256).digest()).decode()
        headers = prepare_headers([*said, ("oauth_signature", signature)], realm=self._realm or None)
        return {"authorization": headers["Authorization"]}


def usual(credentials: Credentials | None, system: str) -> SignIn:
    """The sign-in of a kind in the table above, for products that add nothing to it.

    Errors: SignInSettingError for an unknown kind and for a missing key.
    """
    if credentials is None:
        return NoSignIn()
    needs = _NEEDS.get(credentials.kind)
    if needs is None:
        raise SignInSettingError(
            f"systems.{system}.auth.kind is {credentials.kind!r}; one of {', '.join(_NEEDS)} is wanted here"
        )
    missing = [name for name in needs if not getattr(credentials, name)]
    if missing:
        raise SignInSettingError(f"systems.{system}.auth: kind {credentials.kind!r} needs {' and '.join(missing)}")
    return _KINDS[credentials.kind](credentials)


def said_at_login(answer: Answer) -> Any:
    """The JSON of a login's answer. Errors: SignInRefusedError in the vendor's words; FailingError, ThrottledError."""
    if 200 <= answer.status < 300:
        return answer.json()
    said = explain_usual(answer)
    told = f"{answer.place} answered {answer.status} at sign-in" + (f": {said}" if said else "")
    if answer.status == 429:
        raise ThrottledError(f"{told}; it is asked again later", wait_seconds=retry_after(answer.headers))
    if answer.status >= 500:
        raise FailingError(f"{told}; it is asked again later", wait_seconds=retry_after(answer.headers))
    raise SignInRefusedError(f"{told}; correct [systems.{answer.system}.auth], or grant the client its use there")


def _seconds(said: Any) -> float | None:
    try:
        return float(said)
    except (TypeError, ValueError):
        return None


def _assertion(
    system: str,
    private_key: Callable[[], str],
    issuer: str,
    audience: str,
    algorithm: str,
    *,
    subject: str,
    header: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
) -> str:
    try:
        kind = ECKey if algorithm.startswith("ES") else RSAKey
        signed = sign_jwt_bearer_assertion(
            kind.import_key(private_key()),
            issuer,
            audience,
            subject=subject,
            issued_at=int(time.time()),
            expires_in=_ASSERTION_SECONDS,
            claims=dict(claims or {}),
            header=dict(header or {}),
            alg=algorithm,
        )
    except (ValueError, JoseError) as error:
        # The text of the error may hold what was taken for a key.
        raise SignInRefusedError(
            f'systems.{system}.auth.secret is no private key for {algorithm}; give a PEM file by secret = "file:PATH"'
        ) from error
    return signed if isinstance(signed, str) else signed.decode()


_NEEDS: dict[str, tuple[str, ...]] = {
    "none": (),
    "basic": ("user",),
    "token": (),
    "oauth2_client": ("client_id", "token_url"),
    "oauth2_jwt": ("client_id", "user", "token_url"),
    "oauth2_m2m": ("client_id", "token_url"),
    "oauth1": ("client_id", "user"),
}
_KINDS: dict[str, Callable[[Credentials], SignIn]] = {
    "none": lambda by: NoSignIn(),
    "basic": lambda by: Basic(by.user, by.secret),
    "token": lambda by: Static(by.secret),
    "oauth2_client": lambda by: ClientCredentials(by.token_url, by.client_id, by.secret, scope=by.scope),
    "oauth2_jwt": lambda by: JwtBearer(by.token_url, by.client_id, by.user, by.secret),
    "oauth2_m2m": lambda by: JwtClient(by.token_url, by.client_id, by.secret, key_id=by.key_id, scope=by.scope),
    "oauth1": lambda by: OAuth1(by.client_id, by.user, by.secret, realm=by.account),
}
