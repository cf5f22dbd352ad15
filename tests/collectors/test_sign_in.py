"""Every way to sign in, proven by a server that checks what it gets as the standards say."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from collectors.account import Credentials
from collectors.answers import FailingError, SignInRefusedError, ThrottledError
from collectors.http import Http
from collectors.sign_in import FORM, JSON, ClientCredentials, JwtClient, SignIn, SignInSettingError, usual
from tests.suites.server import Asked, Reply, Served, serving


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


RSA = pem(rsa.generate_private_key(65537, 2048))
EC = pem(ec.generate_private_key(ec.SECP256R1()))
TOKEN = Reply(json={"access_token": "t1", "token_type": "Bearer", "expires_in": 3600})


def signed_in(make: Callable[[str], SignIn], token: Reply = TOKEN) -> tuple[Served, Asked]:
    """What a server saw of a sign-in and one request."""
    with serving(lambda asked: token if asked.path == "/token" else Reply(json=1)) as served:
        http = Http("acme", served.url, make(f"{served.url}/token"))
        try:
            http.get("/x", {"a": "b c", "limit": "2"})
        finally:
            http.close()
    return served, served.asked[-1]


def form(asked: Asked) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}


def by(kind: str, **parts: object) -> Callable[[str], SignIn]:
    secret = str(parts.pop("secret", "hush"))
    return lambda url: usual(Credentials(kind, token_url=url, secret=lambda: secret, **parts), "acme")  # type: ignore[arg-type]


def test_basic() -> None:
    _, asked = signed_in(by("basic", user="BOOMI_TOKEN.ana@example.org", secret="gehört"))
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode() == (
        "BOOMI_TOKEN.ana@example.org:gehört"
    )


def test_a_token_made_by_a_person() -> None:
    _, asked = signed_in(by("token"))
    assert asked.headers["authorization"] == "Bearer hush"


def test_client_credentials_in_the_header() -> None:
    served, asked = signed_in(by("oauth2_client", client_id="id", scope="read write"))
    assert form(served.asked[0]) == {"grant_type": "client_credentials", "scope": "read write"}
    assert served.asked[0].headers["authorization"] == "Basic " + base64.b64encode(b"id:hush").decode()
    assert asked.headers["authorization"] == "Bearer t1"


@pytest.mark.parametrize("style", [FORM, JSON])
def test_client_credentials_in_the_body(style: str) -> None:
    served, _ = signed_in(lambda url: ClientCredentials(url, "id", lambda: "hush", style=style))
    said = json.loads(served.asked[0].body) if style == JSON else form(served.asked[0])
    assert said == {"grant_type": "client_credentials", "client_id": "id", "client_secret": "hush"}
    assert "authorization" not in served.asked[0].headers


def test_a_jwt_as_a_grant() -> None:
    served, _ = signed_in(by("oauth2_jwt", client_id="key", user="ana@example.org", secret=RSA))
    said = form(served.asked[0])
    assert said["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    token = jwt.decode(said["assertion"], RSAKey.import_key(RSA), algorithms=["RS256"])
    assert (token.claims["iss"], token.claims["sub"]) == ("key", "ana@example.org")
    assert token.claims["aud"] == f"{served.url}/token"
    assert token.claims["exp"] - token.claims["iat"] == 180


@pytest.mark.parametrize(("algorithm", "key", "kind"), [("PS256", RSA, RSAKey), ("ES256", EC, ECKey)])
def test_a_jwt_in_the_place_of_a_client_secret(algorithm: str, key: str, kind: type) -> None:
    served, _ = signed_in(
        lambda url: JwtClient(url, "id", lambda: key, key_id="k1", scope="rest_webservices", algorithm=algorithm)
    )
    said = form(served.asked[0])
    assert said["grant_type"] == "client_credentials"
    assert said["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    token = jwt.decode(said["client_assertion"], kind.import_key(key), algorithms=[algorithm])
    assert token.header == {"typ": "JWT", "kid": "k1", "alg": algorithm}
    assert token.claims["iss"] == "id"
    assert token.claims["scope"] == "rest_webservices"


def test_oauth_1_signs_every_request() -> None:
    _, asked = signed_in(by("oauth1", client_id="ck", user="tk", account="ACC_SB1", secret="cs\nts\n"))
    said = dict(parse_qsl(asked.headers["authorization"].removeprefix("OAuth ").replace(", ", "&").replace('"', "")))
    assert said.pop("realm") == "ACC_SB1"
    signature = said.pop("oauth_signature")
    assert (said["oauth_consumer_key"], said["oauth_token"]) == ("ck", "tk")
    pairs = sorted((quote(k, "~"), quote(v, "~")) for k, v in [*said.items(), *parse_qsl(asked.query)])
    host = asked.headers["host"]
    base = "&".join(
        quote(part, "~") for part in ("GET", f"http://{host}/x", "&".join(f"{name}={value}" for name, value in pairs))
    )
    wanted = base64.b64encode(hmac.new(b"cs&ts", base.encode(), hashlib.sha256).digest()).decode()
    assert signature == wanted


def test_a_token_is_kept_and_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1000.0]
    monkeypatch.setattr("collectors.sign_in.time.monotonic", lambda: at[0])
    with serving(lambda asked: TOKEN if asked.path == "/token" else Reply(json=1)) as served:
        http = Http("acme", served.url, by("oauth2_client", client_id="id")(f"{served.url}/token"))
        for seconds in (0, 3000, 535, 10):
            at[0] += seconds
            http.get("/x")
        http.close()
    assert [asked.path for asked in served.asked] == ["/token", "/x", "/x", "/x", "/token", "/x"]


@pytest.mark.parametrize(
    ("reply", "kind", "told"),
    [
        (
            Reply(400, {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"}),
            SignInRefusedError,
            r"acme: POST /token answered 400 at sign-in: invalid_grant; user hasn't approved.*\[systems\.acme\.auth\]",
        ),
        (Reply(401, {"error": "invalid_client"}), SignInRefusedError, "invalid_client"),
        (Reply(200, {"token": "t"}), SignInRefusedError, "gives no access_token"),
        (Reply(200, [1]), SignInRefusedError, "gives no access_token"),
        (Reply(500), FailingError, "answered 500 at sign-in"),
        (Reply(429, headers={"retry-after": "9"}), ThrottledError, "answered 429 at sign-in"),
    ],
)
def test_a_refused_sign_in_says_why(reply: Reply, kind: type[Exception], told: str) -> None:
    with pytest.raises(kind, match=told) as raised:
        signed_in(by("oauth2_client", client_id="id"), reply)
    assert "hush" not in str(raised.value)


def test_a_secret_that_is_no_key_is_told_without_the_secret() -> None:
    with pytest.raises(SignInRefusedError, match=r"systems\.acme\.auth\.secret is no private key for RS256") as raised:
        signed_in(by("oauth2_jwt", client_id="id", user="ana", secret="hush"))
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        (Credentials("magic"), "kind is 'magic'; one of none, basic, token"),
        (Credentials("oauth2_client"), "kind 'oauth2_client' needs client_id and token_url"),
        (Credentials("basic"), "kind 'basic' needs user"),
    ],
)
def test_settings_that_lack_something_are_told_by_their_keys(credentials: Credentials, told: str) -> None:
    with pytest.raises(SignInSettingError, match=told):
        usual(credentials, "acme")


def test_without_credentials_nothing_is_said() -> None:
    with serving(lambda _: Reply(json=1)) as served:
        http = Http("acme", served.url, usual(None, "acme"))
        http.get("/x")
        http.close()
    assert "authorization" not in served.asked[0].headers
    assert urlsplit(served.url).hostname == "127.0.0.1"
