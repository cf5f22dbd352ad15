"""Signing webhooks as Ironclad does."""

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

BODY = b'{"companyID":"c","payload":{"event":"workflow_updated","workflowID":"w1"},"timestamp":"t","webhookID":"h"}'


class Company:
    """A company with a key of its own."""

    def __init__(self, kind: str = "rsa") -> None:
        made = {
            "rsa": lambda: rsa.generate_private_key(65537, 2048),
            "ec": lambda: ec.generate_private_key(ec.SECP256R1()),
            "ed25519": ed25519.Ed25519PrivateKey.generate,
        }
        self.key = made[kind]()

    def pem(self) -> str:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()

    def write(self, path: Path) -> str:
        path.write_text(self.pem())
        return str(path)

    def headers(self, event_id: str = "e-1", body: bytes = BODY, *, nonce: str = "n", **changed) -> dict[str, str]:
        text = changed.pop("text", nonce.encode() + event_id.encode() + body)
        told = {"nonce": nonce, "signAlgorithm": "RSA-SHA256", "encoding": "base64"}
        told |= {"signature": base64.b64encode(self._sign(text)).decode()} | changed
        return {
            "X-Ironclad-Webhook-Event-Id": event_id,
            "X-Ironclad-Webhook-Verification": json.dumps(told),
            "Content-Type": "application/json",
        }

    def _sign(self, text: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(text, ec.ECDSA(hashes.SHA256()))
        return self.key.sign(text)
