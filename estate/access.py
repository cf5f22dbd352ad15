"""What the clients of the firm's systems must present, and where the secrets of it lie on the disk."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from estate.services import Credentials

SYSTEMS = ("ironclad", "salesforce", "certinia", "netsuite", "boomi", "rabbitmq")
_USER = "throughline@meridian.example"
_KEY_BITS = {"salesforce": 2048, "netsuite": 3072}
"""Systems that are signed in to by a key. NetSuite takes no RSA key below 3072 bits."""


class Access:
    """Credentials of every system, new with each start, and their secret halves in files that only the owner reads."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="estate-"))
        self._credentials: dict[str, Credentials] = {}

    def of(self, system: str) -> Credentials:
        """What a client of the system presents. Salesforce and Certinia are one org with one client."""
        name = "salesforce" if system == "certinia" else system
        if name not in self._credentials:
            self._credentials[name] = _made(name)
        return self._credentials[name]

    def file(self, name: str, content: str) -> Path:
        """The path of a file with this content, readable by its owner alone."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
        return path

    def remove(self) -> None:
        """Forget the files."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _made(system: str) -> Credentials:
    private, public = _key(system)
    return Credentials(
        client_id=f"throughline-{system}-{secrets.token_hex(4)}",
        secret=secrets.token_urlsafe(24),
        user=f"BOOMI_TOKEN.{_USER}" if system == "boomi" else _USER,
        token=secrets.token_urlsafe(24),
        certificate_id=secrets.token_urlsafe(16),
        private_key_pem=private,
        public_key_pem=public,
    )


def _key(system: str) -> tuple[str, str]:
    if system not in _KEY_BITS:
        return "", ""
    key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS[system])
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()
