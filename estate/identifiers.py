"""Ids in each product's own form, from counters and a seed, so that a seed gives the same ones."""

from __future__ import annotations

from itertools import count
from random import Random
from uuid import UUID

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_FIRST = {"customer": 1000, "job": 5000, "transaction": 20000, "schedule": 700, "revenue": 3000, "charge": 9000}


class Identifiers:
    """Makes ids; the same calls in the same order give the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"{seed}/ids")  # noqa: S311 - repeatable on purpose
        self._counters: dict[str, count[int]] = {}

    def salesforce(self, prefix: str) -> str:
        """18 characters: prefix, instance, running number in base 62, checksum of the capitals."""
        number, digits = self._next(prefix, 1), ""
        while number:
            number, rest = divmod(number, 62)
            digits = _DIGITS[rest] + digits
        short = f"{prefix}5g0000{digits:0>6}"
        return short + "".join(
            _CHECK[sum(1 << place for place, sign in enumerate(short[start : start + 5]) if "A" <= sign <= "Z")]
            for start in (0, 5, 10)
        )

    def netsuite(self, series: str) -> str:
        """A running number of one series: customer, job, transaction, schedule, revenue or charge."""
        return str(self._next(f"netsuite/{series}", _FIRST[series]))

    def invoice_number(self) -> str:
        """The number of an invoice as people say it."""
        return f"INV-{self._next('invoice', 10001)}"

    def numbered(self, kind: str, form: str) -> str:
        """A running number of its own kind in a format such as "IC-{}"."""
        return form.format(self._next(kind, 1))

    def uuid(self) -> str:
        """A random UUID."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def workflow(self) -> str:
        """24 hexadecimal digits."""
        return f"{self._random.getrandbits(96):024x}"

    def _next(self, kind: str, first: int) -> int:
        counter = self._counters.get(kind)
        if counter is None:
            counter = self._counters[kind] = count(first)
        return next(counter)
