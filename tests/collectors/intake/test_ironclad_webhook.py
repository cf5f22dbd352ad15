"""Whether a webhook is Ironclad's."""

from pathlib import Path

import pytest

from collectors.account import Account
from collectors.http import Http
from collectors.intake.ironclad_webhook import IroncladWebhooks
from collectors.intake.webhook_errors import ForgedError, KeyUnavailableError, UnsignedError
from tests.collectors.intake.signing import BODY, Company


def no_http() -> Http:
    raise AssertionError("the key is in a file")


def webhooks(key: str, **options: str) -> IroncladWebhooks:
    return IroncladWebhooks(
        Account("ironclad-emea", "ironclad", "clm", options={"webhook_key": key} | options), no_http
    )


def small(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize(("kind", "algorithm"), [("rsa", "RSA-SHA256"), ("ec", "ECDSA-SHA256"), ("ed25519", "Ed25519")])
def test_signatures_of_every_usual_kind_are_verified(tmp_path: Path, kind: str, algorithm: str) -> None:
    company = Company(kind)
    hooks = webhooks(company.write(tmp_path / "key.pem"))
    told = hooks.verify(small(company.headers(signAlgorithm=algorithm)), BODY)
    assert told == ("e-1", ("workflows", "approvals", "records"))
    with pytest.raises(ForgedError):
        hooks.verify(small(company.headers(signAlgorithm=algorithm)), BODY + b" ")


def test_a_record_leads_to_the_streams_of_records(tmp_path: Path) -> None:
    company = Company()
    body = BODY.replace(b"workflow_updated", b"record_contract_status_changed")
    hooks = webhooks(company.write(tmp_path / "key.pem"))
    assert hooks.verify(small(company.headers(body=body)), body)[1] == ("records", "obligations")


def test_what_is_signed_is_a_setting(tmp_path: Path) -> None:
    company = Company()
    hooks = webhooks(company.write(tmp_path / "key.pem"), webhook_signed="{event_id}.{nonce}.{body}")
    body = b'{"note": "{nonce}"}'
    hooks.verify(small(company.headers(body=body, text=b"e-1.n." + body)), body)
    with pytest.raises(ForgedError):
        hooks.verify(small(company.headers(body=body)), body)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"signature": "AAAA"}, ForgedError),
        ({"signature": "no base64!"}, UnsignedError),
        ({"signature": "zz", "encoding": "hex"}, UnsignedError),
        ({"encoding": "rot13"}, UnsignedError),
        ({"signature": None}, UnsignedError),
        ({"signAlgorithm": "RSA-SHA1"}, ForgedError),
        ({"signAlgorithm": "none"}, ForgedError),
        ({"nonce": "other", "text": b"n"}, ForgedError),
    ],
)
def test_what_is_not_signed_as_documented_is_refused(tmp_path: Path, changed: dict, error: type[Exception]) -> None:
    company = Company()
    hooks = webhooks(company.write(tmp_path / "key.pem"))
    with pytest.raises(error):
        hooks.verify(small(company.headers(**changed)), BODY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-ironclad-webhook-event-id": "e"},
        {"x-ironclad-webhook-event-id": "e", "x-ironclad-webhook-verification": "[" * 9999},
    ],
)
def test_without_its_headers_it_is_unsigned(tmp_path: Path, headers: dict[str, str]) -> None:
    with pytest.raises(UnsignedError):
        webhooks(Company().write(tmp_path / "key.pem")).verify(headers, BODY)


def test_a_key_that_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    for text in (None, "no key"):
        path = tmp_path / "key.pem"
        if text:
            path.write_text(text)
        with pytest.raises(KeyUnavailableError, match=r"key\.pem"):
            webhooks(str(path)).verify(small(Company().headers()), BODY)
