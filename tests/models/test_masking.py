import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.masking import MASK, MASKING, Masking


@pytest.mark.parametrize(
    "field",
    [
        "password",
        "PASSWORD",
        "db-password",
        "userPassword",
        "IBAN",
        "customerIban",
        "bank_account_2",
        "BankAccountNumber",
        "accountnumber",
        "ssn",
        "e-mail",
        "customerEmail",
        "emails",
        "apiKey",
        "x-api-key",
        "access_token",
        "phoneNumber",
    ],
)
def test_a_sensitive_field_is_masked_however_it_is_written(field: str) -> None:
    assert MASKING.mask({field: "x"}) == {field: MASK}


@pytest.mark.parametrize(
    "field", ["contract", "shipping", "pinned", "customer", "amount", "period", "tax", "account_manager"]
)
def test_an_ordinary_field_stays(field: str) -> None:
    assert MASKING.mask({field: "x"}) == {field: "x"}


def test_the_shape_of_a_payload_stays() -> None:
    payload = {"customer": {"iban": "DE", "lines": [{"secret": {"a": 1}, "amount": 2}]}, "token": None, "n": 1.5}
    assert MASKING.mask(payload) == {
        "customer": {"iban": MASK, "lines": [{"secret": MASK, "amount": 2}]},
        "token": None,
        "n": 1.5,
    }


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"iban":"DE89370400440532013000","id":"7"}', '{"iban":"***","id":"7"}'),
        ("iban=DE89370400440532013000; id=7", "iban=***; id=7"),
        ("<Iban>whatever it is</Iban><Id>7</Id>", "<Iban>***</Iban><Id>7</Id>"),
        ("payload: password='a b c', id=7", "payload: password='***', id=7"),
        ('{"password": "half of a te', '{"password": "***"'),
        ("transfer to DE89 3704 0044 0532 0130 00 failed", "transfer to *** failed"),
        ("write to ana@example.com please", "write to *** please"),
        ("Authorization: Bearer abcdefghijkl", "Authorization: ***"),
        ("Authorization: Token geheim9, next", "Authorization: ***, next"),
        ("authorization=geheim9 next", "authorization=*** next"),
        ("sent with bearer abcdefghijkl", "sent with ***"),
        (
            "login failed: pwd=geheim9; SharedAccessKey=abc+/==; order=7",
            "login failed: pwd=***; SharedAccessKey=***; order=7",
        ),
        ("Driver={x};Pwd={a;b};Uid=sa", "Driver={x};Pwd=***;Uid=sa"),
        ('"password"=>"x", "id"=>7', '"password"=>"***", "id"=>7'),
        ('sent "{\\"pwd\\":\\"x\\\\\\"y\\",\\"id\\":7}"', 'sent "{\\"pwd\\":\\"***\\",\\"id\\":7}"'),
        ('cut {"id": 7, "creditCard": {"number": "12", "x', 'cut {"id": 7, "creditCard": ***'),
        ('said {"secret": {"a": ["}"]}, "id": 7', 'said {"secret": ***, "id": 7'),
        ('<user password="x" id="7"/>', '<user password="***" id="7"/>'),
        ("<auth><no>41</no></auth><id>7</id>", "<auth>***</auth><id>7</id>"),
        ("<w:Password T='t'><![CDATA[x<y]]></w:Password>", "<w:Password T='t'>***</w:Password>"),
        ("Cookie: a=b; c=d\nid=7", "Cookie: ***\nid=7"),
        ("GET /x?sig=abc&id=7", "GET /x?sig=***&id=7"),
        ("clientsecret=abc accesstoken=abc", "clientsecret=*** accesstoken=***"),
        ("duplicate key=INV-17, session=12, card=none", "duplicate key=INV-17, session=12, card=none"),
        ("key: CON-7, auth: failed, second pass: 3 rows", "key: CON-7, auth: failed, second pass: 3 rows"),
        ("contract PO12345678901234 is missing", "contract PO12345678901234 is missing"),
        ("SOW-2041 failed its second pass: EU-2024", "SOW-2041 failed its second pass: EU-2024"),
    ],
)
def test_text_is_masked_by_name_and_by_look(text: str, masked: str) -> None:
    assert MASKING.mask({"said": text}) == {"said": masked}


