"""Ironclad's webhooks: a pointer to a workflow or record, signed with the company's key.

Source: developer.ironcladapp.com, "Webhooks", "Verifying webhooks": the headers, their members, and the key's address.
The page does not say how nonce, event id and body are joined before they are signed; that is an option
(`webhook_signed`), and one after the other until somebody has tried.
"""

from __future__ import annotations

import binascii
import re
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from collectors.account import Account
from collectors.connectors.ironclad.options import Options, actor_headers
from collectors.connectors.ironclad.reader import API
from collectors.http import Http
from collectors.intake.webhook_errors import ForgedError, KeyUnavailableError, UnsignedError
from collectors.options import read_options
from models.errors import ThroughlineError

EVENT_ID = "x-ironclad-webhook-event-id"
VERIFICATION = "x-ironclad-webhook-verification"
KEY_PATH = f"{API}/webhooks/verification-key"

_WORKFLOWS = ("workflows", "approvals", "records")
_RECORDS = ("records", "obligations")
_HASHES: dict[str, hashes.HashAlgorithm] = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
_SHA = re.compile(r"sha-?(256|384|512)$", re.IGNORECASE)
_LONGEST_ID = 200
# A forger must not make us ask Ironclad for its key at will.
_SECONDS_BETWEEN_KEYS = 60.0

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class _Verification(msgspec.Struct, rename="camel"):
    nonce: str
    signature: str
    sign_algorithm: str = "RSA-SHA256"
    encoding: str = "base64"


class _Pointer(msgspec.Struct):
    event: str = ""


class _Message(msgspec.Struct):
    payload: _Pointer = msgspec.field(default_factory=_Pointer)


class IroncladWebhooks:
    """The webhooks of one Ironclad company; `http` speaks to it, asked for only when the key is fetched there."""

    def __init__(self, account: Account, http: Callable[[], Http]) -> None:
        self._system = account.name
        self._options = read_options(Options, account.name, account.options)
        self._http = http
        self._headers = actor_headers(account)
        self._key: PublicKey | None = None
        self._fetched_at = float("-inf")
        self._lock = threading.Lock()

    def verify(self, headers: Mapping[str, str], body: bytes) -> tuple[str, tuple[str, ...]]:
        """The id of the message and the streams it hints at. Errors: as of `webhooks.Verifier`."""
        event_id = headers.get(EVENT_ID, "")
        if not 0 < len(event_id) <= _LONGEST_ID or VERIFICATION not in headers:
            raise UnsignedError(f"{self._system}: a webhook without {EVENT_ID} and {VERIFICATION} is not taken")
        signed = self._verification(headers[VERIFICATION])
        text = self._signed_text(signed.nonce, event_id, body)
        signature = self._signature(signed)
        # With another key than ours it may be signed by the next one.
        if not self._is_signed(signature, text, signed, renew=False) and not self._is_signed(
            signature, text, signed, renew=True
        ):
            raise ForgedError(
                f"{self._system}: the signature of webhook {event_id[:60]!r} is not that of the company's key; where "
                f"all are refused, see `webhook_key` and `webhook_signed` of [systems.{self._system}.options]"
            )
        return event_id, self._streams(body)

    def _verification(self, header: str) -> _Verification:
        try:
            return msgspec.json.decode(header, type=_Verification)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnsignedError(f"{self._system}: {VERIFICATION} is not what Ironclad documents: {error}") from error

    def _signed_text(self, nonce: str, event_id: str, body: bytes) -> bytes:
        parts = {b"{nonce}": nonce.encode(), b"{event_id}": event_id.encode(), b"{body}": body}
        template = self._options.webhook_signed.encode()
        # In one pass: what a part holds is never taken for the name of another.
        return re.sub(rb"\{(?:nonce|event_id|body)\}", lambda found: parts[found[0]], template)

    def _signature(self, signed: _Verification) -> bytes:
        try:
            if signed.encoding.lower() == "hex":
                return bytes.fromhex(signed.signature)
            if signed.encoding.lower() == "base64":
                return b64decode(signed.signature, validate=True)
        except (ValueError, binascii.Error) as error:
            raise UnsignedError(f"{self._system}: the signature is no {signed.encoding}") from error
        raise UnsignedError(f"{self._system}: the signature is in {signed.encoding[:20]!r}; base64 and hex are read")

    def _is_signed(self, signature: bytes, text: bytes, signed: _Verification, *, renew: bool) -> bool:
        key = self._public_key(renew=renew)
        if key is None:
            return False
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, text)
                return True
            found = _SHA.search(signed.sign_algorithm)
            if found is None:
                return False
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, text, padding.PKCS1v15(), _HASHES[found[1]])
            else:
                key.verify(signature, text, ec.ECDSA(_HASHES[found[1]]))
        except InvalidSignature:
            return False
        return True

    def _public_key(self, *, renew: bool) -> PublicKey | None:
        """The company's key; None where a new one is wanted and cannot be looked for so soon."""
        with self._lock:
            if self._key is not None and not renew:
                return self._key
            if renew and (self._options.webhook_key or time.monotonic() - self._fetched_at < _SECONDS_BETWEEN_KEYS):
                return None
            self._key = self._read_key()
            self._fetched_at = time.monotonic()
            return self._key

    def _read_key(self) -> PublicKey:
        place = self._options.webhook_key or KEY_PATH
        try:
            key = load_pem_public_key(self._key_text())
        except OSError as error:
            raise KeyUnavailableError(f"{self._system}: cannot read the key at {place}: {error.strerror}") from error
        except ThroughlineError as error:
            raise KeyUnavailableError(f"{self._system}: its key for webhooks cannot be fetched: {error}") from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyUnavailableError(f"{self._system}: what is at {place} is no public key in PEM") from error
        if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
            raise KeyUnavailableError(f"{self._system}: the key at {place} is of a kind that signs nothing here")
        return key

    def _key_text(self) -> bytes:
        if self._options.webhook_key:
            return Path(self._options.webhook_key).read_bytes()
        return self._http().get(KEY_PATH, headers=self._headers).content

    def _streams(self, body: bytes) -> tuple[str, ...]:
        """What to read. The list of all record ids is left to its own pace: it is long, and tells of deletions only."""
        try:
            event = msgspec.json.decode(body, type=_Message).payload.event
        except (msgspec.DecodeError, RecursionError):
            event = ""
        return _RECORDS if event.startswith("record") else _WORKFLOWS
