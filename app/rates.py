"""The file of exchange rates: a CSV table with the columns date, from, to, rate."""

import csv
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation

_COLUMNS = ["date", "from", "to", "rate"]
_CODE_LENGTH = 3  # ISO 4217


def fault_of_rates(lines: Iterable[str]) -> str:
    """What is wrong with the first line that is no rate, with its number; '' where nothing is."""
    rows = csv.reader(lines, strict=True)
    try:
        if (header := next(rows, [])) != _COLUMNS:
            return f"its first line is {','.join(header)[:80]!r}"
        for row in rows:
            if row and (fault := _fault(row)):
                return f"line {rows.line_num}: {fault}"
    except csv.Error as error:
        return f"line {rows.line_num}: {error}"
    return ""


def _fault(row: list[str]) -> str:
    if len(row) != len(_COLUMNS):
        return f"{len(row)} values instead of {len(_COLUMNS)}"
    day, *codes, rate = row
    try:
        date.fromisoformat(day)
    except ValueError:
        return f"{day[:20]!r} is no date such as 2026-01-31"
    for code in codes:
        if not (len(code) == _CODE_LENGTH and code.isascii() and code.isupper() and code.isalpha()):
            return f"{code[:20]!r} is no currency such as EUR"
    try:
        is_rate = Decimal(rate).is_finite() and Decimal(rate) > 0
    except InvalidOperation:
        is_rate = False
    return "" if is_rate else f"{rate[:20]!r} is no rate such as 1.0834"