@pytest.mark.parametrize(
    ("value", "is_readable"),
    [
        ("2026-03-01", True),
        ("2026-03-01T10:00:00.5+01:00", True),
        ("Ana Ruiz-García", True),
        ("J. O'Brien", True),
        (True, True),
        (None, True),
        ("5d41402abc4b2a76b9719d911017c592", False),
        ("c2lnbmVkIGJ5IG5vYm9keQ==", False),
        ("GEHEIM", False),
        ({"value": "abc"}, False),
    ],
)
def test_a_signature_that_names_a_person_or_a_day_stays(value: object, is_readable: bool) -> None:
    assert MASKING.mask({"signature": value}) == {"signature": value if is_readable else MASK}


def test_the_value_beside_a_label_is_masked_as_a_field_of_that_name() -> None:
    pairs = [
        {"key": "iban", "value": {"stringValue": "x"}},
        {"key": "contract", "value": "CON-7"},
        {"name": "Password", "value": "x"},
        {"name": "Mobile", "value": 5000},
        {"key": "alone"},
    ]
    assert MASKING.mask(pairs) == [
        {"key": "iban", "value": MASK},
        {"key": "contract", "value": "CON-7"},
        {"name": "Password", "value": MASK},
        {"name": "Mobile", "value": 5000},
        {"key": "alone"},
    ]


def test_a_truth_value_under_an_ordinary_word_stays() -> None:
    told = {"private": True, "pass": False, "sig": 1}
    assert MASKING.mask(told) == told | {"sig": MASK}


def test_a_card_number_is_masked_as_a_number_too() -> None:
    assert MASKING.mask([4111111111111111, 4111111111111112, -4111111111111111, 10**30, True]) == [
        MASK,
        4111111111111112,
        -4111111111111111,
        10**30,
        True,
    ]


def test_the_list_of_names_can_be_another_one() -> None:
    assert Masking(["rate"]).mask({"rate": 1, "password": 2}) == {"rate": MASK, "password": 2}


def test_a_payload_nested_beyond_reason_is_masked_where_it_gets_too_deep() -> None:
    deep: dict = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert MASK in str(MASKING.mask(deep))


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a=",
            'a:"',
            "<a ",
            '"a\\',
            "DE89 ",
            "a@",
            "a@a.",
            "eyJa.",
            "eyJ-",
            "bearer ",
            "a",
            "a1",
            "1",
            "-",
            "4111-",
            "4111 ",
        ),
        *(
            "pwd=",
            'pwd="',
            'pwd=\\"',
            "pwd={",
            "pwd=[]",
            "<pwd>",
            "<pwd a='",
            "<pwd><![CDATA[",
            "key=key:",
            "://a:",
            "x://a@",
            ":thin:a/",
        ),
        *("4111111111111111 ", "-----BEGIN PRIVATE KEY-----", "AKIA", "A+/", "signature='a b "),
    ],
)
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    begun = time.process_time()
    MASKING.mask(text)
    # One and a half seconds at most; what is quadratic takes minutes.
    assert time.process_time() - begun < 6


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_json)
def test_masking_twice_is_masking_once(value: object) -> None:
    once = MASKING.mask(value)
    assert MASKING.mask(once) == once


_pieces = st.sampled_from(
    [
        *(
            "pwd",
            "auth",
            "cc",
            "signature",
            "=",
            ":",
            "=>",
            '"',
            "'",
            "\\",
            "{",
            "}",
            "[",
            "]",
            "<",
            ">",
            "/",
            " ",
            ";",
            "\n",
        ),
        *(
            "<pwd>",
            "</pwd>",
            "<card>",
            "<![CDATA[",
            "]]>",
            "Cookie: ",
            "Authorization: ",
            '"value":',
            "***",
            "-",
            ".",
            "é",
        ),
        *("4111111111111111", "4111 1111 1111 1111", "a@b.cc", "://", "u:p@h", "DE89370400440532013000", "Ana Ruiz"),
        *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "AKIAIOSFODNN7EXAMPLE", "Bearer abcdefghijk"),
    ]
)


@given(st.lists(_pieces, max_size=14).map("".join))
def test_masking_text_twice_is_masking_it_once(text: str) -> None:
    for masked in (MASKING.mask, MASKING.mask_text):
        assert masked(masked(text)) == masked(text)


def test_text_that_becomes_json_by_masking_is_masked_once() -> None:
    once = MASKING.mask('{"token": "\\q"}')
    assert once == MASKING.mask(once) == '{"token":"***"}'


@given(st.text(), st.text(min_size=1))
def test_no_sensitive_value_survives_in_json_inside_text(name: str, value: str) -> None:
    masked = MASKING.mask({"password": value + "SENTINEL", "other": {name: [{"iban": "SENTINEL"}]}})
    assert "SENTINEL" not in str(masked)
