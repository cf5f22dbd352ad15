import pytest

from models.masking_looks import is_card, mask_looks

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nabc=\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("card 4111 1111 1111 1111 12/27", "card *** 12/27"),
        ("4111-1111-1111-1111", "***"),
        ("paid with 4111111111111111.", "paid with ***."),
        ("7,4111111111111111,123", "7,***,123"),
        ("5555555555554444 2223003122003222", "*** ***"),
        ("3782 822463 10005 or 378282246310005", "*** or ***"),
        ("30569309025904 6011111111111117 3530111333300000", "*** *** ***"),
        ("4000 4111 1111 1111 1111", "4000 ***"),
        (f"said {PEM}, id 7", "said ***, id 7"),
        ('{"pem": "-----BEGIN PRIVATE KEY-----\\nMIIE", "id": 7', '{"pem": "***", "id": 7'),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn", "***"),
        ("no AKIAIOSFODNN7EXAMPLE here", "no *** here"),
        ("ASIAIOSFODNN7EXAMPLE", "***"),
        (f"AccountName=x;AccountKey={'a' * 86}==;", "AccountName=x;AccountKey=***;"),
        (f"ghp_{'a' * 36} sk_live_{'1' * 24} xoxb-1234567890-abc", "*** *** ***"),
        ("https://bob:PW@h/path?a=1", "https://***@h/path?a=1"),
        ("https://bob:PW@h.example.com:8443/", "https://***@h.example.com:8443/"),
        ("postgresql://a:p@ss@h/db and amqp://guest@h", "postgresql://***@h/db and amqp://***@h"),
        ("jdbc:oracle:thin:scott/tiger@//db:1521/erp", "jdbc:oracle:thin:***@//db:1521/erp"),
        ("to https://hooks.slack.com/services/T0/B0/abcDEF123, then", "to https://hooks.slack.com/***, then"),
        ("to DE89 3704 0044 0532 0130 00, ana@example.com", "to ***, ***"),
        ("bearer abcdefghijkl", "***"),
    ],
)
def test_what_looks_sensitive_is_masked(text: str, masked: str) -> None:
    assert mask_looks(text) == masked == mask_looks(masked)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112 4111 1111 1111 1112",
        "INV-4111111111111111, ID_4111111111111111, A4111111111111111, 4111111111111111-EU",
        "4111111111111111.00 0.4111111111111111 41111111111111110000",
        "1700000000000000 1700000000000000000 20260301120000 20260301120000123 2026-03-01 12:00:00.123456",
        "4006381333931 is an article",
        "4111-1111-1111-1111-1111",
        "4111 1111-1111 1111",
        "550e8400-e29b-41d4-a716-446655440000 4bf92f3577b34da6a3ce929d0e0e4736",
        "amount 1234567890123456 EUR, journal 5500000000000005",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "AKIA-2041 AKIAIOSFODNN7EXAMPLEX MAKIAIOSFODNN7EXAMPLE",
        "https://h:8080/path?to=a@b https://h/a@b git@h:x",
        "jdbc:oracle:thin:@//db:1521/erp https://hooks.slack.com/docs https://example.com/services/T0/B0/abcDEF123",
        "contract PO12345678901234",
        "basic plan, bearer bond",
    ],
)
def test_what_only_looks_alike_stays(text: str) -> None:
    assert mask_looks(text) == text


@pytest.mark.parametrize("digits", ["", "4111", "4" * 16, "0" * 16, "9" * 16, "1" * 5000])
def test_no_card(digits: str) -> None:
    assert not is_card(digits)
