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
        ("contract PO12345678901234 is missing", "contract PO12345678901234 is missing"),
        ("SOW-2041 has no rate card: EU-2024", "SOW-2041 has no rate card: EU-2024"),
    ],
)
def test_text_is_masked_by_name_and_by_look(text: str, masked: str) -> None:
    assert MASKING.mask({"said": text}) == {"said": masked}


def test_the_list_of_names_can_be_another_one() -> None:
    assert Masking(["rate"]).mask({"rate": 1, "password": 2}) == {"rate": MASK, "password": 2}


def test_a_payload_nested_beyond_reason_is_masked_where_it_gets_too_deep() -> None:
    deep: dict = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert MASK in str(MASKING.mask(deep))


@pytest.mark.parametrize("piece", ["a=", 'a:"', "<a ", '"a\\', "DE89 ", "a@", "eyJa.", "bearer "])
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * 100_000
    begun = time.process_time()
    MASKING.mask_text(text)
    assert time.process_time() - begun < 5


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_json)
def test_masking_twice_is_masking_once(value: object) -> None:
    once = MASKING.mask(value)
    assert MASKING.mask(once) == once


@given(st.text(), st.text(min_size=1))
def test_no_sensitive_value_survives_in_json_inside_text(name: str, value: str) -> None:
    masked = MASKING.mask({"password": value + "SENTINEL", "other": {name: [{"iban": "SENTINEL"}]}})
    assert "SENTINEL" not in str(masked)
