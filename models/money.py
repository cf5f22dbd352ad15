"""Money as it is shown: an amount with its currency, in that currency's decimals. Unknown is None, never 0."""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

# ISO 4217, list one: the currencies whose minor unit is not a hundredth.
_MINOR_UNITS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_USUAL = 2


class Money(TypedDict):
    """Shape: `amount` decimal text, `currency` an ISO 4217 code."""

    amount: str
    currency: str


def minor_units(currency: str) -> int:
    """How many decimals the currency is written with; 2 where it is unknown to us."""
    return _MINOR_UNITS.get(currency, _USUAL)


def money(amount: Decimal | str | None, currency: str | None) -> Money | None:
    """The amount with at least the currency's decimals; None when amount or currency is unknown.

    Decimals beyond the minor unit are kept: showing must not round what was agreed.
    """
    if amount is None or not currency:
        return None
    # As text: arithmetic would round to the 28 digits of the decimal context.
    whole, _, fraction = format(Decimal(amount), "f").partition(".")
    decimals = fraction.rstrip("0").ljust(minor_units(currency), "0")
    return {"amount": f"{whole}.{decimals}" if decimals else whole, "currency": currency}
