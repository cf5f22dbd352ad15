from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import money


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (Decimal(12), "EUR", "12.00"),
        ("12.5", "EUR", "12.50"),
        ("12.505", "EUR", "12.505"),
        ("-0.1", "USD", "-0.10"),
        ("1500", "JPY", "1500"),
        ("1500.50", "JPY", "1500.5"),
        ("1.5", "KWD", "1.500"),
        ("1E+3", "EUR", "1000.00"),
        ("0", "EUR", "0.00"),
        ("7", "XXZ", "7.00"),
        ("99999999999999999999.99", "EUR", "99999999999999999999.99"),
    ],
)
def test_an_amount_is_shown_with_the_decimals_of_its_currency(amount, currency, shown) -> None:
    assert money(amount, currency) == {"amount": shown, "currency": currency}


@pytest.mark.parametrize(("amount", "currency"), [(None, "EUR"), ("5", None), ("5", ""), (None, None)])
def test_what_is_unknown_is_none_and_never_zero(amount, currency) -> None:
    assert money(amount, currency) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=6))
def test_showing_never_rounds(amount: Decimal) -> None:
    shown = money(amount, "EUR")
    assert shown is not None
    assert Decimal(shown["amount"]) == amount
